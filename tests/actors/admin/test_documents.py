"""What the operators' documents name is what there is."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import run

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "operators.md").read_text(encoding="utf-8")
DASHBOARD = (DOCS / "grafana" / "wyld-actors.json").read_text(encoding="utf-8")
ALERTS = (DOCS / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
METRICS = set(re.findall(r"^\| `(wyld_\w+)` \|", PAGE, re.MULTILINE))


def used(text: str) -> set[str]:
    """The metrics in an expression; parts of a histogram count as the whole."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bwyld_\w+", text)}


def test_the_page_lists_the_metrics() -> None:
    assert len(METRICS) > 30


def test_the_dashboard_uses_metrics_that_exist() -> None:
    panels = json.loads(DASHBOARD)["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert used(" ".join(expressions)) <= METRICS


def test_alerts_use_metrics_that_exist_and_say_what_to_do() -> None:
    expressions = re.findall(r"expr: '(.*)'$", ALERTS, re.MULTILINE)

    assert used(" ".join(expressions)) <= METRICS
    assert (
        len(expressions) == len(re.findall("- alert: ", ALERTS)) == len(re.findall("description: ", ALERTS))
    )


def test_the_metrics_that_the_code_makes_are_those_of_the_page() -> None:
    source = " ".join(
        path.read_text(encoding="utf-8") for path in (DOCS.parent / "actors" / "admin").glob("*.py")
    )
    named = set(re.findall(r'"(wyld_\w+)"', source))

    assert {name.removesuffix("_total") for name in METRICS} == named


@pytest.mark.parametrize("line", re.findall(r"^\$ python run\.py (.+)$", PAGE, re.MULTILINE))
def test_every_command_shown_exists_and_has_an_output(line: str) -> None:
    command = line.split(maxsplit=1)[0]

    assert CliRunner().invoke(run.main, [command, "--help"]).exit_code == 0
    shown = PAGE.partition(f"$ python run.py {line}\n")[2]
    assert not shown.startswith("```"), "run `python -m tests.operators_page`"

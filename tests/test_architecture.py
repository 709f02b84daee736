"""What docs/architecture.md says of tests is so: each one that it names is there."""

import re

from config.loading import PROJECT

PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_row_of_the_table_of_faults_names_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    rows = re.findall(r"^\| .* \| ((?:[A-Z], )*[A-Z]) \|$", PAGE, re.MULTILINE)
    letters = {letter for row in rows for letter in row.split(", ")}

    assert letters == set(re.findall(r"^- ([A-Z]): `tests/", PAGE, re.MULTILINE))
    assert len(rows) == 6
    for path, name in named:
        assert f"def {name}(" in (PROJECT / path).read_text(encoding="utf-8"), f"{path} has no {name}"

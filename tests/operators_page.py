"""Makes the outputs of docs/operators.md anew: `python -m tests.operators_page`.

A real server is started, one player signs up, and each command of the page is run in the order of the page.
"""

from gevent import monkey

monkey.patch_all()

import http.client  # noqa: E402
import re  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.play.kit import HALVES, PROJECT, Server, folder  # noqa: E402
from tests.story import printed  # noqa: E402

PAGE = PROJECT / "docs" / "operators.md"
BLOCK = re.compile(r"```console\n\$ python run\.py ([^\n]+)\n.*?```", re.DOTALL)
TABLE = re.compile(r"METRICS_TABLE|\| metric \|.*?(?=\n\n)", re.DOTALL)


def scrape(server: Server, half: str) -> str:
    """The metrics of one process."""
    token = (server.data_dir / "admin.key").read_text(encoding="ascii").strip()
    connection = http.client.HTTPConnection("localhost", server.port(f"{half}-admin"), timeout=10)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def metric_lines(scraped: dict[str, str]) -> list[str]:
    """One line of the table for each metric."""
    kinds: dict[str, tuple[str, str]] = {}
    where: dict[str, list[str]] = {}
    for half, text in scraped.items():
        helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
        for name, kind in re.findall(r"^# TYPE (wyld_\S+) (\S+)$", text, re.MULTILINE):
            kinds[name] = kind, helps[name]
            where.setdefault(name, []).append(half)
    return [
        f"| `{name}` | {kind} | {'both' if len(where[name]) > 1 else where[name][0]} | {text} |"
        for name, (kind, text) in sorted(kinds.items())
    ]


def main(page: Path = PAGE) -> None:
    """Rewrite the page."""
    with folder() as place, Server(place).start() as server:
        server.telnet("ann").signs_up()
        text = BLOCK.sub(
            lambda found: f"```console\n$ python run.py {found[1]}\n{printed(server, found[1].split())}\n```",
            page.read_text(encoding="utf-8"),
        )
        lines = metric_lines({half: scrape(server, half) for half in HALVES})
    table = "\n".join(["| metric | type | process | meaning |", "|---|---|---|---|", *lines])
    page.write_text(TABLE.sub(lambda _: table, text), encoding="utf-8")


if __name__ == "__main__":
    main()

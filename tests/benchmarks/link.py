"""Our link against bare `zmq.green` and a bare gevent TCP echo, in turn, each in processes of its own."""

from __future__ import annotations

from tests.benchmarks.table import RUNS, Row, at_least, figures_of, row_of

__all__ = ["link_rows"]

NAMES = {
    "link": "our link, ipc",
    "link_tcp": "our link, tcp",
    "curve": "our link, tcp with CURVE",
    "green": "bare zmq.green, ipc, one record a message",
    "tcp": "bare gevent TCP, bytes only",
}
# MISSION: "10,000 messages a second".
ASKED_FOR = at_least(10_000)


def link_rows() -> list[Row]:
    """All figures of all links, which take turns."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    for _ in range(RUNS):
        for name in NAMES:
            runs[name] += figures_of("tests.benchmarks.link_ends", "measure", name, runs=1)
    figures = list(runs["link"][0])
    return [_row(figure, name, [run[figure] for run in runs[name]]) for figure in figures for name in NAMES]


def _row(figure: str, name: str, values: list[float]) -> Row:
    if name == "link":
        return row_of(f"{figure}: {NAMES[name]}", values, ASKED_FOR if "a second" in figure else None)
    return row_of(f"    {NAMES[name]}", values)

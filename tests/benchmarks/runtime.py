"""Compares the actor runtimes, each in processes of its own, in turn."""

from __future__ import annotations

from tests.benchmarks.table import RUNS, Row, figures_of, row_of

__all__ = ["runtime_rows"]

# Not imported from there: that module patches the process it is imported into.
NAMES = ("Wyld Actors", "ThreadingActor, patched", "a greenlet for each")


def runtime_rows() -> list[Row]:
    """One row a figure and runtime: the median of three runs, with the range."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    for _ in range(RUNS):
        for name in NAMES:
            results[name] += figures_of("tests.benchmarks.runtimes", name, runs=1)
    return [
        row_of(f"{figure}: {name}", [run[figure] for run in results[name]])
        for figure in results[NAMES[0]][0]
        for name in NAMES
    ]

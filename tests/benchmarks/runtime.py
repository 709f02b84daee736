"""Compares the actor runtimes, each in processes of its own, in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from tests.benchmarks.table import Row

__all__ = ["runtime_rows"]

# Not imported from there: that module patches the process it is imported into.
NAMES = ("Wyld Actors", "ThreadingActor, patched", "a greenlet for each")
RUNS = 3


def runtime_rows() -> list[Row]:
    """One row a figure and runtime: the median of three runs, with the range."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    for _ in range(RUNS):
        for name in NAMES:
            results[name].append(_run(name))
    figures = results[NAMES[0]][0]
    return [
        Row(f"{figure}: {name}", statistics.median(values), min(values), max(values))
        for figure in figures
        for name in NAMES
        for values in [[run[figure] for run in results[name]]]
    ]


def _run(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.runtimes", name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures: dict[str, float] = json.loads(run.stdout)
    return figures

"""What supervision costs, each measurement in a process of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from tests.benchmarks.table import Row

__all__ = ["supervision_rows"]

RUNS = 3
# Not imported from `crowds`: that module patches the process it is imported into.
KINDS = ("dynamic", "one_for_one")
FEW, MANY = 100, 100_000
FIGURES = ("first-answer", "sustained", "storm")
SIZES = (10_000, 100_000)
# What was promised, by figure.
TARGETS = {
    "ms that these answers take at that rate, p99": "<= 10",
    "ms for tree dump, 10,000 actors": "< 100",
}


def supervision_rows() -> list[Row]:
    """All figures of this part, one after the other."""
    return [*_crashes(), *_looking(), *_cost_among_many()]


def _crashes() -> list[Row]:
    """For those who meet a crash and for those who do not."""
    return [row for figure in FIGURES for row in _rows(_runs("tests.benchmarks.crashes", figure))]


def _looking() -> list[Row]:
    """For operators who look at everybody, and for those who are looked at."""
    return [row for size in SIZES for row in _rows(_runs("tests.benchmarks.looking", str(size)))]


def _cost_among_many() -> list[Row]:
    """Microseconds for each actor among few and among many, and how much more it is."""
    rows = []
    for kind in KINDS:
        few = _runs("tests.benchmarks.crowds", kind, str(FEW))
        many = _runs("tests.benchmarks.crowds", kind, str(MANY))
        for figure in few[0]:
            low, high = [run[figure] for run in few], [run[figure] for run in many]
            factors = [after / before for before, after in zip(low, high, strict=True)]
            title = f"{figure}, {kind}"
            rows += [
                _row(f"µs for each {title}: {FEW} actors", low),
                _row(f"µs for each {title}: {MANY:,} actors", high),
                _row(f"times as much for each {title}", factors, "<= 10"),
            ]
    return rows


def _rows(runs: list[dict[str, float]]) -> list[Row]:
    return [_row(figure, [run[figure] for run in runs], TARGETS.get(figure, "")) for figure in runs[0]]


def _row(name: str, values: list[float], target: str = "") -> Row:
    return Row(name, statistics.median(values), min(values), max(values), target)


def _runs(module: str, *arguments: str) -> list[dict[str, float]]:
    return [_run(module, *arguments) for _ in range(RUNS)]


def _run(module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures: dict[str, float] = json.loads(run.stdout)
    return figures

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


def supervision_rows() -> list[Row]:
    """All tables of this part, one after the other."""
    return _cost_among_many()


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


def _row(name: str, values: list[float], target: str = "") -> Row:
    return Row(name, statistics.median(values), min(values), max(values), target)


def _runs(module: str, *arguments: str) -> list[dict[str, float]]:
    return [_run(module, *arguments) for _ in range(RUNS)]


def _run(module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures: dict[str, float] = json.loads(run.stdout)
    return figures

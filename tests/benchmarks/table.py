"""How a figure is shown: the median of some runs, with the lowest and the highest, and what was asked for."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

__all__ = ["Row", "Target", "at_least", "at_most", "figures_of", "row_of", "rows_of", "show"]

RUNS = 3
RUN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Target:
    """What the mission asks for, of the median."""

    limit: float
    is_ceiling: bool

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='} {_short(self.limit)}"

    def is_met(self, value: float) -> bool:
        return value <= self.limit if self.is_ceiling else value >= self.limit


def at_most(limit: float) -> Target:
    return Target(limit, is_ceiling=True)


def at_least(limit: float) -> Target:
    return Target(limit, is_ceiling=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    name: str
    median: float
    low: float
    high: float
    target: Target | None = None


def row_of(name: str, values: Sequence[float], target: Target | None = None) -> Row:
    """The row of a figure that was measured so often."""
    return Row(name, statistics.median(values), min(values), max(values), target)


def rows_of(runs: Sequence[Mapping[str, float]], targets: Mapping[str, Target]) -> list[Row]:
    """One row for each figure of these runs, in the order of the first."""
    return [row_of(figure, [run[figure] for run in runs], targets.get(figure)) for figure in runs[0]]


def figures_of(module: str, *arguments: str, runs: int = RUNS) -> list[dict[str, float]]:
    """What `python -m module arguments` prints as JSON, so often, each in a process of its own."""
    return [_figures(module, *arguments) for _ in range(runs)]


def _figures(module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    if run.returncode:
        sys.exit(f"{' '.join(command)}:\n{run.stderr}")
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def show(title: str, rows: list[Row]) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for column in ("target", "median", "lowest", "highest", "met"):
        table.add_column(column, justify="right")
    for row in rows:
        target, met = ("", "") if row.target is None else (str(row.target), _word(row))
        table.add_row(row.name, target, _short(row.median), _short(row.low), _short(row.high), met)
    Console(width=120).print(table)


def _word(row: Row) -> str:
    return "yes" if row.target is not None and row.target.is_met(row.median) else "NO"


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"

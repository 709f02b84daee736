"""How a figure is shown: the median of some runs, with the lowest and the highest."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

__all__ = ["Row", "show"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `target` is what the mission asks for, as text."""

    name: str
    median: float
    low: float
    high: float
    target: str = ""


def show(title: str, rows: list[Row]) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for column in ("median", "lowest", "highest", "at least / at most"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(row.name, _short(row.median), _short(row.low), _short(row.high), row.target)
    Console(width=110).print(table)


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"

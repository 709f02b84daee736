"""What supervision costs, each measurement in a process of its own."""

from __future__ import annotations

from tests.benchmarks.table import Row, at_most, figures_of, row_of, rows_of

__all__ = ["supervision_rows"]

# Not imported from `crowds`: that module patches the process it is imported into.
KINDS = ("dynamic", "one_for_one")
FEW, MANY = 100, 100_000
FIGURES = ("first-answer", "sustained", "storm")
SIZES = (10_000, 100_000)
# What was promised, by figure.
TARGETS = {
    "ms that these answers take at that rate, p99": at_most(10),
    "ms for tree dump, 10,000 actors": at_most(100),
}


def supervision_rows() -> list[Row]:
    """All figures of this part, one after the other."""
    return [*_crashes(), *_looking(), *_cost_among_many()]


def _crashes() -> list[Row]:
    """For those who meet a crash and for those who do not."""
    return [
        row for figure in FIGURES for row in rows_of(figures_of("tests.benchmarks.crashes", figure), TARGETS)
    ]


def _looking() -> list[Row]:
    """For operators who look at everybody, and for those who are looked at."""
    return [
        row for size in SIZES for row in rows_of(figures_of("tests.benchmarks.looking", str(size)), TARGETS)
    ]


def _cost_among_many() -> list[Row]:
    """Microseconds for each actor among few and among many, and how much more it is."""
    rows = []
    for kind in KINDS:
        few = figures_of("tests.benchmarks.crowds", kind, str(FEW))
        many = figures_of("tests.benchmarks.crowds", kind, str(MANY))
        for figure in few[0]:
            low, high = [run[figure] for run in few], [run[figure] for run in many]
            factors = [after / before for before, after in zip(low, high, strict=True)]
            title = f"{figure}, {kind}"
            rows += [
                row_of(f"µs for each {title}: {FEW} actors", low),
                row_of(f"µs for each {title}: {MANY:,} actors", high),
                row_of(f"times as much for each {title}", factors, at_most(10)),
            ]
    return rows

"""What checkpoints cost whom, each measurement in a process of its own."""

from __future__ import annotations

from tests.benchmarks.table import Row, Target, at_most, figures_of, rows_of

__all__ = ["checkpoint_rows"]

MODULE = "tests.benchmarks.checkpoint"
TARGETS: dict[str, Target] = {"ms that a checkpoint holds the gateways, p99": at_most(5)}


def checkpoint_rows() -> list[Row]:
    """One after the other; then what others notice of one a second, beside none at all."""
    return [
        row for part in ("forced", "never", "paced") for row in rows_of(figures_of(MODULE, part), TARGETS)
    ]

"""Where a cell is in its life.

    new --start--> starting --> running --stop--> stopping --> stopped --start--> ...
                       |            |
                       +--- crash, kill: stopped

A supervisor marks a stopped cell that it will start again later as `backoff`, and one that it has
given up for a while as `quarantined`. `discarded` is the end.
"""

from __future__ import annotations

import enum

__all__ = ["LIVE", "NOT_YET_ENDED", "CellState"]


class CellState(enum.StrEnum):
    """Where a cell is in its life. BACKOFF and QUARANTINED are set by supervisors."""

    # A string, because these are looked up in the sets below for each message: its hash is kept.

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    QUARANTINED = "quarantined"
    STOPPED = "stopped"
    DISCARDED = "discarded"


LIVE = frozenset({CellState.STARTING, CellState.RUNNING, CellState.STOPPING})
NOT_YET_ENDED = frozenset({CellState.NEW, CellState.STARTING, CellState.RUNNING})

"""Who is not at rest, among many: for who saves all of them at one moment and holds everybody up for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from wyld_actors.states import CellState

if TYPE_CHECKING:
    from wyld_actors.cell import Cell
    from wyld_actors.system import ActorSystem

__all__ = ["may_be_restless", "restless"]

_RUNNING = CellState.RUNNING


def restless(cells: Iterable[Cell]) -> list[Cell]:
    """Those that are not up, or have user mail waiting. Ten thousand take a millisecond or two."""
    # Not `depth`: the call of a property doubles the time.
    return [cell for cell in cells if cell._queue or cell.state is not _RUNNING]


def may_be_restless(system: ActorSystem) -> list[Cell] | None:
    """All of the persistent actors of a system at rest that can be restless, and some others besides.

    None if it is not at rest: then mail may wait with anybody. At rest it waits only with who is not up, is
    suspended, or is in a handler that waits itself. So nobody has to look at a hundred thousand of them.
    """
    if not system.dispatcher.is_idle:
        return None
    blocked = [cast("Cell", worker.cell) for worker in system.dispatcher.blocked if worker.cell is not None]
    return [*system.unready, *(cell for cell in blocked if cell not in system.unready)]

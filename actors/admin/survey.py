"""All actors in numbers: how many are below each supervisor, how many of them are not running, what waits.

So that a closed branch of a tree can say that something is wrong inside, without its actors being told one by
one. One walk over the cells; 10,000 take a few milliseconds.
"""

from collections import Counter
from typing import Final

import msgspec

from supervisors.snapshot import state_of
from wyld_actors import ActorSystem, Cell, CellState


class Below(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is under an actor, itself left out: how many, what waits for them, who is not running."""

    actors: int = 0
    waiting: int = 0
    not_running: dict[str, int] = {}


class Survey(msgspec.Struct, frozen=True):
    """`below` by path, for every actor that has others under it."""

    total: Below
    below: dict[str, Below]


NOTHING: Final = Below()


def take_survey(system: ActorSystem) -> Survey:
    """Count everybody."""
    below: dict[str, Below] = {}
    return Survey(_count(system.roots, "", below), below)


def is_running(cell: Cell) -> bool:
    """Whether it works on its mail."""
    return cell.state is CellState.RUNNING and not cell.is_suspended


def _count(cells: dict[str, Cell], above: str, found: dict[str, Below]) -> Below:
    actors, waiting = len(cells), 0
    not_running: Counter[str] = Counter()
    for name, cell in cells.items():
        waiting += cell.depth
        if not is_running(cell):
            not_running[state_of(cell)] += 1
        if cell.children:
            path = f"{above}/{name}"
            found[path] = inside = _count(cell.children, path, found)
            actors += inside.actors
            waiting += inside.waiting
            not_running.update(inside.not_running)
    return Below(actors, waiting, dict(not_running))

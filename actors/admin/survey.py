"""All actors in numbers: how many are below each supervisor, how many of them are not running, what waits.

So that a closed branch of a tree can say that something is wrong inside, without its actors being told one by
one. One walk over the cells, in which the game goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from supervisors.snapshot import is_done, state_of
from wyld_actors import ActorSystem, Cell, CellState
from wyld_actors.slices import cells_in_slices


class Below(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is under an actor, itself left out: how many, what waits for them, who is not running."""

    actors: int = 0
    waiting: int = 0
    not_running: dict[str, int] = {}


class Survey(msgspec.Struct, frozen=True):
    """`below` by path, for every actor that has others under it."""

    total: Below
    below: dict[str, Below]


def take_survey(system: ActorSystem) -> Survey:
    """Count everybody, in slices."""
    total, counts = _Counts(), dict[Cell, _Counts]()
    for cell in cells_in_slices(system):
        above = total if cell.parent is None else counts.get(cell.parent, total)
        above.add(cell)
        if cell.children:
            counts[cell] = _Counts(f"{above.path}/{cell.name}", above)
    # Parents come before their children, so from the end everything is complete when it is added above.
    for counted in reversed(counts.values()):
        counted.add_to(counted.above or total)
    return Survey(total.below(), {counted.path: counted.below() for counted in counts.values()})


def is_running(cell: Cell) -> bool:
    """Whether it works on its mail."""
    return cell.state is CellState.RUNNING and not cell.is_suspended


@dataclass(slots=True)
class _Counts:
    """What was counted under one actor, and under whom that one is."""

    path: str = ""
    above: _Counts | None = None
    actors: int = 0
    waiting: int = 0
    not_running: Counter[str] = field(default_factory=Counter)

    def add(self, cell: Cell) -> None:
        self.actors += 1
        self.waiting += cell.depth
        if not is_running(cell) and not is_done(cell):
            self.not_running[state_of(cell)] += 1

    def add_to(self, above: _Counts) -> None:
        above.actors += self.actors
        above.waiting += self.waiting
        above.not_running.update(self.not_running)

    def below(self) -> Below:
        return Below(self.actors, self.waiting, dict(self.not_running))

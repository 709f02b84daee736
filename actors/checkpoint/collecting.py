"""Collects what a checkpoint holds. Runs where no handler runs, waits for nothing, and only takes references.

Every entity whose state was replaced since the last time, every session that has moved, and what is to be
corrected because mail waits (`cut`): with an actor that is down, or everywhere if the world was cut
where it stood. An entity whose actor is gone for good is saved as it was last, for its cell is not among the
changed.

The time that this takes is the pause of the world: it grows with what has changed, and very little with what
is there. Whatever can be done afterwards is (`Moment.batch`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from actors.checkpoint.cut import cut
from actors.checkpoint.writer import Batch, Moment
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.messages.keeper import SaveCharacter
from actors.world.surroundings import Surroundings
from actors.world_link.session_streams import StreamPoint
from actors.world_link.streams import StreamTable
from transports.link.protocol import EntityId
from wyld_actors import ActorSystem, Cell, CellState, ChildExited, DeadLetter
from wyld_actors.quiet import may_be_restless, restless

__all__ = ["KeeperState", "collect"]

_RUNNING = CellState.RUNNING


@dataclass(slots=True)
class KeeperState:
    """What outlasts an incarnation of the keeper: what is collected and not written yet."""

    streams: StreamTable
    around: Surroundings
    # Actors that were down the last time, with the states that have been taken of them.
    down: dict[Cell, Entity.State] = field(default_factory=dict)
    _batch: Batch = field(default_factory=Batch)
    # Taken, and not put into the batch yet.
    _moments: list[Moment] = field(default_factory=list)

    @property
    def batch(self) -> Batch:
        """What is collected and not written yet."""
        for moment in self._moments:
            moment.put_into(self._batch)
        self._moments.clear()
        return self._batch

    def take(self, system: ActorSystem) -> Moment:
        """What has changed, and where the sessions stand. It is in the batch from now on."""
        before = self.batch.copy()
        changed, system.changed = system.changed, set()
        moment = Moment(before, [(cell.actor_class, cell.good_state) for cell in changed])
        self._moments.append(moment)
        moment.points = self.streams.snapshot()
        return moment

    def watch(self, system: ActorSystem) -> None:
        """Let no farewell be lost: the keeper may crash over one, or be gone. Once for each world."""
        system.on_crash.append(self._crashed)
        system.on_dead_letter.append(self._undelivered)

    def keep(self, farewell: SaveCharacter) -> None:
        """A character has left play: nobody else knows its state any more."""
        self.batch.entities[farewell.id] = (Character, cast(Entity.State, farewell.state))

    def _crashed(self, exited: ChildExited) -> None:
        if exited.envelope is not None and isinstance(exited.envelope.message, SaveCharacter):
            self.keep(exited.envelope.message)

    def _undelivered(self, letter: DeadLetter) -> None:
        if isinstance(letter.message, SaveCharacter):
            self.keep(letter.message)


def collect(system: ActorSystem, kept: KeeperState, services: Iterable[Cell]) -> Moment:
    """What to write now. What has changed is in `kept.batch` as well, until it is written."""
    moment = kept.take(system)
    unquiet = _restless_entities(system, kept.around)
    _note_those_down(kept, unquiet)
    unquiet += restless(one.ref.cell for one in kept.streams if one.ref is not None)
    busy = [cell for cell in services if cell.depth]
    if unquiet or busy:
        moment = Moment(_corrected(kept, unquiet, busy))
    return moment


def _restless_entities(system: ActorSystem, around: Surroundings) -> list[Cell]:
    _forget_those_gone(system, around)
    found = may_be_restless(system)
    if found is None:
        return restless(around.cells())
    return restless(cell for cell in found if around.holds(cell))


def _forget_those_gone(system: ActorSystem, around: Surroundings) -> None:
    """Whoever has left the world is of no interest any more, and nobody else takes it out."""
    for cell in [cell for cell in system.unready if cell.closed]:
        if not around.holds(cell):
            del system.unready[cell]


def _note(batch: Batch, cells: Iterable[Cell]) -> None:
    Moment(Batch(), [(cell.actor_class, cell.good_state) for cell in cells]).put_into(batch)


def _note_those_down(kept: KeeperState, unquiet: Iterable[Cell]) -> None:
    down = {cell: cell.good_state for cell in unquiet if cell.state is not _RUNNING}
    anew = [cell for cell, state in down.items() if kept.down.get(cell) is not state]
    if anew:
        _note(kept.batch, anew)
    kept.down = down


def _corrected(kept: KeeperState, unquiet: list[Cell], busy: list[Cell]) -> Batch:
    """The batch with all that mail means which waits. The batch that is kept stays as things are: what is
    written otherwise is not dropped from it, so it is written again the next time."""
    cells = [cell for cell in kept.around.cells() if _is_entity(cell)]
    by_id: dict[EntityId, Cell] = {cell.good_state.id: cell for cell in cells}
    saved: dict[EntityId, Any] = {entity: state for entity, (_, state) in kept.batch.entities.items()}
    made = cut(unquiet, busy, cell_of=by_id.get, point_of=kept.streams.point, saved=saved)
    batch = kept.batch
    _note(batch, [by_id[entity] for entity in made.entities if entity in by_id])
    for session in made.sessions:
        batch.positions[session] = _point(kept, session)
    written = batch.copy()
    for entity, state in made.entities.items():
        actor_class = by_id[entity].actor_class if entity in by_id else Character
        written.entities[entity] = (cast(type[Entity], actor_class), state)
    for entity, state in made.left.items():
        written.entities[entity] = (Character, state)
    written.positions.update(made.sessions)
    return written


def _point(kept: KeeperState, session: int) -> StreamPoint:
    return kept.batch.positions.get(session) or kept.streams.point(session)


def _is_entity(cell: Cell) -> bool:
    return isinstance(cell.good_state, Entity.State)

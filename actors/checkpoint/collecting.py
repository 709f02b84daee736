"""Collects what a checkpoint holds. Runs where no handler runs, waits for nothing, and only takes references.

Every entity whose state was replaced since the last time, every session that has moved, and what is to be
corrected because mail waits (`cut`): with an actor that is down, or everywhere if the world was cut
where it stood. An entity whose actor is gone for good is saved as it was last, for its cell is not among the
changed.

The time that this takes is the pause of the world: it grows with what has changed, and very little with what
is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from actors.checkpoint.cut import cut
from actors.checkpoint.writer import Batch
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.messages import SaveCharacter
from actors.world.surroundings import Surroundings
from actors.world_link.session_streams import StreamPoint
from actors.world_link.streams import StreamTable
from transports.link.protocol import EntityId
from wyld_actors import ActorSystem, Cell, CellState, ChildExited, DeadLetter

__all__ = ["KeeperState", "collect"]

_RUNNING = CellState.RUNNING


@dataclass(slots=True)
class KeeperState:
    """What outlasts an incarnation of the keeper: what is collected and not written yet."""

    streams: StreamTable
    around: Surroundings
    batch: Batch = field(default_factory=Batch)
    # Actors that were down the last time, with the states that have been taken of them.
    down: dict[Cell, Entity.State] = field(default_factory=dict)

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


def collect(system: ActorSystem, kept: KeeperState, services: Iterable[Cell]) -> Batch:
    """What to write now. What has changed is in `kept.batch` as well, until it is written."""
    batch = kept.batch
    changed, system.changed = system.changed, set()
    for cell in changed:
        _note(batch, cell)
    cells = kept.around.cells()
    restless = [cell for cell in cells if cell.state is not _RUNNING or cell.depth]
    _note_those_down(kept, restless)
    batch.positions.update(kept.streams.snapshot())
    sessions = [one.ref.cell for one in kept.streams if one.ref is not None]
    restless += [cell for cell in sessions if cell.state is not _RUNNING or cell.depth]
    busy = [cell for cell in services if cell.depth]
    return _corrected(kept, cells, restless, busy) if restless or busy else batch.copy()


def _note(batch: Batch, cell: Cell) -> None:
    state = cell.good_state
    if isinstance(state, Entity.State):
        batch.entities[state.id] = (cast(type[Entity], cell.actor_class), state)


def _note_those_down(kept: KeeperState, restless: Iterable[Cell]) -> None:
    down = {cell: cell.good_state for cell in restless if cell.state is not _RUNNING}
    for cell, state in down.items():
        if kept.down.get(cell) is not state:
            _note(kept.batch, cell)
    kept.down = down


def _corrected(kept: KeeperState, cells: Iterable[Cell], restless: list[Cell], busy: list[Cell]) -> Batch:
    """The batch with all that mail means which waits. The batch that is kept stays as things are: what is
    written otherwise is not dropped from it, so it is written again the next time."""
    by_id: dict[EntityId, Cell] = {cell.good_state.id: cell for cell in cells if _is_entity(cell)}
    saved: dict[EntityId, Any] = {entity: state for entity, (_, state) in kept.batch.entities.items()}
    made = cut(restless, busy, cell_of=by_id.get, point_of=kept.streams.point, saved=saved)
    batch = kept.batch
    for entity in made.entities:
        if entity in by_id:
            _note(batch, by_id[entity])
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

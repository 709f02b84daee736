"""What a checkpoint has to hold when not all is at rest: the messages that wait, put where they belong. Pure.

A checkpoint is taken when the run queue is empty, so nothing is on its way between two actors that run. Yet
mail may wait with one that crashed and is not up again; and a world that is never at rest is cut at any
moment. The states and the waiting mail together are the truth then, as handlers are atomic. Mail is not
saved, so what it means is brought into what is:

- goods on their way go back to whoever gave them, for the command that moved them is not complete and
  will run again;
- a command whose answer is on its way is complete: it is counted, with the outputs that go with it;
- a command that is not complete is not counted, and what others were to see of it is left to its second run;
- a character whose farewell is on its way to the keeper is saved as it left;
- a door that moved is moved on both sides.

The actors themselves go on from where they are; what was corrected is saved again next time as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.world.entity import Entity
from actors.world.holder import Holder, with_goods
from actors.world.messages.keeper import SaveCharacter
from actors.world.messages.playing import Answer, CommandFailed, CommandPerformed
from actors.world.messages.subjects import Goods
from actors.world.messages.transfers import Returned, Transfer
from actors.world.messages.ways import DoorMoved
from actors.world.outlet import EmitTo, EmitToMany, Performed, Released
from actors.world.played import PROMPT, Played
from actors.world.room import Room
from actors.world.session import WorldSession
from actors.world_link.session_streams import StreamPoint
from transports.link import protocol as wire
from transports.link.protocol import CommandNumber, EntityId, SessionId
from transports.link.streams import Entry
from wyld_actors import Cell

__all__ = ["Cut", "cut"]


@dataclass(slots=True)
class Cut:
    """What is to be saved otherwise than it stands: states by entity, points by session. `left` are
    characters that are out of play already."""

    entities: dict[EntityId, Entity.State] = field(default_factory=dict)
    sessions: dict[SessionId, StreamPoint] = field(default_factory=dict)
    left: dict[EntityId, Entity.State] = field(default_factory=dict)


def cut(
    restless: Sequence[Cell],
    services: Iterable[Cell],
    *,
    cell_of: Callable[[EntityId], Cell | None],
    point_of: Callable[[SessionId], StreamPoint],
    saved: Mapping[EntityId, Any],
) -> Cut:
    """The corrections. `restless` are the entities and sessions with waiting mail, `services` the link and
    the keeper; `saved` has the states of characters that have left play and are not written yet."""
    made = Cut()
    mail = [(cell, envelope.message) for cell in restless for envelope in cell.waiting()]
    to_services = [envelope.message for cell in services for envelope in cell.waiting()]
    for message in to_services:
        if isinstance(message, SaveCharacter) and isinstance(message.state, Entity.State):
            made.left[message.id] = message.state
    things = _Things(made, cell_of, saved)
    for cell, message in mail:
        things.settle(cell, message)
    made.sessions = _Sessions(point_of).settle(to_services, mail)
    return made


class _Things:
    """Puts things and doors where they are to be saved."""

    def __init__(
        self, made: Cut, cell_of: Callable[[EntityId], Cell | None], saved: Mapping[EntityId, Any]
    ) -> None:
        self._made = made
        self._cell_of = cell_of
        self._saved = saved

    def settle(self, cell: Cell, message: object) -> None:
        match message:
            case Transfer(goods, source):
                if not self._give(source.cell.good_state, goods):
                    self._give(cell.good_state, goods)
            case Returned(goods):
                self._give(cell.good_state, goods)
            case DoorMoved(_, direction, is_closed):
                state = self._state(cell.good_state)
                if isinstance(state, Room.State):
                    doors = {**state.doors, direction.value: is_closed}
                    self._made.entities[state.id] = state.replace(doors=doors)

    def _give(self, holder: object, goods: Goods) -> bool:
        state = self._state(holder)
        if not isinstance(state, Holder.State):
            return False
        given = with_goods(state, goods)
        (self._made.left if state.id in self._made.left else self._made.entities)[state.id] = given
        return True

    def _state(self, known: object) -> Entity.State | None:
        """The entity as it would be saved by now. `known` may be of an earlier actor of it."""
        if not isinstance(known, Entity.State):
            return None
        entity = known.id
        corrected = self._made.left.get(entity) or self._made.entities.get(entity)
        if corrected is not None:
            return corrected
        cell = self._cell_of(entity)
        if cell is not None and isinstance(cell.good_state, Entity.State):
            return cell.good_state
        saved = self._saved.get(entity)
        return saved if isinstance(saved, Entity.State) else None


class _Sessions:
    """Counts the commands that are complete, and keeps what was to be shown."""

    def __init__(self, point_of: Callable[[SessionId], StreamPoint]) -> None:
        self._point_of = point_of
        self._before: dict[SessionId, StreamPoint] = {}
        self._applied: dict[SessionId, CommandNumber] = {}
        self._entries: dict[SessionId, list[Entry]] = {}
        self._released: set[SessionId] = set()

    def settle(
        self, to_services: Sequence[object], mail: Sequence[tuple[Cell, object]]
    ) -> dict[SessionId, StreamPoint]:
        """In the order in which the outputs would have got their numbers: those at the link, then what a
        session has been told, then what a character has."""
        endings = [*_endings_of_sessions(mail), *_endings_of_characters(mail)]
        for message in to_services:
            if isinstance(message, Performed):
                self._count(message.session, message.number)
        for session, done, _ in endings:
            self._count(session, done.number)
        for message in to_services:
            self._at_link(message)
        for session, done, bodies in endings:
            for body in (*bodies, done):
                self._add(session, done.number, body)
        return {
            session: self._before[session].with_more(
                self._applied.get(session, self._before[session].applied),
                tuple(self._entries.get(session, ())),
                "" if session in self._released else self._before[session].character,
            )
            for session in {*self._applied, *self._entries, *self._released}
        }

    def _at_link(self, message: object) -> None:
        match message:
            case EmitTo(session, cause, body):
                self._add(session, cause, body)
            case EmitToMany(sessions, cause, body, origin):
                for session in sessions:
                    self._add(session, cause, body, origin)
            case Performed(session, number, prompt, outcome):
                self._add(session, number, wire.Performed(number, prompt, outcome))
            case Released(session, character, _, text, comes_back):
                self._add(session, 0, wire.CharacterReleased(character, text, comes_back))
                if self._is_known(session):
                    self._released.add(session)

    def _is_known(self, session: SessionId) -> bool:
        if session not in self._before:
            self._before[session] = self._point_of(session)
        return self._before[session].life > 0

    def _count(self, session: SessionId, number: CommandNumber) -> None:
        if self._is_known(session) and number > self._before[session].applied:
            self._applied[session] = max(number, self._applied.get(session, 0))

    def _add(
        self, session: SessionId, cause: CommandNumber, body: wire.OutputBody, origin: SessionId = 0
    ) -> None:
        if not self._is_known(session):
            return
        giver = origin or session
        if cause and self._is_known(giver):
            applied = self._applied.get(giver, self._before[giver].applied)
            if cause > applied:
                return
        self._entries.setdefault(session, []).append((cause, body, origin))


def _endings_of_sessions(
    mail: Sequence[tuple[Cell, object]],
) -> Iterable[tuple[SessionId, wire.Performed, tuple[wire.OutputBody, ...]]]:
    for cell, message in mail:
        state = cell.good_state
        if not isinstance(state, WorldSession.State):
            continue
        match message:
            case CommandPerformed(number, prompt) if number == state.current:
                yield state.session, wire.Performed(number, prompt), ()
            case CommandFailed(number, is_done) if number == state.current:
                outcome = wire.Outcome.DONE if is_done else wire.Outcome.FAILED
                yield state.session, wire.Performed(number, PROMPT, outcome), ()


def _endings_of_characters(
    mail: Sequence[tuple[Cell, object]],
) -> Iterable[tuple[SessionId, wire.Performed, tuple[wire.OutputBody, ...]]]:
    for cell, message in mail:
        state = cell.good_state
        if (
            isinstance(state, Played.State)
            and isinstance(message, Answer)
            and message.number
            and state.session
        ):
            yield state.session, wire.Performed(message.number, PROMPT), message.bodies

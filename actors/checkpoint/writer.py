"""Encodes one checkpoint and hands it to the store; ends when that is done.

An actor of its own for each checkpoint, so that the keeper can be asked meanwhile. It works on a copy of
references to frozen records: whatever happens in the world, what it writes is one moment of it.

It claims the world before it writes, each time: whatever became of the connections of the store, what is
written is written by the owner.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, cast

import gevent
import msgspec

from actors.storage import requests as store
from actors.storage.entities import EntityRecord
from actors.storage.errors import StorageRefused, WorldTaken
from actors.storage.positions import Position
from actors.world.entity import Entity
from actors.world.npc import Npc
from actors.world.saving import Saved, saved
from actors.world_link.session_streams import StreamPoint, mended
from transports.link.protocol import EntityId, SessionId
from wyld_actors import Actor, ActorDeadError, AskTimeout, Context, Message, Ref, on
from wyld_actors.slices import in_slices

__all__ = ["Batch", "Moment", "WorldWriter", "Written"]

logger = logging.getLogger(__name__)

# Longer than the store lets a request wait and work.
WRITE_SECONDS = 25.0


@dataclass(slots=True)
class Batch:
    """What one checkpoint holds."""

    entities: dict[EntityId, tuple[type[Entity], Entity.State]] = field(default_factory=dict)
    positions: dict[SessionId, StreamPoint] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entities or self.positions)

    def copy(self) -> Batch:
        """The same references, in tables of its own."""
        return Batch(dict(self.entities), dict(self.positions))

    def drop(self, written: Batch) -> None:
        """Forget what is written, unless it was replaced since, or was written otherwise than it stood."""
        for entity, (_, state) in written.entities.items():
            if entity in self.entities and self.entities[entity][1] is state:
                del self.entities[entity]
        for session, point in written.positions.items():
            if self.positions.get(session) is point:
                del self.positions[session]


@dataclass(slots=True)
class Moment:
    """What was taken while everybody waited: references to what has changed, to be looked at later, on top of
    what was not written `before`."""

    before: Batch
    changed: list[tuple[type[Actor], Any]] = field(default_factory=list)
    points: dict[SessionId, StreamPoint] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.before or self.changed or self.points)

    def batch(self) -> Batch:
        """All of it."""
        return self.put_into(self.before.copy())

    def put_into(self, batch: Batch) -> Batch:
        batch.entities.update(
            {
                state.id: (cast(type[Entity], actor_class), state)
                for actor_class, state in self.changed
                if isinstance(state, Entity.State)
            }
        )
        batch.positions.update(self.points)
        return batch


class Write(Message, frozen=True):
    """Begin."""


class Written(Message, frozen=True):
    """The checkpoint is durable; or it is not, and `problem` says why. `is_taken`: the world has another
    owner now, and no checkpoint of this process will be written any more."""

    batch: Batch
    problem: str = ""
    is_taken: bool = False


class WorldWriter(Actor):
    """One checkpoint's way into the database."""

    may_be_interrupted = False

    def __init__(self, keeper: Ref, store_name: str, claim: store.ClaimWorld, moment: Moment) -> None:
        super().__init__()
        self._keeper = keeper
        self._store_name = store_name
        self._world = claim
        self._moment = moment

    def on_start(self) -> None:
        self.ctx.tell(self.ctx.ref, Write())

    @on(Write)
    def write(self, ctx: Context, message: Write) -> None:
        """Encode, ask the store, report."""
        batch = self._moment.batch()
        written = Written(batch)
        try:
            self._save(ctx, batch)
        except WorldTaken as error:
            written = Written(batch, str(error), is_taken=True)
        except (StorageRefused, AskTimeout, ActorDeadError) as error:
            written = Written(batch, str(error))
        ctx.tell(self._keeper, written)
        ctx.stop()

    def _save(self, ctx: Context, batch: Batch) -> None:
        target = ctx.system.registry.whereis(self._store_name)
        if target is None:
            raise ActorDeadError("the store is not up")
        checkpoint = store.SaveCheckpoint(
            tuple(_entities(batch)), positions=tuple(_positions(batch)), forgotten=_over(batch)
        )
        ctx.ask(target, self._world, timeout_seconds=WRITE_SECONDS)
        ctx.ask(target, checkpoint, timeout_seconds=WRITE_SECONDS)


def _entities(batch: Batch) -> list[EntityRecord]:
    made = [_encoded(*one) for one in in_slices(batch.entities.values(), _yield)]
    return [
        EntityRecord(one.id, one.kind, one.state, one.prototype, one.version)
        for one in made
        if one is not None
    ]


def _positions(batch: Batch) -> list[Position]:
    going_on = [(session, point) for session, point in batch.positions.items() if not point.is_over]
    return [
        Position(session, point.applied, point.character or None, _tail(point), point.line)
        for session, point in in_slices(going_on, _yield)
    ]


def _over(batch: Batch) -> tuple[SessionId, ...]:
    return tuple(session for session, point in batch.positions.items() if point.is_over)


def _yield() -> None:
    # Not `give_way`: its timer would look like rest to who waits until nobody works (`ActorSystem.settle`).
    gevent.sleep(0)


def _encoded(entity_class: type[Entity], state: Entity.State) -> Saved | None:
    """The state as bytes. One that cannot be saved must not keep all others from it.

    Of an npc with values that its author should not have put there, what every npc has is saved, so that no
    thing it holds is lost.
    """
    try:
        return saved(entity_class, state)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        logger.error("the state of %s cannot be saved: %s", state.id, error)
    if not isinstance(state, Npc.State):
        return None
    plain = {name: getattr(state, name) for name in Npc.State.__struct_fields__}
    return saved(entity_class, Npc.State(**plain))


def _tail(point: StreamPoint) -> bytes:
    try:
        return msgspec.msgpack.encode(point.tail)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return msgspec.msgpack.encode(mended(point.tail))

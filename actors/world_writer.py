"""Encodes one checkpoint and hands it to the store; ends when that is done.

An actor of its own for each checkpoint, so that the keeper can be asked meanwhile. It works on a copy of
references to frozen records: whatever happens in the world, what it writes is one moment of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import gevent
import msgspec

from actors.storage import requests as store
from actors.storage.entities import EntityRecord
from actors.storage.errors import StorageRefused, WorldTaken
from actors.storage.positions import Position
from actors.world.entity import Entity
from actors.world.saving import saved
from actors.world_streams import StreamPoint
from transports.link.protocol import CommandNumber, EntityId, SessionId
from wyld_actors import Actor, ActorDeadError, AskTimeout, Context, Message, Ref, on

__all__ = ["Batch", "WorldWriter", "Written"]

logger = logging.getLogger(__name__)

# States encoded before others have a turn: some 2 ms.
ENCODE_BATCH = 200
# Longer than the store lets a request wait and work.
WRITE_SECONDS = 25.0


@dataclass(slots=True)
class Batch:
    """What one checkpoint holds."""

    entities: dict[EntityId, tuple[type[Entity], Entity.State]] = field(default_factory=dict)
    positions: dict[SessionId, StreamPoint] = field(default_factory=dict)

    @property
    def gone(self) -> tuple[SessionId, ...]:
        """The sessions that play nobody, and need not be restored."""
        return tuple(session for session, point in self.positions.items() if not point.character)

    @property
    def applied(self) -> Mapping[SessionId, CommandNumber]:
        """How far every session got."""
        return {session: point.applied for session, point in self.positions.items()}

    def copy(self) -> Batch:
        """The same references, in tables of its own."""
        return Batch(dict(self.entities), dict(self.positions))

    def drop(self, written: Batch) -> None:
        """Forget the states that are written, unless they were replaced since."""
        for entity, (_, state) in written.entities.items():
            if entity in self.entities and self.entities[entity][1] is state:
                del self.entities[entity]
        for session, point in written.positions.items():
            if self.positions.get(session) is point:
                del self.positions[session]


class Write(Message, frozen=True):
    """Begin."""


class Written(Message, frozen=True):
    """The checkpoint is durable; or it is not, and `problem` says why."""

    batch: Batch
    problem: str = ""


class WorldWriter(Actor):
    """One checkpoint's way into the database."""

    def __init__(self, keeper: Ref, store_name: str, batch: Batch) -> None:
        self._keeper = keeper
        self._store_name = store_name
        self._batch = batch

    def on_start(self) -> None:
        self.ctx.tell(self.ctx.ref, Write())

    @on(Write)
    def write(self, ctx: Context, message: Write) -> None:
        """Encode, ask the store, report. A world that is not ours any more is a crash, up to the root."""
        problem = ""
        try:
            self._save(ctx)
        except WorldTaken as error:
            logger.critical("this world has another owner now, so it must end here: %s", error)
            raise
        except (StorageRefused, AskTimeout, ActorDeadError) as error:
            problem = str(error)
        ctx.tell(self._keeper, Written(self._batch, problem))
        ctx.stop()

    def _save(self, ctx: Context) -> None:
        target = ctx.system.registry.whereis(self._store_name)
        if target is None:
            raise ActorDeadError("the store is not up")
        checkpoint = store.SaveCheckpoint(
            tuple(self._entities()), positions=tuple(self._positions()), forgotten=self._batch.gone
        )
        ctx.ask(target, checkpoint, timeout_seconds=WRITE_SECONDS)

    def _entities(self) -> list[EntityRecord]:
        records = []
        for entity_class, state in self._batch.entities.values():
            one = saved(entity_class, state)
            records.append(EntityRecord(one.id, one.kind, one.state, one.prototype, one.version))
            if len(records) % ENCODE_BATCH == 0:
                gevent.sleep(0)
        return records

    def _positions(self) -> list[Position]:
        return [
            Position(session, point.applied, point.character, msgspec.msgpack.encode(point.tail))
            for session, point in self._batch.positions.items()
            if point.character
        ]

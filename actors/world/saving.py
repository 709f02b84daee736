"""The states of entities as bytes, and back: msgpack of the frozen records.

Made to outlast changes of the program: a field that is not known any more is ignored, a field that is new
gets its default, and what belongs only to one life of the process (occupants, sessions) is not written
(`State.saved`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.errors import UnreadableStateError
from actors.world.item import Item
from actors.world.npc import Npc
from actors.world.room import Room
from transports.link.protocol import EntityId
from wyld_actors import Record

# Layout of the saved states. Raised when a field changes its meaning; adding fields needs no new one.
VERSION = 1

_KINDS: Mapping[str, type[Entity]] = {kind.kind: kind for kind in (Room, Item, Character)}
_encoder = msgspec.msgpack.Encoder()


class Saved(Record, frozen=True):
    """One saved entity. `prototype` is the behaviour of an npc: it decides which record the state is."""

    id: EntityId
    kind: str
    state: bytes
    prototype: str = ""
    version: int = VERSION


def saved(entity_class: type[Entity], state: Entity.State) -> Saved:
    """The state of an entity, to be written."""
    prototype = entity_class.__name__ if issubclass(entity_class, Npc) else ""
    return Saved(state.id, entity_class.kind, encode(state), prototype)


def encode(state: Entity.State) -> bytes:
    """The bytes of a state, without what belongs to this life of the process."""
    return _encoder.encode(state.saved())


def decode(state: bytes, entity_class: type[Entity], entity: EntityId = "") -> Entity.State:
    """The state of an entity of this class. Raises UnreadableStateError."""
    try:
        decoded: Entity.State = _decoder(entity_class).decode(state)
    except msgspec.MsgspecError as error:
        raise UnreadableStateError(entity, entity_class.kind, str(error)) from error
    return decoded


def class_of(
    kind: str, prototype: str = "", behaviours: Mapping[str, type[Npc]] = BEHAVIOURS
) -> type[Entity] | None:
    """The class whose State a saved state of this kind is; None for a kind that is not known any more.

    An npc whose behaviour is gone is read as the plain Npc, so that what it holds is not lost.
    """
    if kind == Npc.kind:
        return behaviours.get(prototype, Npc)
    return _KINDS.get(kind)


@cache
def _decoder(entity_class: type[Entity]) -> msgspec.msgpack.Decoder[Entity.State]:
    return msgspec.msgpack.Decoder(entity_class.State)

"""What the world files say, as values: zones, rooms, exits, doors, items and npcs.

An atlas is what the builders wrote and never changes while the world runs; what happens in play (who is
where, what was taken, which door stands open) is in the states of the entities. Keys are unique over all
files and have the form `zone/name`; the id of an entity puts its kind before the key: `room:harbour/quay`,
`item:harbour/lantern`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

from actors.world.directions import Direction

RoomKey = NewType("RoomKey", str)
ItemKey = NewType("ItemKey", str)
NpcKey = NewType("NpcKey", str)


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """A door in an exit. `closed` is how it stands when the world starts for the first time."""

    name: str
    keywords: tuple[str, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """A way out of a room, to another room of any zone."""

    direction: Direction
    room: RoomKey
    door: DoorPlan | None = None
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A room as written. `exits` stand in the order of the ten directions."""

    key: RoomKey
    zone: str
    name: str
    description: str
    exits: Mapping[Direction, ExitPlan]
    builder: bool = False


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """A kind of item, and where `count` of it lie at the start (`room` None: nowhere yet). `container` is
    the weight that goes into it, 0 for what holds nothing."""

    key: ItemKey
    zone: str
    name: str
    article: str
    keywords: tuple[str, ...]
    description: str
    takeable: bool = True
    weight: int = 1
    room: RoomKey | None = None
    count: int = 1
    container: int = 0

    @property
    def display_name(self) -> str:
        return f"{self.article} {self.name}" if self.article else self.name


@dataclass(frozen=True, slots=True)
class NpcPlan:
    """A character played by a behaviour: `behaviour` is the name of its class."""

    key: NpcKey
    zone: str
    name: str
    keywords: tuple[str, ...]
    description: str
    behaviour: str
    room: RoomKey


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the world that is built, supervised and heard (`yell`) as one."""

    id: str
    name: str
    builder: bool
    rooms: tuple[RoomKey, ...]
    items: tuple[ItemKey, ...]
    npcs: tuple[NpcKey, ...]


@dataclass(frozen=True, slots=True)
class Atlas:
    """The whole world as written, checked: every room, item and npc named anywhere in it exists."""

    start: RoomKey
    zones: Mapping[str, Zone]
    rooms: Mapping[RoomKey, RoomPlan]
    items: Mapping[ItemKey, ItemPlan]
    npcs: Mapping[NpcKey, NpcPlan]

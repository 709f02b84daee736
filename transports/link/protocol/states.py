"""What changed about an entity, by kind: the feed of status bars, maps and inventory panels.

An update holds the whole of its kind (all vitals, the whole inventory), so the newest one replaces any
older, and a client that missed some is right again after one.
"""

import msgspec

from transports.link.protocol.shapes import Compact, EntityId


class VitalsUpdate(Compact, frozen=True, tag="vitals"):
    """Health and the like, each with its maximum: {"health": (12, 20)}."""

    vitals: dict[str, tuple[int, int]]


class AttributesUpdate(Compact, frozen=True, tag="attributes"):
    """The attributes by name."""

    attributes: dict[str, int]


class LocationUpdate(Compact, frozen=True, tag="location"):
    """Where the entity is now; `exits` leads from a direction to a room."""

    room: EntityId
    name: str
    zone: str = ""
    exits: dict[str, EntityId] = msgspec.field(default_factory=dict)


class CarriedItem(Compact, frozen=True):
    """A line of an inventory: `count` equal items."""

    id: EntityId
    name: str
    count: int = 1
    equipped: str = ""


class InventoryUpdate(Compact, frozen=True, tag="inventory"):
    """All that the entity carries."""

    items: tuple[CarriedItem, ...]


class ConditionUpdate(Compact, frozen=True, tag="condition"):
    """What it is doing ("standing", "resting", "fighting", "dead") and what ails it."""

    posture: str
    effects: tuple[str, ...] = ()


class OpponentUpdate(Compact, frozen=True, tag="opponent"):
    """Whom it fights, in how good a shape from 0 to 100; `opponent` "" when the fight is over."""

    opponent: EntityId = ""
    name: str = ""
    health_percent: int = 0


StateUpdate = (
    VitalsUpdate | AttributesUpdate | LocationUpdate | InventoryUpdate | ConditionUpdate | OpponentUpdate
)

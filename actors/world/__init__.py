"""The world: its entities, what players can type, and how the world files are read.

This is what the author of a behaviour imports, together with `wyld_actors`; docs/behaviours.md shows how.
The parts that run the world (atlas, zones, sessions, saving) are imported from their modules.
"""

from actors.world.directions import Direction
from actors.world.item import Item
from actors.world.messages.events import Arrived, Departed, Emoted, Paid, Received, Said
from actors.world.messages.subjects import Person, Thing
from actors.world.npc import Npc, NpcContext
from actors.world.room import Room

__all__ = [
    "Arrived",
    "Departed",
    "Direction",
    "Emoted",
    "Item",
    "Npc",
    "NpcContext",
    "Paid",
    "Person",
    "Received",
    "Room",
    "Said",
    "Thing",
]

"""What npcs are told: the events of their room, and what they are given."""

from __future__ import annotations

from actors.world.directions import Direction
from actors.world.messages.subjects import Person, Thing
from wyld_actors import Message


class Event(Message, frozen=True):
    """Something that happened in a room. An npc that handles it (`@on(Arrived)`) is told."""

    who: Person


class Arrived(Event, frozen=True):
    """Somebody came in, `whence` (None: not by walking)."""

    whence: Direction | None = None


class Departed(Event, frozen=True):
    """Somebody went out, `whither` (None: not by walking)."""

    whither: Direction | None = None


class Said(Event, frozen=True):
    """Somebody spoke in the room."""

    text: str = ""


class Emoted(Event, frozen=True):
    """Somebody showed what they do: `Ann smiles.` has the text `smiles.`"""

    text: str = ""


class Received(Event, frozen=True):
    """Somebody gave you a thing. It is yours already."""

    thing: Thing


class Paid(Event, frozen=True):
    """Somebody gave you coins. They are in your purse already."""

    coins: int

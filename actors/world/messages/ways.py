"""How persons come into rooms and leave them, and the doors between."""

from __future__ import annotations

from actors.world.commands import Target
from actors.world.directions import Direction
from actors.world.messages.subjects import Person
from transports.link.protocol import CommandNumber, EntityId, RoomOutput
from wyld_actors import Message, Ref


class Enter(Message, frozen=True):
    """To a room: this person comes in, `whence` (None: not by walking). Answered with Entered.

    `is_quiet` announces nothing: the person was here before, as far as the others know. `attempt` counts
    the rooms that failed to take them.
    """

    who: Person
    number: CommandNumber = 0
    whence: Direction | None = None
    is_quiet: bool = False
    attempt: int = 1


class Entered(Message, frozen=True):
    """To a person: you are in this room now. `view` is what a player sees of it."""

    room: EntityId
    ref: Ref
    who: Person
    number: CommandNumber
    view: RoomOutput


class Stranded(Message, frozen=True):
    """To a person: the room you were to enter could not take you; find another."""

    room: EntityId
    number: CommandNumber
    attempt: int


class Leave(Message, frozen=True):
    """To a room: this person wants to walk out that way."""

    who: Person
    direction: Direction
    number: CommandNumber = 0


class Depart(Message, frozen=True):
    """To a room: this person leaves the world from here. Answered with DepartedFromWorld."""

    who: Person
    number: CommandNumber = 0


class DepartedFromWorld(Message, frozen=True):
    """To a person: the room has let you go."""


class Expel(Message, frozen=True):
    """To a room: this person never got here; forget them without a word."""

    id: EntityId


class MoveDoor(Message, frozen=True):
    """To a room: open or close the door that `target` means."""

    who: Person
    target: Target
    is_closing: bool
    number: CommandNumber


class MoveFarDoor(Message, frozen=True):
    """To the room that owns a door, from the room on its other side."""

    who: Person
    direction: Direction
    is_closing: bool
    number: CommandNumber


class DoorMoved(Message, frozen=True):
    """To the room on the other side: the door in that direction is closed or open now."""

    who: Person
    direction: Direction
    is_closed: bool
    is_by_far_side: bool

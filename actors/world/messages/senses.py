"""What is said, shown and seen in a room."""

from __future__ import annotations

from actors.world.commands import Target
from actors.world.messages.subjects import Person, Thing
from transports.link.protocol import CommandNumber, EntityId, SessionId
from wyld_actors import Message


class Say(Message, frozen=True):
    """To a room: let all hear this."""

    who: Person
    text: str
    number: CommandNumber = 0


class Emote(Message, frozen=True):
    """To a room: let all see this."""

    who: Person
    text: str
    number: CommandNumber = 0


class LookAround(Message, frozen=True):
    """To a room: what does this person see?"""

    who: Person
    number: CommandNumber


class LookAt(Message, frozen=True):
    """To a room: what is this, that the person does not carry?"""

    who: Person
    target: Target
    number: CommandNumber
    is_inside: bool = False


class Examine(Message, frozen=True):
    """To an item, an npc or a character: describe yourself to this person. `thing` is an item as its holder
    knows it."""

    who: Person
    number: CommandNumber
    thing: Thing | None = None


class Recognise(Message, frozen=True):
    """To a room: this person, if it is here, is seen otherwise from now on; others read `line`, if any."""

    who: Person
    line: str


class Announce(Message, frozen=True):
    """To a room: tell the players who are here, but not those of `besides`."""

    text: str
    besides: tuple[EntityId, ...] = ()
    number: CommandNumber = 0
    origin: SessionId = 0

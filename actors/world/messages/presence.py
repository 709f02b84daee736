"""What the presence is told and asked: who can be found, and what they are to hear wherever they are."""

from __future__ import annotations

from actors.world.messages.subjects import Person
from transports.link.protocol import CommandNumber, EntityId
from wyld_actors import Message


class CameIntoPlay(Message, frozen=True):
    """To the presence: this character can be found from now on."""

    who: Person
    zone: str


class WentOutOfPlay(Message, frozen=True):
    """To the presence: this character cannot be found any more."""

    id: EntityId


class ListPresent(Message, frozen=True):
    """To the presence: who is playing?"""

    who: Person
    number: CommandNumber


class PassTell(Message, frozen=True):
    """To the presence: let that player hear this, wherever they are."""

    who: Person
    name: str
    text: str
    number: CommandNumber


class PassYell(Message, frozen=True):
    """To the presence: let everybody in the zone hear this."""

    who: Person
    zone: str
    text: str
    number: CommandNumber

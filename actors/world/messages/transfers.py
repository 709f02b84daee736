"""How goods change hands. `actors.world.transfers` sends back what could not be taken."""

from __future__ import annotations

from actors.world.commands import Target
from actors.world.messages.subjects import Goods, Person
from transports.link.protocol import CommandNumber
from wyld_actors import Message, Ref

NOBODY = Target(())


class Take(Message, frozen=True):
    """To a room: this person wants to pick up `target`, out of a container here if one is named, and can
    carry `spare_weight` more."""

    who: Person
    target: Target
    spare_weight: int
    number: CommandNumber
    container: Target | None = None


class Transfer(Message, frozen=True):
    """Goods on their way from `source`, which has given them out of its hands already."""

    goods: Goods
    source: Ref
    who: Person | None = None
    number: CommandNumber = 0


class Receive(Transfer, frozen=True):
    """To a room, a character or an npc: these are yours now. `who` gave, took or dropped them; `whence` is
    the name of the container they were in."""

    whence: str = ""


class PassOn(Transfer, frozen=True):
    """To a room: give these to the one here that `receiver` means."""

    receiver: Target = NOBODY


class PutIn(Transfer, frozen=True):
    """To a room: put these into the container here that `container` means; what does not fit comes back."""

    container: Target = NOBODY


class Returned(Message, frozen=True):
    """To the source of a Transfer: it came to nothing, the goods are yours again.

    `text` is for the player whose command it was; without it there is nothing to say, as the command failed.
    """

    goods: Goods
    number: CommandNumber = 0
    text: str = ""
    attempt: int = 1

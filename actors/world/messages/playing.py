"""Between a session and the character that it plays.

    session ──Perform──> character ──requests──> room, npc, ...
    session <──CommandPerformed── character <──Answer──── room, npc, ...

Whoever finishes a command for the character says Answer.
"""

from __future__ import annotations

from transports.link.protocol import CharacterId, CommandNumber, OutputBody, SessionId
from wyld_actors import Message, Ref


class Attach(Message, frozen=True):
    """To a character: this session plays you now. A session that did before is told Detached."""

    session: SessionId
    ref: Ref


class ClientLost(Message, frozen=True):
    """To a character: nobody looks and nobody types for you; you stay where you are until somebody does."""


class ClientBack(Message, frozen=True):
    """To a character: somebody plays you again, and is to be shown where you are and how."""


class Perform(Message, frozen=True):
    """To a character: do what this line says, then tell the session CommandPerformed."""

    number: CommandNumber
    text: str


class Retire(Message, frozen=True):
    """To a character: leave play, be saved and end. The session is told LeftPlay."""


class CommandPerformed(Message, frozen=True):
    """To a session: that command is complete, go on with the next."""

    number: CommandNumber
    prompt: str


class CommandFailed(Message, frozen=True):
    """To a session: something crashed on that command, and nothing of it happened there.

    `is_done`: only over what its player was to read of it; all of it has happened.
    """

    number: CommandNumber
    is_done: bool = False


class LeftPlay(Message, frozen=True):
    """To a session: your character has left the world."""

    character: CharacterId
    text: str = ""


class Detached(Message, frozen=True):
    """To a session: another session plays this character now."""


class Answer(Message, frozen=True):
    """To a character: show these to your player; with them command `number` is complete."""

    number: CommandNumber
    bodies: tuple[OutputBody, ...] = ()


class Show(Message, frozen=True):
    """To a character: show this to your player, whatever you are doing."""

    body: OutputBody

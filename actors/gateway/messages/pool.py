"""What the pool of connections is told and asked."""

import msgspec

from transports.link.protocol import SessionId
from wyld_actors import Message, Ref


class Register(Message, frozen=True):
    """To the pool: this connection is open."""

    session: SessionId
    ref: Ref
    protocol: str
    peer: str


class Unregister(Message, frozen=True):
    """To the pool: this connection is not any more."""

    ref: Ref


class SendTo(Message, frozen=True):
    """To the pool: show text to one. Answers whether it is here."""

    session: SessionId
    text: str


class Broadcast(Message, frozen=True):
    """To the pool: show text to all, or to those of `sessions` that are here. Answers how many."""

    text: str
    sessions: tuple[SessionId, ...] | None = None


class CountConnections(Message, frozen=True):
    """To the pool: how many are there, of one protocol or of all?"""

    protocol: str | None = None


class ListConnections(Message, frozen=True):
    """To the pool: which are there, oldest first? Answers a tuple of ConnectionEntry."""

    protocol: str | None = None


class ConnectionEntry(msgspec.Struct, frozen=True):
    """One line of the pool's list."""

    session: SessionId
    protocol: str
    peer: str
    since: float
    ref: Ref


class CloseAll(Message, frozen=True):
    """To the pool: say this to all and close them. Answers how many."""

    text: str
    reason: str

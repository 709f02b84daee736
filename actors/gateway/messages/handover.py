"""How a client is moved from one session to another, between both sessions and its connection.

The younger session asks (Attach). Lines keep their order: the connection holds what its client says between
Moved and GoOn. docs/architecture.md draws it.
"""

from actors.gateway.session_record import SessionMetadata
from transports.link.protocol import OutputNumber, SessionId
from wyld_actors import Message, Ref, Refused


class Attach(Message, frozen=True):
    """Asked of a session by a younger one: this connection, which I have, belongs to your player.

    Answered by Attached, or refused by NotAttached. `seen` is the last output that the client has on its
    page, None if it has none; `shows_token` if it came with what the session had given out, and not by its
    password; `takes_tokens` if it is a program that keeps one for its next connection, and `next_secret` what
    that is, if the program has made it itself: it is good already.
    """

    connection: Ref
    metadata: SessionMetadata
    protocol: str
    peer: str
    seen: OutputNumber | None = None
    shows_token: bool = False
    takes_tokens: bool = False
    next_secret: str = ""

    def __repr__(self) -> str:
        return f"Attach({self.protocol} from {self.peer}, seen={self.seen}, shows_token={self.shows_token})"


class Attached(Message, frozen=True):
    """The connection is taken: move it to me."""

    session: SessionId


class NotAttached(Refused):
    """A session does not take another connection, for this reason."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class MoveTo(Message, frozen=True):
    """To a connection: you belong to this session now. Tell the one you had Moved, and hold your client's
    words until it says GoOn: it may still have some that came before."""

    session: Ref
    number: SessionId


class Moved(Message, frozen=True):
    """To a session: this was the last from your client."""


class GoOn(Message, frozen=True):
    """To a connection: all that came before has been handed over."""

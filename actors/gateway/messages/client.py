"""Between a connection and its session: what the client says, and what it is shown."""

from actors.rendering import Delivery
from transports.adapter import Capabilities
from transports.link.protocol import OutputNumber
from wyld_actors import Message, Ref


class ClientArrived(Message, frozen=True):
    """To a session: this connection is your client."""

    connection: Ref
    capabilities: Capabilities


class ClientGone(Message, frozen=True):
    """To a session: this connection has ended, by itself or because you closed it."""

    reason: str
    connection: Ref


class Seen(Message, frozen=True):
    """To a session: the client of this connection has all output up to `number` where its player sees it.

    One that says so once is not believed to have anything else any more.
    """

    connection: Ref
    number: OutputNumber


class ShowsToken(Message, frozen=True):
    """To a session: your client's program shows what a session had given out. `seen` as in Attach;
    `next_secret` is of the token that is to open the session the next time, "" if that is to be made here."""

    text: str
    seen: OutputNumber | None = None
    next_secret: str = ""

    def __repr__(self) -> str:
        return f"ShowsToken(text=***, seen={self.seen})"


class TakesTokens(Message, frozen=True):
    """To a session: the program of this connection keeps a token for its next one."""

    connection: Ref


class Show(Message, frozen=True):
    """To a connection: show these, in order, then the prompt if there is a new one.

    `received` is the number that the session's outputs have come to with them, None in the middle of a batch.
    """

    deliveries: list[Delivery]
    prompt: str | None = None
    received: OutputNumber | None = None


class Speak(Message, frozen=True):
    """To a connection: the gateway says this marked-up text; then the prompt if there is a new one.

    With `asks_again` it answers a line, and the prompt that stood before it stands again.
    """

    text: str
    prompt: str | None = None
    asks_again: bool = False

    # There may be a code in it.
    def __repr__(self) -> str:
        return f"Speak(text=<{len(self.text)} letters>, prompt={self.prompt!r})"


class SetEcho(Message, frozen=True):
    """To a connection: show what is typed, or hide it."""

    enabled: bool


class SendData(Message, frozen=True):
    """To a connection: out-of-band data for the client program."""

    package: str
    value: object

    # There may be a token in it.
    def __repr__(self) -> str:
        return f"SendData(package={self.package!r}, value=...)"


class Farewell(Message, frozen=True):
    """To a connection: say this and close. `reason` is for logs."""

    text: str
    reason: str


class CaughtUp(Message, frozen=True):
    """Asked of a connection by its reader: answered when everything before it has been handled."""

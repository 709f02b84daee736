"""The one interface over every protocol: what a session sees of a client.

An *adapter* is the sending half (text, prompts, out-of-band data), the *events* are the receiving half: a
listener calls `accept(adapter)` once for each connection and gives every event to the sink that came back.

Invariants every adapter keeps:

- events of one connection reach its sink one after the other, never two at a time, in the order of the bytes;
- a sink that blocks holds up only its own connection: nothing is read from the socket meanwhile, so TCP slows
  the client down;
- `Disconnected` is the last event, and comes exactly once, whatever happened;
- no sending method blocks or raises: what is sent after the end is dropped, a client that does not read is
  closed when the bound on waiting output is reached.

Events are frozen msgspec records, so that a sink may hand them to an actor as messages just as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal, Protocol, Self, TypeAlias

import msgspec

__all__ = [
    "Accept",
    "Adapter",
    "BinaryReceived",
    "Capabilities",
    "CapabilitiesChanged",
    "Charset",
    "Colour",
    "DataReceived",
    "Disconnected",
    "Event",
    "Family",
    "LineReceived",
    "LineRefused",
    "Negotiated",
    "PingReceived",
    "PongReceived",
    "ProtocolViolated",
    "Rendering",
    "Sink",
]

Family: TypeAlias = Literal["telnet", "json"]
Charset: TypeAlias = Literal["ascii", "latin-1", "utf-8"]


class Colour(IntEnum):
    """How many colours a client shows; ordered, so that `colour >= Colour.ANSI256` reads as it should."""

    NONE = 0
    ANSI16 = 1
    ANSI256 = 2
    TRUECOLOR = 3


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """The capability class: all clients with the same rendering can be sent the same bytes.

    Interned: equal values are one object, so a dictionary keyed by rendering costs an identity hash. That
    matters where one sentence goes to a hundred listeners.
    """

    family: Family = "telnet"
    colour: Colour = Colour.NONE
    charset: Charset = "ascii"
    screen_reader: bool = False

    def __new__(
        cls,
        family: Family = "telnet",
        colour: Colour = Colour.NONE,
        charset: Charset = "ascii",
        screen_reader: bool = False,
    ) -> Self:
        interned: Self = _INTERNED.setdefault((family, colour, charset, screen_reader), object.__new__(cls))
        return interned

    def __reduce__(self) -> tuple[type["Rendering"], tuple[Family, Colour, Charset, bool]]:
        return Rendering, (self.family, self.colour, self.charset, self.screen_reader)


# The interning table. It is bounded by the product of the four fields' values, 48.
_INTERNED: dict[tuple[Family, Colour, Charset, bool], Any] = {}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client can take, as far as it has told. Names from the client are cleaned, not to be trusted.

    Sizes are in characters; 80 by 24 until the client says otherwise. `mtts` is the client's bit vector
    (0: none given). `compression` names the agreed scheme, "" for none.
    """

    rendering: Rendering = field(default_factory=Rendering)
    terminal: str = ""
    columns: int = 80
    rows: int = 24
    gmcp: bool = False
    msdp: bool = False
    client_name: str = ""
    client_version: str = ""
    mtts: int = 0
    user_agent: str = ""
    compression: str = ""
    encrypted: bool = False


class LineReceived(msgspec.Struct, frozen=True, gc=False):
    """A line the player typed, free of control characters, without its line end.

    `number` is the client's own number for the line, if it is one that counts its lines upwards over all its
    connections (the browser's), else None.
    """

    text: str
    number: int | None = None

    # A report may show it, and it may be a password.
    def __repr__(self) -> str:
        return f"LineReceived(text=<{len(self.text)} letters>, number={self.number})"


class BinaryReceived(msgspec.Struct, frozen=True):
    """A binary message."""

    data: bytes


class DataReceived(msgspec.Struct, frozen=True):
    """Out-of-band data: GMCP on telnet, JSON on the web. `value` is any JSON value, None without one."""

    package: str
    value: Any

    # There may be a token in it.
    def __repr__(self) -> str:
        return f"DataReceived(package={self.package!r}, value=...)"


class CapabilitiesChanged(msgspec.Struct, frozen=True):
    """The client has told more about itself; `adapter.capabilities` is this very value."""

    capabilities: Capabilities


class Negotiated(msgspec.Struct, frozen=True):
    """A protocol option changed. `side` is "local" for what we do, "remote" for what the client does."""

    option: str
    side: Literal["local", "remote"]
    enabled: bool


class PingReceived(msgspec.Struct, frozen=True):
    """The client asked whether we are there; the transport has answered already."""


class PongReceived(msgspec.Struct, frozen=True):
    """The client answered our ping."""


class LineRefused(msgspec.Struct, frozen=True):
    """A line was not taken and none of it will be: tell the player. `limit` is what it exceeded, in bytes."""

    reason: str
    limit: int


class ProtocolViolated(msgspec.Struct, frozen=True):
    """The client broke the protocol; the offending part was dropped and counted, the connection goes on."""

    what: str


class Disconnected(msgspec.Struct, frozen=True):
    """The connection has ended: the last event, exactly once. `reason` is for logs and operators."""

    reason: str


Event: TypeAlias = (
    LineReceived
    | BinaryReceived
    | DataReceived
    | CapabilitiesChanged
    | Negotiated
    | PingReceived
    | PongReceived
    | LineRefused
    | ProtocolViolated
    | Disconnected
)


class Adapter(Protocol):
    """One connection, seen from the session. Methods return at once; none raises for what a client does."""

    @property
    def protocol(self) -> str:
        """ "telnet" or "websocket"."""

    @property
    def peer(self) -> str:
        """The client's address as text, "203.0.113.7:51234"."""

    @property
    def capabilities(self) -> Capabilities:
        """What is known of the client now."""

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        """Send fragments already encoded for this adapter's current rendering, then the prompt if given.

        Buffered: everything of one turn of the loop leaves in one write.
        """

    def send_text(self, text: str) -> None:
        """Encode marked-up text for this client and send it."""

    def send_line(self, text: str) -> None:
        """`send_text` with a line end."""

    def send_binary(self, data: bytes) -> None:
        """Send bytes as they are, in whatever way the protocol has for it."""

    def send_data(self, package: str, value: object) -> None:
        """Send out-of-band data; dropped if the client has not agreed to any."""

    def set_echo(self, enabled: bool) -> None:
        """False while a password is typed: the client shows nothing."""

    def close(self, reason: str) -> None:
        """End the connection after what is buffered. `Disconnected(reason)` follows."""


class Sink(Protocol):
    """Takes the events of one connection. May block: that is the back-pressure to the client."""

    def __call__(self, event: Event, /) -> None: ...


Accept: TypeAlias = Callable[[Adapter], Sink]
"""Given to a listener; called once for each accepted connection, in a greenlet that may block."""

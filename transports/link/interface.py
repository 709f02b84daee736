"""What an endpoint is to its owner, over ZeroMQ (`endpoint`) or in memory (`memory`).

`send` only queues; everything queued in one turn of the loop leaves as one batch. Callbacks are called from
the loop itself, not from a greenlet of the owner: they must not block (a `tell` is fine).

An endpoint promises order and nothing more: a frame may be lost with its connection, and `send` may say no.
Streams and requests make up for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from transports.link.errors import LinkError
from transports.link.protocol import Frame

# The routing id of a connection.
Peer: TypeAlias = bytes


@dataclass(slots=True)
class EndpointStatistics:
    """Counted since the endpoint was made; read by metrics."""

    frames_sent: int = 0
    frames_received: int = 0
    batches_sent: int = 0
    batches_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    # Batches of the peer that never came, known by their numbers.
    batches_lost: int = 0
    # Batches that could not be decoded.
    batches_refused: int = 0
    # Connections that were not let in: no key, or not one that is known.
    peers_refused: int = 0
    # Frames of ours that could not be encoded.
    frames_unencodable: int = 0
    # Frames of ours that were not taken or were dropped: queue full, or the peer gone.
    frames_dropped: int = 0
    # Times the socket took no more for now.
    blocked: int = 0
    # Times the belt tick found what the edge had not shown.
    missed_edges: int = 0


@dataclass(frozen=True, slots=True)
class DealerCallbacks:
    """What a dealer tells its owner.

    `connected` and `disconnected` follow the socket below: say Hello on each `connected`, and forget what was
    under way on each `disconnected`.
    """

    frames: Callable[[list[Frame]], None]
    error: Callable[[LinkError], None]
    connected: Callable[[], None]
    disconnected: Callable[[], None]


@dataclass(frozen=True, slots=True)
class RouterCallbacks:
    """What a router tells its owner. `unreachable`: the peer is gone, what was queued for it is dropped."""

    frames: Callable[[Peer, list[Frame]], None]
    error: Callable[[Peer, LinkError], None]
    unreachable: Callable[[Peer], None]


class Dealer(Protocol):
    """The gateway's end."""

    @property
    def statistics(self) -> EndpointStatistics: ...

    @property
    def is_congested(self) -> bool:
        """True while more waits than should: hold back what can wait."""
        ...

    def send(self, frame: Frame) -> bool:
        """Queue the frame. False if it will not be sent. Raises EndpointClosed after `close`."""
        ...

    def discard(self) -> None:
        """Drop what is queued: it was meant for a connection that is gone."""
        ...

    def close(self) -> None:
        """Close for good, at once, without waiting for what is under way. May be repeated."""
        ...


class Router(Protocol):
    """The world's end."""

    @property
    def statistics(self) -> EndpointStatistics: ...

    def is_congested(self, peer: Peer) -> bool:
        """True while more waits for this peer than should."""
        ...

    def send(self, peer: Peer, frame: Frame) -> bool:
        """Queue the frame. False if it will not be sent. Raises EndpointClosed after `close`."""
        ...

    def forget(self, peer: Peer) -> None:
        """Drop what is queued for the peer and all that is known of it."""
        ...

    def close(self) -> None:
        """Close for good, at once, without waiting for what is under way. May be repeated."""
        ...

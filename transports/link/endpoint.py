"""What the two ends of the link have in common: a ZeroMQ socket in gevent's loop.

With `dealer` and `router` the only part of the link that does I/O. Plain zmq sockets, never blocking:

- `zmq.green` is not used: it wakes a greenlet for each message, and finds a missed edge after 11.6 s only.
- A socket's FD says "something happened", once; what happened is in EVENTS. So everything is drained until
  EAGAIN, EVENTS is looked at again after sending (sending can swallow the edge of an arrival), and a belt
  tick looks every `belt_seconds`, whatever was missed.
- Sending and draining run in the loop, not in a greenlet, a bounded number of messages each turn.
- LINGER 0: close() never waits.

Not done here: ROUTER_HANDOVER (see `handshake.routing_id`).
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
import zmq

from transports.link.codec import MAX_BATCH_BYTES
from transports.link.errors import EncodingError, EndpointClosed
from transports.link.interface import EndpointStatistics
from transports.link.outbox import Outbox

logger = logging.getLogger(__name__)

# libuv and libev agree on the number of READ.
_READ = 1


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """How the sockets are set up."""

    # Messages in ZeroMQ's own queues, each way. Few: what does not fit gathers in our outbox, into larger
    # batches.
    high_water_mark: int = 128
    max_batch_bytes: int = MAX_BATCH_BYTES
    # Messages handled in one turn, before sockets of clients get theirs.
    receive_per_turn: int = 32
    # The belt: what a missed edge costs at most.
    belt_seconds: float = 0.1
    # Between two attempts to reach a world that is not there; ZeroMQ adds chance of its own.
    reconnect_ms: int = 20
    reconnect_max_ms: int = 500
    # For a connection to come to stand, keys and all. Whoever takes longer is no world, or no gateway.
    handshake_ms: int = 5_000
    # ZMTP's own heartbeat: finds a dead TCP peer below us, so that its connection is taken down.
    heartbeat_ms: int = 2_000
    heartbeat_timeout_ms: int = 10_000


DEFAULT_OPTIONS = EndpointOptions()

# Seconds until a blocked batch is tried again; doubled each time in vain.
_FIRST_RETRY_SECONDS = 0.001


class ZmqEndpoint(ABC):
    """A socket, its watcher and its belt. Subclasses say what to do with a message and what to send."""

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", kind: int, address: str, options: EndpointOptions
    ) -> None:
        self.address = address
        self.statistics = EndpointStatistics()
        self._options = options
        self._loop = gevent.get_hub().loop
        self._socket = context.socket(kind)
        self._set_options()
        self._is_closed = False
        self._flush_is_due = False
        self._drain_is_due = False
        self._watchers: list[Any] = []
        self._retry: Any = None
        self._retry_seconds = _FIRST_RETRY_SECONDS

    def _watch(self) -> None:
        self._watch_fd(int(self._socket.get(zmq.FD)), self._turn)
        belt = self._loop.timer(self._options.belt_seconds, self._options.belt_seconds)
        belt.start(self._tick)
        self._watchers.append(belt)
        # A socket that was never asked does not signal: the first edge would be missed.
        self._schedule_drain()

    def _watch_fd(self, fd: int, callback: Callable[[], None]) -> None:
        watcher = self._loop.io(fd, _READ)
        watcher.start(callback)
        self._watchers.append(watcher)

    def close(self) -> None:
        """Close for good, at once, without waiting for what is under way. May be repeated."""
        if self._is_closed:
            return
        self._is_closed = True
        for watcher in self._watchers:
            watcher.stop()
            watcher.close()
        self._watchers.clear()
        self._stop_retry()
        self._close_sockets()

    def _close_sockets(self) -> None:
        self._socket.close(linger=0)

    def _set_options(self) -> None:
        options, socket = self._options, self._socket
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.SNDHWM, options.high_water_mark)
        socket.set(zmq.RCVHWM, options.high_water_mark)
        socket.set(zmq.MAXMSGSIZE, options.max_batch_bytes)
        socket.set(zmq.HANDSHAKE_IVL, options.handshake_ms)
        # Only where it is asked for: with it, IPv4 addresses of peers are written as IPv6.
        socket.set(zmq.IPV6, "[" in self.address)
        socket.set(zmq.HEARTBEAT_IVL, options.heartbeat_ms)
        socket.set(zmq.HEARTBEAT_TIMEOUT, options.heartbeat_timeout_ms)

    def _check_open(self) -> None:
        if self._is_closed:
            raise EndpointClosed(self.address)

    def _schedule_flush(self) -> None:
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.run_callback(self._flush_turn)

    def _flush_turn(self) -> None:
        self._flush_is_due = False
        if not self._is_closed:
            self._flush()

    def _turn(self) -> None:
        """The FD has shown an edge: receive, then send what had been blocked."""
        if not self._is_closed:
            self._drain()
            self._flush_blocked()

    def _tick(self) -> None:
        if self._is_closed:
            return
        if not self._drain_is_due and int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:
            self.statistics.missed_edges += 1
            self._drain()
        self._flush_blocked()

    def _drain(self) -> None:
        self._drain_is_due = False
        is_empty = False
        try:
            for _ in range(self._options.receive_per_turn):
                try:
                    self._take_one()
                except zmq.Again:
                    is_empty = True
                    return
                if self._is_closed:
                    return
        finally:
            # Also when a callback raised: the edge is used up, and there may be more.
            if not is_empty and not self._is_closed:
                self._schedule_drain()

    def _take_one(self) -> None:
        """Receive one message and handle it. Raises zmq.Again if there is none."""
        self._received(self._socket.recv_multipart(zmq.NOBLOCK))

    def _schedule_drain(self) -> None:
        if not self._drain_is_due:
            self._drain_is_due = True
            self._loop.run_callback(self._drain_turn)

    def _drain_turn(self) -> None:
        if self._drain_is_due and not self._is_closed:
            self._drain()

    def _sent(self, *, is_blocked: bool) -> None:
        """After sending: look for an arrival whose edge was swallowed, and come back to what is blocked.

        The edge of "there is room again" can be swallowed too, and a ROUTER cannot be asked for whom there
        is; so what is blocked is tried again after 1, 2, 4 ... ms, until the belt is as good.
        """
        if self._is_closed:
            return
        if int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:
            self._schedule_drain()
        if not is_blocked:
            self._stop_retry()
            self._retry_seconds = _FIRST_RETRY_SECONDS
        elif self._retry is None and self._retry_seconds < self._options.belt_seconds:
            self._retry = self._loop.timer(self._retry_seconds)
            self._retry.start(self._retry_turn)
            self._retry_seconds *= 2

    def _retry_turn(self) -> None:
        self._stop_retry()
        self._flush_blocked()

    def _stop_retry(self) -> None:
        if self._retry is not None:
            self._retry.stop()
            self._retry.close()
            self._retry = None

    def _send_batches(
        self, outbox: Outbox, prefix: list[bytes], failed: Callable[[EncodingError], None]
    ) -> None:
        """Send the outbox; what the socket does not take stays in it. Raises ZMQError if the peer is gone."""
        statistics = self.statistics
        while True:
            frames = len(outbox)
            data, rejected = outbox.batch()
            for frame, error in rejected:
                statistics.frames_unencodable += 1
                logger.error("a frame cannot be sent: %s", error, extra={"frame": type(frame).__name__})
                failed(error)
            if data is None or self._is_closed:
                return
            statistics.frames_sent += frames - len(outbox) - len(rejected)
            try:
                self._socket.send_multipart([*prefix, data], zmq.NOBLOCK)
            except zmq.Again:
                statistics.blocked += 1
                return
            outbox.sent()
            statistics.batches_sent += 1
            statistics.bytes_sent += len(data)

    @abstractmethod
    def _received(self, parts: list[bytes]) -> None: ...

    @abstractmethod
    def _flush(self) -> None: ...

    @abstractmethod
    def _flush_blocked(self) -> None: ...

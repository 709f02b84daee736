"""One open websocket connection: what reads it, and the buffer that writes it.

A greenlet reads while there is something to read, one at a time; then it ends, and the loop watches the
socket. Output is collected and leaves in one write at the end of the loop's turn, from the loop itself, so
that sending never blocks. So an idle connection owns no greenlet (whose stack would be two thirds of all it
costs) and no timer. A subclass says what messages mean (`adapter.RawAdapter`, `adapter.JsonAdapter`).

Invariants (those of `transports.adapter`): events one after the other; a sink that blocks stops the reading;
`Disconnected` is last and comes once; no sending method blocks or raises; waiting output is bounded.

A flood from one client does not stop the others: bytes are parsed in slices, and after two milliseconds of
work the greenlet lets the loop run.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, cast

import gevent
from gevent import get_hub
from gevent.socket import SHUT_RDWR, SHUT_WR, socket
from websockets.frames import CloseCode

from transports.adapter import (
    Accept,
    Adapter,
    Capabilities,
    Disconnected,
    Event,
    PingReceived,
    PongReceived,
    Sink,
)
from transports.websocket.keepalive import Verdict, judge
from transports.websocket.options import WebOptions
from transports.websocket.outlet import Outlet
from transports.websocket.session import (
    BinaryMessage,
    CloseReceived,
    PeerFailed,
    PingFrame,
    PongFrame,
    ServerSession,
    SocketEvent,
    TextMessage,
)

__all__ = ["Connection"]

logger = logging.getLogger(__name__)

# One read: a burst of typed lines or a good part of a large message, and not much in one go.
_READ_BYTES = 16_384
# Parsed between two looks at the clock: at most 700 of the smallest frames, near 5 ms of work.
_SLICE_BYTES = 4_096
_READABLE = 1  # libev's EV_READ
# What a connection may work without letting the loop run.
_TURN_SECONDS = 0.002


class Connection(ABC):
    """The common part of both adapters. Lives from `run` until it says that it has ended."""

    __slots__ = (
        "_capabilities",
        "_closing_at",
        "_early_data",
        "_end_reason",
        "_ended",
        "_flush_is_due",
        "_heard_at",
        "_is_delivering",
        "_is_over",
        "_options",
        "_outlet",
        "_peer",
        "_pinged_at",
        "_session",
        "_sink",
        "_socket",
        "_waiting_bytes",
        "_watcher",
        "comes_again",
    )

    protocol = "websocket"

    def __init__(
        self,
        sock: socket,
        session: ServerSession,
        options: WebOptions,
        *,
        peer: str,
        capabilities: Capabilities,
        early_data: bytes = b"",
    ) -> None:
        """`early_data` came in the same read as the upgrade request."""
        self._socket = sock
        self._session = session
        self._options = options
        self._peer = peer
        self._capabilities = capabilities
        self._early_data = early_data
        self._outlet = Outlet(sock, self._written)
        self._sink: Sink | None = None
        self._waiting_bytes = 0
        self._flush_is_due = False
        self._is_delivering = False
        self._is_over = False
        self._end_reason = ""
        self._heard_at = self._pinged_at = monotonic()
        self._closing_at: float | None = None
        self._ended: Callable[[], None] | None = None
        self._watcher: Any = None
        # Whether the client is asked to come back by itself; the listener sets it when it stops.
        self.comes_again = False

    @property
    def peer(self) -> str:
        return self._peer

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def is_over(self) -> bool:
        return self._is_over

    # What a subclass decides

    @abstractmethod
    def _receive_text(self, text: str, now: float) -> None: ...

    @abstractmethod
    def _receive_binary(self, data: bytes, now: float) -> None: ...

    @abstractmethod
    def _put_buffered(self) -> None:
        """Give everything buffered to the session, in order."""

    @abstractmethod
    def _drop_buffered(self) -> None: ...

    def _say_goodbye(self, reason: str) -> None:  # noqa: B027 - raw mode has none
        """Buffer a last message that says why, where the protocol has one."""

    # Reading

    def run(self, accept: Accept, ended: Callable[[], None]) -> None:
        """Serve the connection while there is something to do. `ended` is called, once, when all is over."""
        self._ended = ended
        self._socket.settimeout(0.0)
        self._work(partial(self._begin, accept))

    def _begin(self, accept: Accept) -> bool:
        self._schedule_flush()  # the 101 response
        self._sink = accept(cast(Adapter, self))  # a subclass is one
        early_data, self._early_data = self._early_data, b""
        if early_data:
            self._receive(early_data)
        return self._read()

    def _work(self, work: Callable[[], bool]) -> None:
        """`work` says whether the client may send more."""
        waits = False
        try:
            waits = work()
        except Exception:  # the seam: a fault of the application ends this connection only
            logger.exception("connection %s: closed by an error in its application", self._peer)
            self._end(CloseCode.INTERNAL_ERROR, "internal error")
        finally:
            if waits:
                self._watch()
            else:
                self._finish()

    def _watch(self) -> None:
        """Let the loop wait for the client."""
        if self._watcher is None:
            self._watcher = get_hub().loop.io(self._socket.fileno(), _READABLE)
        self._watcher.start(self._wake)

    def _wake(self) -> None:
        """In the loop: there is something to read, or an end."""
        self._watcher.stop()
        gevent.spawn_raw(self._work, self._read)

    def _read(self) -> bool:
        """All that is there. False at the end of it all."""
        worked_seconds = 0.0
        while not self._session.is_finished:
            try:
                data = self._socket.recv(_READ_BYTES)
            except BlockingIOError:
                return True
            except OSError as error:
                self._end_reason = self._end_reason or f"connection lost: {error.strerror or error}"
                return False
            if not data:
                for event in self._session.receive_eof():
                    self._dispatch(event, monotonic())
                return False
            started = monotonic()
            self._receive(data)
            worked_seconds += monotonic() - started
            if worked_seconds > _TURN_SECONDS:
                worked_seconds = 0.0
                gevent.sleep(0)
        return False

    def _receive(self, data: bytes) -> None:
        now = self._heard_at = monotonic()
        turn_ends = now + _TURN_SECONDS
        session = self._session
        for start in range(0, len(data), _SLICE_BYTES):
            if start and monotonic() > turn_ends:
                gevent.sleep(0)
                turn_ends = monotonic() + _TURN_SECONDS
            for event in session.receive_data(data[start : start + _SLICE_BYTES], now):
                if session.has_output:
                    self._schedule_flush()
                self._dispatch(event, now)
            if session.has_output:
                self._schedule_flush()
            if session.is_finished:
                return

    def _dispatch(self, event: SocketEvent, now: float) -> None:
        match event:
            case TextMessage(text):
                self._receive_text(text, now)
            case BinaryMessage(data):
                self._receive_binary(data, now)
            case PingFrame():
                self._deliver(PingReceived())
            case PongFrame():
                self._deliver(PongReceived())
            case CloseReceived(code, reason):
                said = f": {reason}" if reason else ""
                self._end_reason = self._end_reason or f"closed by the client ({code}{said})"
            case PeerFailed(code, reason):
                self._end_reason = self._end_reason or f"{reason} ({code})"

    @property
    def takes_events(self) -> bool:
        """False from our goodbye on: what a client sends after that is nobody's."""
        return self._sink is not None and not self._is_over and self._closing_at is None

    def _deliver(self, event: Event) -> None:
        sink = self._sink
        if sink is None or not self.takes_events:
            return
        self._is_delivering = True
        try:
            sink(event)
        finally:
            self._is_delivering = False

    # Writing

    def _buffered(self, size: int) -> bool:
        """Count output before it is buffered; False where it must be dropped."""
        if self._is_over or self._closing_at is not None:
            return False
        self._waiting_bytes += size
        if self._waiting_bytes + self._outlet.waiting_bytes > self._options.write_limit_bytes:
            logger.warning("connection %s: closed, it does not read its output", self._peer)
            self._drop_buffered()
            self._end(CloseCode.POLICY_VIOLATION, "you do not read what is sent to you")
            return False
        self._schedule_flush()
        return True

    def _schedule_flush(self) -> None:
        if not self._flush_is_due and not self._is_over:
            self._flush_is_due = True
            get_hub().loop.run_callback(self._flush)

    def _flush(self) -> None:
        """One write for everything of this turn. Runs in the loop: must not block or raise."""
        self._flush_is_due = False
        if self._is_over:
            return
        self._put_buffered()
        self._waiting_bytes = 0
        self._outlet.write(self._session.data_to_send())
        self._written()

    def _written(self) -> None:
        if self._session.is_finished and not self._outlet.waiting_bytes:
            self._shut_down(SHUT_WR)

    # Ending

    def close(self, reason: str) -> None:
        """Say goodbye after what is buffered; it ends when the client has answered, or in time."""
        if self._is_over or self._closing_at is not None:
            return
        self._end_reason = reason
        self._say_goodbye(reason)
        self._put_buffered()
        self._waiting_bytes = 0
        code = CloseCode.SERVICE_RESTART if self.comes_again else CloseCode.NORMAL_CLOSURE
        self._session.close(code, reason)
        self._closing_at = monotonic()
        self._schedule_flush()

    def abort(self, reason: str) -> None:
        """Cut the connection now."""
        self._end_reason = self._end_reason or reason
        self._closing_at = self._closing_at or monotonic()
        self._shut_down(SHUT_RDWR)

    def _end(self, code: int, reason: str) -> None:
        """Fail the connection: a close frame behind what the kernel has, then nothing more."""
        self._end_reason = self._end_reason or reason
        self._closing_at = self._closing_at or monotonic()
        self._session.fail(code, reason)
        self._schedule_flush()

    def _shut_down(self, how: int) -> None:
        with suppress(OSError):  # the peer may have been faster
            self._socket.shutdown(how)

    def _finish(self) -> None:
        """Let the close frame arrive, then tell the sink, then the owner. Runs in the last greenlet, once."""
        self._closing_at = self._closing_at or monotonic()
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
        try:
            if self._session.is_finished:
                self._flush()  # now: the peer may have sent its end already, and then there is no later
                self._drain()
        finally:
            self._is_over = True
            self._outlet.close()
            self._drop_buffered()
            self._tell_disconnected()
            if self._ended is not None:
                self._ended()

    def _drain(self) -> None:
        """Read the rest away: closing a socket with unread bytes resets it, and our close frame is lost."""
        deadline = monotonic() + self._options.close_timeout_seconds
        with suppress(OSError):
            while (left := deadline - monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(_READ_BYTES):
                    return
                gevent.sleep(0)

    def _tell_disconnected(self) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return
        reason = self._end_reason or "connection lost"
        logger.debug("connection %s: %s", self._peer, reason)
        try:
            sink(Disconnected(reason))
        except Exception:
            logger.exception("connection %s: its application failed on the end of it", self._peer)

    # The listener's sweep

    def sweep(self, now: float, *, may_end: bool) -> None:
        """Ping what is due, end what is gone. `may_end` is False when the process itself was away."""
        if self._closing_at is not None:
            if now - self._closing_at >= self._options.close_timeout_seconds:
                self.abort("no answer to the close frame")
            return
        verdict = judge(
            now,
            heard_at=now if self._is_delivering else self._heard_at,
            pinged_at=self._pinged_at,
            ping_interval_seconds=self._options.ping_interval_seconds,
            client_timeout_seconds=self._options.client_timeout_seconds,
        )
        if verdict is Verdict.PING_DUE:
            self._pinged_at = now
            self._session.send_ping()
            self._schedule_flush()
        elif verdict is Verdict.GONE and may_end:
            self._end(CloseCode.POLICY_VIOLATION, f"nothing heard for {now - self._heard_at:.0f} s")

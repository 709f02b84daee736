"""One telnet client: the adapter a session sees, over a non-blocking socket and the codec.

The socket is the plain C socket, not gevent's: everything here is non-blocking and driven by two watchers of
the event loop, one that says "there is something to read", which puts the connection into the readers' queue,
and one that exists only while output is stuck. So an idle connection is this object, a codec, a socket and
a watcher.

Life: `serve` opens it (after the TLS handshake if there is one), then reads; `_lose` ends it from wherever
it is noticed, and the next `serve` tells the sink. `serve` is never entered twice at a time (`_queued`,
`_busy`), which is what keeps events in order and makes `Disconnected` the last, once.

Prompts: when output comes while the client sits at a prompt, it begins on a new line, and the prompt is
written again behind it (once for each write) unless the caller gives a new one. A line received ends the
prompt.
"""

import logging
from _socket import socket as Socket  # noqa: N812 - it is a class, only its module writes it small
from collections.abc import Callable, Sequence
from ssl import SSLError
from typing import Any, Final, Literal, Protocol

import gevent
from gevent.hub import Hub

from transports.adapter import Accept, Capabilities, Disconnected, Event, LineReceived, Sink
from transports.telnet.codec import NOP, Profile, TelnetCodec
from transports.telnet.commands import IAC, IAC_IAC
from transports.telnet.encoding import encode
from transports.telnet.settings import TelnetOptions
from transports.telnet.tls import TlsStream
from transports.telnet.turns import Flusher, Readers

__all__ = ["Shared", "TelnetConnection"]

logger = logging.getLogger(__name__)

READ: Final = 1
WRITE: Final = 2
_CRLF: Final = b"\r\n"

# One read. Lines are short; a paste of more than this waits for the next turn, so that others get theirs.
_READ_BYTES: Final = 8192


class Shared(Protocol):
    """What the connections of one listener share, as a connection sees it."""

    hub: Hub
    options: TelnetOptions
    profile: Profile
    accept: Accept
    readers: Readers
    flusher: Flusher

    def forget(self, connection: "TelnetConnection") -> None:
        """The connection has ended and its sink knows."""

    def linger(self, socket: Socket) -> None:
        """Close a socket whose last output the client may still be reading."""


class TelnetConnection:
    """An `Adapter`. Made by the listener, in the event loop; call `begin` once."""

    __slots__ = (
        "_at_prompt",
        "_busy",
        "_closing",
        "_codec",
        "_hides_echo",
        "_is_idle",
        "_lost",
        "_paused",
        "_pending",
        "_prompt",
        "_queued",
        "_repeats_prompt",
        "_shared",
        "_sink",
        "_socket",
        "_stalled",
        "_timer",
        "_tls",
        "_unsent",
        "_watcher",
        "_write_watcher",
        "address",
        "peer",
    )

    def __init__(
        self, shared: Shared, socket: Socket, address: str, peer: str, tls: TlsStream | None
    ) -> None:
        self._shared = shared
        self._socket = socket
        self.address = address
        self.peer = peer
        self._tls = tls
        self._codec = TelnetCodec(shared.profile, encrypted=tls is not None)
        self._sink: Sink | None = None
        self._watcher = shared.hub.loop.io(socket.fileno(), READ)
        self._write_watcher: Any = None
        self._timer: Any = None
        # Taking turns: waiting for one, having one, and reading stopped because one takes long.
        self._queued = self._busy = self._paused = False
        # Output: what this turn has brought, and what the client has not taken.
        self._pending: list[bytes] | None = None
        self._unsent: bytearray | None = None
        self._stalled = False  # nothing of _unsent has gone since the last sweep
        self._is_idle = False  # nothing has been sent since the last sweep
        self._prompt: bytes | None = None
        self._at_prompt = self._repeats_prompt = self._hides_echo = False
        self._closing: str | None = None
        self._lost: str | None = None

    # -- the adapter ------------------------------------------------------

    @property
    def protocol(self) -> Literal["telnet"]:
        """Which protocol this is."""
        return "telnet"

    @property
    def capabilities(self) -> Capabilities:
        """What is known of the client now."""
        return self._codec.capabilities

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        """Send encoded fragments, then the prompt with its IAC EOR or IAC GA. One write for each turn."""
        pending = self._begin_output()
        if pending is None:
            return
        if self._at_prompt:
            pending.append(_CRLF)
            self._at_prompt = False
            self._repeats_prompt = self._prompt is not None
        pending.extend(fragments)
        if prompt is not None:
            pending.append(prompt)
            pending.append(self._codec.prompt_mark)
            self._prompt = prompt
            self._at_prompt = True
            self._repeats_prompt = False

    def send_text(self, text: str) -> None:
        """Encode marked-up text for this client and send it."""
        self.send((encode(text, self._codec.capabilities.rendering),))

    def send_line(self, text: str) -> None:
        """`send_text` with a line end."""
        self.send((encode(text, self._codec.capabilities.rendering), _CRLF))

    def send_binary(self, data: bytes) -> None:
        """Send bytes as they are; only IAC is doubled. Prompts are left alone."""
        self._write(data.replace(IAC, IAC_IAC))

    def send_data(self, package: str, value: object) -> None:
        """Send a GMCP message; dropped if the client has not agreed to GMCP."""
        self._write(self._codec.data_frame(package, value))

    def set_echo(self, enabled: bool) -> None:
        """False: the client shows nothing of what is typed."""
        self._hides_echo = not enabled
        self._codec.set_echo(enabled)
        self._write(self._codec.data_to_send())

    def close(self, reason: str) -> None:
        """End the connection after what is buffered, within `close_seconds`. No more lines are read."""
        if self._closing is not None or self._lost is not None:
            return
        if self._begin_output() is not None:
            self._closing = reason
            self._watcher.stop()
            self._start_timer(self._shared.options.close_seconds, lambda: self._lose(reason))

    # -- turns ------------------------------------------------------------

    def begin(self) -> None:
        """Start: have a turn to meet the session, or the TLS handshake first."""
        if self._tls is not None:
            seconds = self._shared.options.handshake_seconds
            self._start_timer(seconds, lambda: self._lose("the TLS handshake took too long"))
            self._watcher.start(self._on_readable)
        else:
            self._ask_turn()

    def _on_readable(self) -> None:
        if self._queued or self._busy:
            self._watcher.stop()  # its turn is coming or takes long: the rest stays with TCP
            self._paused = True
        else:
            self._queued = True
            self._shared.readers.put(self)

    def _ask_turn(self) -> None:
        if not (self._queued or self._busy):
            self._queued = True
            self._shared.readers.put(self)

    def serve(self) -> None:
        """Have a turn: open, read, or tell the end. In a greenlet that may block."""
        self._queued = False
        self._busy = True
        try:
            if self._lost is None:
                if self._sink is None and self._tls is None:
                    self._open()
                else:
                    self._read()
        except (Exception, gevent.Timeout):  # the seam: whatever a session does ends its own connection only
            logger.exception("telnet %s: its session failed; the connection is closed", self.peer)
            self._lose("its session failed")
        finally:
            if self._lost is not None:
                self._tell_end()  # _busy stays True: no turn comes after the last one
            else:
                self._busy = False
                if self._paused and self._closing is None:
                    self._paused = False
                    self._watcher.start(self._on_readable)

    def _open(self) -> None:
        if self._closing is not None:
            return
        self._write(self._codec.data_to_send())
        self._sink = self._shared.accept(self)
        if self._lost is None and self._closing is None:
            self._watcher.start(self._on_readable)

    def _read(self) -> None:
        if self._closing is not None:
            return
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            self._deliver(self._codec.tick())  # a turn without data was asked for by the sweep
            return
        except OSError as error:
            self._lose(f"reading failed: {error.strerror or error}")
            return
        if not data:
            self._lose("the client closed the connection")
        elif self._tls is None:
            self._take(data)
        else:
            self._take_encrypted(self._tls, data)

    def _take(self, data: bytes) -> None:
        codec = self._codec
        events = codec.receive_data(data)
        if codec.has_data_to_send:
            self._write(codec.data_to_send())
        self._deliver(events)

    def _take_encrypted(self, tls: TlsStream, data: bytes) -> None:
        try:
            text = tls.receive(data)
        except SSLError as error:
            self._put_on_wire(tls.send(b""))  # the alert that says why
            self._lose(f"TLS failed: {error.reason or error}")
            return
        self._put_on_wire(tls.send(b""))
        if tls.is_ready and self._sink is None:
            self._stop_timer()
            self._open()
        if text:
            self._take(text)
        if tls.is_closed:
            self._lose("the client closed the connection")

    def _deliver(self, events: list[Event]) -> None:
        sink = self._sink
        if sink is None:
            return
        for event in events:
            if type(event) is LineReceived:
                # The client's line end has moved the cursor, unless it shows nothing of what is typed.
                self._at_prompt = self._hides_echo and self._codec.knows_telnet
                self._repeats_prompt = False
                self._prompt = None
            sink(event)
            if self._closing is not None or self._lost is not None:
                return

    def sweep(self) -> None:
        """Called every ping interval: send a NOP if nothing else was sent, notice what no longer moves."""
        if self._lost is not None:
            return
        if self._unsent is not None:
            if self._stalled:
                self._lose("the client takes no output")
            self._stalled = True
            return
        if self._codec.is_in_subnegotiation:
            self._ask_turn()
        if self._is_idle and self._codec.knows_telnet:
            self._write(NOP)
        self._is_idle = True

    # -- writing ----------------------------------------------------------

    def _begin_output(self) -> list[bytes] | None:
        """The list that collects this turn's output; None when there is nobody to send to."""
        if self._closing is not None or self._lost is not None:
            return None
        if self._pending is None:
            self._pending = []
            self._is_idle = False
            self._shared.flusher.add(self)
        return self._pending

    def _write(self, data: bytes) -> None:
        if data and (pending := self._begin_output()) is not None:
            pending.append(data)

    def flush(self) -> None:
        """Write what this turn has brought. In the event loop."""
        pending, self._pending = self._pending, None
        if pending is None or self._lost is not None:
            return
        if self._repeats_prompt and self._prompt is not None:
            pending.append(self._prompt)
            pending.append(self._codec.prompt_mark)
            self._at_prompt = True
            self._repeats_prompt = False
        data = b"".join(pending)
        if self._tls is not None:
            data = self._tls.send(data) if self._tls.is_ready else b""
        self._put_on_wire(data)
        self._end_if_done()

    def _put_on_wire(self, data: bytes) -> None:
        if self._lost is not None:
            return
        if self._unsent is not None:
            self._unsent += data
        elif data:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._lose(f"writing failed: {error.strerror or error}")
                return
            if sent == len(data):
                return
            self._unsent = bytearray(memoryview(data)[sent:])
            self._stalled = False
            self._write_watcher = self._shared.hub.loop.io(self._socket.fileno(), WRITE)
            self._write_watcher.start(self._on_writable)
        limit = self._shared.options.write_limit_bytes
        if self._unsent is not None and len(self._unsent) > limit:
            self._lose(f"the client reads too slowly: more than {limit} bytes wait for it")

    def _on_writable(self) -> None:
        unsent = self._unsent
        if unsent is None:
            return
        try:
            sent = self._socket.send(unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"writing failed: {error.strerror or error}")
            return
        del unsent[:sent]
        self._stalled = False
        if not unsent:
            self._unsent = None
            self._stop_write_watcher()
            self._end_if_done()

    # -- the end ----------------------------------------------------------

    def abort(self, reason: str) -> None:
        """End the connection now, whatever is still to be sent."""
        self._lose(reason)

    def _end_if_done(self) -> None:
        """After close(): end when all is sent."""
        if self._closing is not None and self._pending is None and self._unsent is None:
            if self._tls is not None and self._tls.is_ready:
                self._put_on_wire(self._tls.close())
            self._lose(self._closing, is_orderly=True)

    def _lose(self, reason: str, *, is_orderly: bool = False) -> None:
        """The one way to the end. Orderly: all is sent, and the client gets the time to read it."""
        if self._lost is not None:
            return
        self._lost = reason
        self._pending = self._unsent = None
        self._watcher.stop()
        self._watcher.close()
        self._stop_write_watcher()
        self._stop_timer()
        if is_orderly:
            self._shared.linger(self._socket)
        else:
            self._socket.close()
        self._ask_turn()

    def _tell_end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            try:
                sink(Disconnected(self._lost or ""))
            except (Exception, gevent.Timeout):  # the seam again; there is nothing left to close
                logger.exception("telnet %s: its session failed at the end", self.peer)
        self._shared.forget(self)

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._shared.hub.loop.timer(seconds)
        self._timer.start(callback)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None

    def _stop_write_watcher(self) -> None:
        if self._write_watcher is not None:
            self._write_watcher.stop()
            self._write_watcher.close()
            self._write_watcher = None

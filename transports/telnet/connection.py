"""One telnet client: the adapter a session sees, over a socket in the event loop and the codec.

An idle connection is this object, a codec, a socket and a watcher; it owns no greenlet. When there is
something to read it puts itself into the readers' queue, and is served from there.

Life: `serve` opens it (after the TLS handshake if there is one), then reads; `_lose` ends it from wherever
that is noticed, and the next `serve` tells the sink. `serve` is never entered twice at a time (`_queued`,
`_busy`), which is what keeps events in order and makes `Disconnected` the last, once.

Prompts: when output comes while the client sits at a prompt, it begins on a new line, and the prompt is
written again behind it (once for each write) unless the caller gives a new one. A line received ends the
prompt.
"""

import logging
from collections.abc import Sequence
from typing import Final, Literal, Protocol

import gevent
from gevent.hub import Hub

from transports.adapter import Accept, Capabilities, Disconnected, Event, LineReceived, Sink
from transports.telnet.codec import NOP, Profile, TelnetCodec
from transports.telnet.commands import IAC, IAC_IAC
from transports.telnet.encoding import encode
from transports.telnet.settings import TelnetOptions
from transports.telnet.stream import Socket, Stream
from transports.telnet.tls import TlsStream
from transports.telnet.turns import Flusher, Readers

__all__ = ["Shared", "TelnetConnection"]

logger = logging.getLogger(__name__)

_CRLF: Final = b"\r\n"


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


class TelnetConnection(Stream):
    """An `Adapter`. Made by the listener, in the event loop; call `begin` once."""

    __slots__ = (
        "_at_prompt",
        "_busy",
        "_closing",
        "_codec",
        "_hides_echo",
        "_is_idle",
        "_paused",
        "_pending",
        "_prompt",
        "_queued",
        "_repeats_prompt",
        "_shared",
        "_sink",
        "address",
        "peer",
    )

    def __init__(
        self, shared: Shared, socket: Socket, address: str, peer: str, tls: TlsStream | None
    ) -> None:
        super().__init__(shared.hub, socket, tls, shared.options.write_limit_bytes)
        self._shared = shared
        self.address = address
        self.peer = peer
        self._codec = TelnetCodec(shared.profile, encrypted=tls is not None)
        self._sink: Sink | None = None
        # Taking turns: waiting for one, having one, and reading stopped because one takes long.
        self._queued = self._busy = self._paused = False
        # Output that this turn has brought.
        self._pending: list[bytes] | None = None
        self._is_idle = False  # nothing has been sent since the last sweep
        self._prompt: bytes | None = None
        self._at_prompt = self._repeats_prompt = self._hides_echo = False
        self._closing: str | None = None

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
            # Nothing is asked any more.
            self._repeats_prompt = False
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
        data = self._receive()
        if data is None:
            self._deliver(self._codec.tick())  # a turn without data was asked for by the sweep
            return
        if self._sink is None and self._is_ready and self._lost is None:
            self._stop_timer()
            self._open()
        if data:
            self._take(data)
        if self._has_ended:
            self._lose("the client closed the connection")

    def _take(self, data: bytes) -> None:
        codec = self._codec
        events = codec.receive_data(data)
        if codec.has_data_to_send:
            self._write(codec.data_to_send())
        self._deliver(events)

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
            if self._is_stalled():
                self._lose("the client takes no output")
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
        self._transmit(b"".join(pending))
        self._on_drained()

    def _on_drained(self) -> None:
        if self._closing is not None and self._pending is None and self._unsent is None:
            self._lose(self._closing, is_orderly=True)

    # -- the end ----------------------------------------------------------

    def abort(self, reason: str) -> None:
        """End the connection now, whatever is still to be sent."""
        self._lose(reason)

    def _on_lost(self, *, is_orderly: bool) -> None:
        self._pending = None
        if is_orderly:
            self._shared.linger(self._socket)
        self._ask_turn()

    def _tell_end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            try:
                sink(Disconnected(self._lost or ""))
            except (Exception, gevent.Timeout):  # the seam again; there is nothing left to close
                logger.exception("telnet %s: its session failed at the end", self.peer)
        self._shared.forget(self)

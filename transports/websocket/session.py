"""One websocket connection as values: bytes in, events and bytes out.

A thin layer over `websockets.server.ServerProtocol`, which does the framing, the closing handshake, and the
limit on the inflated message. Added here: whole messages instead of frames, text checked as early as possible
(`reader`), a budget for frames that cost work and carry nothing, and no exception whatever the peer sends.

Invariants: after `CloseReceived` or `PeerFailed` no event follows; a message is never larger than
`Limits.message_limit_bytes`; sending on a connection that is not open does nothing.

Not implemented: extensions other than permessage-deflate; sending fragmented messages.
Source: RFC 6455, RFC 7692.
"""

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from websockets.exceptions import NegotiationError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from transports.websocket.reader import FrameReader

# The library's own life cycle lines carry no connection id and would double ours.
frames_logger = logging.getLogger("transports.websocket.frames")
frames_logger.setLevel(logging.WARNING)

# RFC 6455 5.5: a control frame carries 125 bytes, of which a close frame's code takes two.
CLOSE_REASON_LIMIT_BYTES = 123
# RFC 6455 5.2: the three forms of the payload length.
_SHORT_LENGTH = 126
_MEDIUM_LENGTH = 65_536
_FINAL = 0x80
# Compressing goes at 30 MiB a second and holds up everybody: a longer message is sent as it is, within 10 ms.
_COMPRESSED_AT_ONCE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may cost; shared by all connections of a listener."""

    message_limit_bytes: int = 1_048_576
    compression_threshold_bytes: int = 1024
    # The budget for control frames, empty fragments and refused messages: a token bucket.
    control_frames_per_second: float = 20.0
    control_frames_burst: int = 500

    @property
    def compressed_limit_bytes(self) -> int:
        """The largest frame where compression is agreed: data that cannot be compressed grows a little.

        zlib with its smallest memory adds 5 bytes to each 127; a browser's adds below 0.3 %. The library has
        one limit for the frame and what it inflates to; the exact one is checked on the message.
        """
        return self.message_limit_bytes + self.message_limit_bytes // 25 + 64


@dataclass(frozen=True, slots=True)
class TextMessage:
    text: str


@dataclass(frozen=True, slots=True)
class BinaryMessage:
    data: bytes


@dataclass(frozen=True, slots=True)
class PingFrame:
    """A ping that has been answered already."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PongFrame:
    payload: bytes


@dataclass(frozen=True, slots=True)
class CloseReceived:
    """The peer closed the connection by a close frame; code 1005 stands for none given."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class PeerFailed:
    """The peer broke the protocol or a limit, or its stream ended in the middle (code 1006)."""

    code: int
    reason: str


SocketEvent = TextMessage | BinaryMessage | PingFrame | PongFrame | CloseReceived | PeerFailed


class FrameProtocol(ServerProtocol):
    """`ServerProtocol` without its HTTP parser (the HTTP server has read the request), failing fast."""

    def parse(self) -> Generator[None]:
        self.reader: FrameReader = FrameReader()
        return Protocol.parse(self)

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """The first of ours that is offered; a client that offers none gets our first without its name."""
        if not self.available_subprotocols or not subprotocols:
            return None
        for ours in self.available_subprotocols:
            if ours in subprotocols:
                return ours
        raise NegotiationError(
            f"no common subprotocol: expected one of {', '.join(self.available_subprotocols)}, "
            f"got {', '.join(subprotocols)}"
        )


class ServerSession:
    """The server's end of one open connection: feed `receive_data`, write what `data_to_send` gives."""

    __slots__ = ("_at", "_is_finished", "_limits", "_message", "_opcode", "_protocol", "_tokens")

    def __init__(self, protocol: FrameProtocol, limits: Limits) -> None:
        self._protocol = protocol
        self._limits = limits
        self._message: bytearray | None = None
        self._opcode: Opcode = Opcode.TEXT
        self._tokens = float(limits.control_frames_burst)
        self._at = 0.0
        self._is_finished = False

    @property
    def is_open(self) -> bool:
        """Whether messages may still be sent."""
        return self._protocol.state is OPEN

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is expected from the peer: write what is left, then close the socket."""
        return self._is_finished or self._protocol.eof_sent

    @property
    def subprotocol(self) -> str | None:
        return self._protocol.subprotocol

    @property
    def is_compressed(self) -> bool:
        return bool(self._protocol.extensions)

    @property
    def has_output(self) -> bool:
        """Whether `data_to_send` has anything to give."""
        return bool(self._protocol.writes)

    # Receiving

    def receive_data(self, data: bytes, now: float) -> Iterator[SocketEvent]:
        """Events of these bytes, in order. `now` (seconds, monotonic) refills the budget.

        Lazy: what is sent while a message is looked at goes out before the next frame is judged. The
        iterator must be used up.
        """
        if self._is_finished or not data:
            return
        protocol = self._protocol
        protocol.receive_data(data)
        yield from self._events(now)
        while protocol.reader.is_paused and not self._is_finished:
            protocol.receive_data(b"")
            yield from self._events(now)

    def receive_eof(self) -> list[SocketEvent]:
        """The stream has ended; gives `PeerFailed` unless it was closed in order."""
        if self._is_finished:
            return []
        self._protocol.receive_eof()
        return self._events(self._at)

    def _events(self, now: float) -> list[SocketEvent]:
        protocol = self._protocol
        events: list[SocketEvent] = []
        for frame in protocol.events_received():
            assert isinstance(frame, Frame)
            event = self._receive_frame(frame, now)
            if event is not None:
                events.append(event)
            if self._is_finished:
                return events
        if protocol.parser_exc is not None:
            events.append(self._failed())
        return events

    def _receive_frame(self, frame: Frame, now: float) -> SocketEvent | None:
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY:
                return self._begin_message(frame, now)
            case Opcode.CONT:
                return self._continue_message(frame, now)
            case Opcode.PING:
                return PingFrame(bytes(frame.data)) if self.spend(1, now) else self._failed()
            case Opcode.PONG:
                return PongFrame(bytes(frame.data)) if self.spend(1, now) else self._failed()
            case Opcode.CLOSE:
                return self._closed()

    def _begin_message(self, frame: Frame, now: float) -> SocketEvent | None:
        self._opcode = frame.opcode
        if len(frame.data) > self._limits.message_limit_bytes:
            return self._too_big()
        if frame.fin:
            return self._finish_message(frame.data)
        self._message = bytearray(frame.data)
        return self._continue_unless_empty(frame, now)

    def _continue_message(self, frame: Frame, now: float) -> SocketEvent | None:
        message = self._message
        assert message is not None  # the protocol refuses a continuation of nothing
        message += frame.data
        if len(message) > self._limits.message_limit_bytes:
            return self._too_big()
        if not frame.fin:
            return self._continue_unless_empty(frame, now)
        self._message = None
        return self._finish_message(message)

    def _too_big(self) -> PeerFailed:
        # The library's own limit is a little higher where frames may be compressed: `compressed_limit_bytes`.
        limit = self._limits.message_limit_bytes
        return self.fail(CloseCode.MESSAGE_TOO_BIG, f"message exceeds limit of {limit} bytes")

    def _continue_unless_empty(self, frame: Frame, now: float) -> SocketEvent | None:
        # Empty fragments never reach the size limit: only the budget ends a stream of them.
        if frame.data or self.spend(1, now):
            return None
        return self._failed()

    def _finish_message(self, data: bytes | bytearray | memoryview) -> SocketEvent:
        if self._opcode is Opcode.BINARY:
            return BinaryMessage(bytes(data))
        try:
            return TextMessage(str(data, "utf-8"))
        except UnicodeDecodeError as error:
            return self.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")

    def _closed(self) -> CloseReceived:
        self._is_finished = True
        close = self._protocol.close_rcvd
        assert close is not None
        return CloseReceived(int(close.code), close.reason)

    def _failed(self) -> PeerFailed:
        self._is_finished = True
        sent = self._protocol.close_sent
        if sent is not None:
            return PeerFailed(int(sent.code), sent.reason)
        return PeerFailed(int(CloseCode.ABNORMAL_CLOSURE), "the stream ended without a close frame")

    def spend(self, frames: int, now: float) -> bool:
        """Take frames from the budget; False has failed the connection with 1008."""
        limits = self._limits
        refill = (now - self._at) * limits.control_frames_per_second
        self._tokens = min(float(limits.control_frames_burst), self._tokens + max(0.0, refill)) - frames
        self._at = now
        if self._tokens >= 0:
            return True
        self.fail(CloseCode.POLICY_VIOLATION, "too many control frames or refused messages")
        return False

    # Sending

    def send_text(self, data: bytes) -> None:
        """One text message; `data` is UTF-8."""
        self._send(Opcode.TEXT, data)

    def send_binary(self, data: bytes) -> None:
        self._send(Opcode.BINARY, data)

    def send_ping(self, payload: bytes = b"") -> None:
        if self.is_open:
            self._protocol.send_ping(payload)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; the peer's answer arrives as `CloseReceived`."""
        if self.is_open:
            self._protocol.send_close(code, shorten_reason(reason))

    def fail(self, code: int, reason: str = "") -> PeerFailed:
        """End the connection without waiting for the peer's close frame."""
        if not self._protocol.eof_sent:
            self._protocol.fail(code, shorten_reason(reason))
        self._is_finished = True
        return PeerFailed(int(code), reason)

    def data_to_send(self) -> bytes:
        """Bytes for the socket since the last call. The end of the stream is told by `is_finished`."""
        return b"".join(self._protocol.data_to_send())

    def _send(self, opcode: Opcode, data: bytes) -> None:
        protocol = self._protocol
        if protocol.state is not OPEN:
            return
        threshold = self._limits.compression_threshold_bytes
        if protocol.extensions and threshold <= len(data) <= _COMPRESSED_AT_ONCE_BYTES:
            protocol.send_frame(Frame(opcode, data))
        else:
            # RFC 7692 6: an endpoint may send any message uncompressed. Unmasked frames are this simple.
            protocol.writes.append(unmasked_frame(opcode, data))


def unmasked_frame(opcode: int, data: bytes) -> bytes:
    """A final frame as a server sends it. RFC 6455 5.2."""
    size = len(data)
    if size < _SHORT_LENGTH:
        return bytes((_FINAL | opcode, size)) + data
    if size < _MEDIUM_LENGTH:
        return bytes((_FINAL | opcode, _SHORT_LENGTH)) + size.to_bytes(2) + data
    return bytes((_FINAL | opcode, _SHORT_LENGTH + 1)) + size.to_bytes(8) + data


def shorten_reason(reason: str) -> str:
    """The reason cut to what a close frame can carry, at a character's border."""
    encoded = reason.encode("utf-8", "replace")
    if len(encoded) <= CLOSE_REASON_LIMIT_BYTES:
        return reason
    return encoded[:CLOSE_REASON_LIMIT_BYTES].decode("utf-8", "ignore")

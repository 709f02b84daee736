"""The byte reader below websockets' frame parser, made to fail fast.

websockets judges a frame when its last byte is here. This reader sees the same bytes in the same steps
(header, length, mask, payload: the order in which `websockets.frames.Frame.parse` asks for them) and raises
as soon as the bytes can no longer become a legal frame: reserved bits, an oversized or fragmented control
frame, and text that is not UTF-8 even though the rest of the frame has not arrived.

It also stops after each whole message, so that the answer to a message goes out before the next frame is
judged: a bad frame or a close frame behind it in the same packet would end the sending.

Invariant: it accepts every stream that the plain reader and the final check accept, byte for byte.

Source: RFC 6455 5.2, 5.5, 8.1; the Autobahn suite's cases 6.3 and 6.4 call this "fail fast".
"""

import codecs
from collections.abc import Generator
from enum import Enum, auto

from websockets.exceptions import ProtocolError
from websockets.frames import Opcode
from websockets.streams import StreamReader

try:
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover - the wheel without its C part
    from websockets.utils import apply_mask

_new_decoder = codecs.getincrementaldecoder("utf-8")

_FIN = 0b1000_0000
_RSV1 = 0b0100_0000
_RSV23 = 0b0011_0000
_OPCODE = 0b0000_1111
_MASKED = 0b1000_0000
_LENGTH = 0b0111_1111
_CONTROL = 0b0000_1000
# RFC 6455 5.5: "All control frames MUST have a payload length of 125 bytes or less"
_CONTROL_LIMIT_BYTES = 125
_MASK_BYTES = 4


class _Step(Enum):
    HEADER = auto()
    LENGTH = auto()
    MASK = auto()
    PAYLOAD = auto()


class FrameReader(StreamReader):
    """A `StreamReader` that knows which part of a frame is being asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.accepts_compression = False
        # Set while the parser waits behind a message although there is more to parse.
        self.is_paused = False
        self._ended_message = False
        self._step = _Step.HEADER
        self._head = 0
        self._is_masked = False
        self._mask = b""
        # Set while the message being received is uncompressed text.
        self._text: codecs.IncrementalDecoder | None = None

    def at_eof(self) -> Generator[None, None, bool]:
        """Asked for once before each frame."""
        self._step = _Step.HEADER
        if self._ended_message:
            self._ended_message = False
            return self._at_eof_after_pause()
        return super().at_eof()

    def _at_eof_after_pause(self) -> Generator[None, None, bool]:
        if self.buffer:
            self.is_paused = True
            yield
            self.is_paused = False
        return (yield from super().at_eof())

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        match self._step:
            case _Step.HEADER:
                return self._read_header(n)
            case _Step.LENGTH:
                self._step = _Step.MASK if self._is_masked else _Step.PAYLOAD
                return super().read_exact(n)
            case _Step.MASK:
                return self._read_mask(n)
            case _Step.PAYLOAD:
                return self._read_payload(n)

    def _read_header(self, n: int) -> Generator[None, None, bytearray]:
        header = yield from super().read_exact(n)
        head, length = header[0], header[1] & _LENGTH
        self._head = head
        self._is_masked = bool(header[1] & _MASKED)
        self._judge_header(head, length)
        if length > _CONTROL_LIMIT_BYTES:
            self._step = _Step.LENGTH
        else:
            self._step = _Step.MASK if self._is_masked else _Step.PAYLOAD
        return header

    def _judge_header(self, head: int, length: int) -> None:
        opcode = head & _OPCODE
        starts_message = opcode in (Opcode.TEXT, Opcode.BINARY)
        if head & _RSV23 or (head & _RSV1 and not (self.accepts_compression and starts_message)):
            raise ProtocolError("reserved bits must be 0")
        if opcode & _CONTROL:
            if length > _CONTROL_LIMIT_BYTES:
                raise ProtocolError("control frame too long")
            if not head & _FIN:
                raise ProtocolError("fragmented control frame")
        elif starts_message:
            is_fragmented_text = opcode == Opcode.TEXT and not head & (_RSV1 | _FIN)
            self._text = _new_decoder() if is_fragmented_text else None

    def _read_mask(self, n: int) -> Generator[None, None, bytearray]:
        mask = yield from super().read_exact(n)
        self._mask = bytes(mask)
        self._step = _Step.PAYLOAD
        return mask

    def _read_payload(self, n: int) -> Generator[None, None, bytearray]:
        head = self._head
        if len(self.buffer) < n and head & ~_FIN == Opcode.TEXT and head & _FIN:
            # A text in a single frame is judged here only when it comes in pieces.
            self._text = _new_decoder()
        decoder = None if head & _CONTROL else self._text
        judged = 0
        while True:
            if decoder is not None:
                judged = self._judge_text(decoder, judged, n)
            if len(self.buffer) >= n:
                break
            if self.eof:
                raise EOFError(f"stream ends after {len(self.buffer)} bytes, expected {n} bytes")
            yield
        if head & _FIN and not head & _CONTROL:
            self._text = None
            self._ended_message = True
        payload = self.buffer[:n]
        del self.buffer[:n]
        return payload

    def _judge_text(self, decoder: codecs.IncrementalDecoder, judged: int, n: int) -> int:
        """Decode what arrived since the last call; raises UnicodeDecodeError. Returns how much is judged."""
        end = min(len(self.buffer), n)
        if end > judged:
            piece = self.buffer[judged:end]
            if self._is_masked:
                turn = judged % _MASK_BYTES
                piece = bytearray(apply_mask(piece, self._mask[turn:] + self._mask[:turn]))
            decoder.decode(piece)
        return end

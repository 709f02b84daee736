"""Frames to bytes and back: a batch is the msgpack array [version, sequence, [frame, ...]].

Pure. Three rules:

- *One error family.* `decode_batch` raises a BatchError and never anything else, whatever the bytes.
  Sizes are checked before anything is decoded, counts before anything is built.
- *One version.* The second byte of a batch is the protocol version, so a peer of another release is told
  from garbage, and named.
- *Numbered batches.* Between two endpoints batches are numbered from 1. ZeroMQ loses messages in silence
  (a full pipe, a peer that went and came back); a hole in the numbers shows it at once (`BatchCounter`).

One encoder and one decoder serve the whole process: both are stateless and never give way in the middle.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from transports.link.errors import (
    BatchError,
    BatchTooLarge,
    EncodingError,
    ForeignBatch,
    FrameTooLarge,
    MalformedBatch,
    TruncatedBatch,
    Unencodable,
    UnknownKind,
    VersionMismatch,
)
from transports.link.protocol import Frame

# Raised when a change is made that an older peer would misread. One byte on the wire: 0 to 127.
PROTOCOL_VERSION = 1

# Bytes. The largest batch that is decoded, also ZeroMQ's MAXMSGSIZE: the handshake of a gateway with 100,000
# sessions takes 2 MiB, and no frame of the game comes near to that.
MAX_BATCH_BYTES = 8 * 1024 * 1024

# Bytes. A batch is split above this: some 50,000 commands, a few milliseconds of decoding, after which the
# receiver looks at its sockets again.
SPLIT_BATCH_BYTES = 1024 * 1024

# Frames. Bounds what a batch of the largest size can become in memory: a frame takes 5 bytes at the least on
# the wire and 100 as an object.
MAX_BATCH_FRAMES = 65_536

# msgpack: an array of three, then the version as a small positive integer.
_ARRAY_OF_THREE = 0x93
_LARGEST_VERSION = 0x7F
_PREFIX_BYTES = 2
_QUOTED_BYTES = 8

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(
    tuple[int, int, Annotated[list[Frame], msgspec.Meta(max_length=MAX_BATCH_FRAMES)]]
)


def encode(frames: Sequence[Frame], *, sequence: int = 0, version: int = PROTOCOL_VERSION) -> bytes:
    """One batch. Raises Unencodable if a value in it has no msgpack form; no size is checked."""
    try:
        return _encoder.encode((version, sequence, frames))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unencodable(_kinds(frames), str(error)) from error


def decode(data: bytes, *, limit_bytes: int = MAX_BATCH_BYTES) -> list[Frame]:
    """The frames of one batch. Raises BatchError, and nothing else, for anything that is no batch."""
    return decode_batch(data, limit_bytes=limit_bytes)[1]


def decode_batch(data: bytes, *, limit_bytes: int = MAX_BATCH_BYTES) -> tuple[int, list[Frame]]:
    """The sequence number and the frames of one batch. Raises like `decode`."""
    size = len(data)
    if size > limit_bytes:
        raise BatchTooLarge(size, limit_bytes)
    if size < _PREFIX_BYTES:
        raise TruncatedBatch(size)
    if data[0] != _ARRAY_OF_THREE or data[1] > _LARGEST_VERSION:
        raise ForeignBatch(bytes(data[:_QUOTED_BYTES]))
    if data[1] != PROTOCOL_VERSION:
        raise VersionMismatch(PROTOCOL_VERSION, data[1])
    try:
        _, sequence, frames = _decoder.decode(data)
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        # msgspec's errors and UnicodeDecodeError are ValueErrors; deep nesting is a RecursionError.
        raise _explained(error, size) from error
    return sequence, frames


def pack(
    frames: Sequence[Frame],
    *,
    sequence: int,
    split_bytes: int = SPLIT_BATCH_BYTES,
    limit_bytes: int = MAX_BATCH_BYTES,
) -> tuple[list[bytes], list[tuple[Frame, EncodingError]]]:
    """All frames in as few batches as the limits allow, numbered from `sequence`, in order.

    A frame that cannot be sent (its value, its size) is left out and given back with the reason, so one bad
    frame does not take the others with it.
    """
    split_bytes = min(split_bytes, limit_bytes)
    batches: list[bytes] = []
    rejected: list[tuple[Frame, EncodingError]] = []
    waiting: list[Sequence[Frame]] = [frames]
    while waiting:
        part = waiting.pop()
        try:
            data = encode(part, sequence=sequence + len(batches))
        except Unencodable as error:
            if len(part) == 1:
                rejected.append((part[0], error))
                continue
        else:
            if len(part) <= 1 and len(data) > limit_bytes:
                rejected.append((part[0], FrameTooLarge(_kinds(part), len(data), limit_bytes)))
                continue
            if len(part) <= 1 or (len(data) <= split_bytes and len(part) <= MAX_BATCH_FRAMES):
                batches.append(data)
                continue
        # The first half is looked at next: the order stays.
        middle = len(part) // 2
        waiting += (part[middle:], part[:middle])
    return batches, rejected


class BatchCounter:
    """Watches the numbers of the batches from one peer."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0

    def arrived(self, sequence: int) -> int:
        """Note a batch; how many before it never came. A new peer, or one that began anew, lost none."""
        last, self.last = self.last, sequence
        return sequence - last - 1 if 0 < last < sequence else 0


def _kinds(frames: Sequence[Frame]) -> str:
    if len(frames) == 1:
        body = getattr(frames[0], "body", None)
        return type(frames[0]).__name__ + (f" of {type(body).__name__}" if body is not None else "")
    return f"a batch of {len(frames)} frames"


def _explained(error: Exception, size_bytes: int) -> BatchError:
    reason = str(error)
    if reason == "Input data was truncated":
        return TruncatedBatch(size_bytes)
    if reason.startswith("Invalid value "):
        # msgspec's words for a tag that no type of the union has.
        return UnknownKind(reason)
    return MalformedBatch(f"{type(error).__name__}: {reason}")

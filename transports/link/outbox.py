"""What waits to be sent to one peer: frames, then at the end of a turn numbered batches. Pure.

Frames of one turn of the loop leave as one batch. While the socket takes no more, batches already made stay
first in line and frames gather behind them, so a slow peer is sent fewer, larger batches, in order. The
queue is bounded: `put` says no when it is full. That is no loss: whoever sends has a stream or a request that
sends again.
"""

from collections import deque

from transports.link.codec import SPLIT_BATCH_BYTES, pack
from transports.link.errors import EncodingError
from transports.link.protocol import Frame

# Frames. Some seconds of a full server towards a peer that does not read.
OUTBOX_LIMIT = 65_536

# Frames waiting from which on the owner is told to hold back what can wait.
CONGESTED_AT = 8_192


class Outbox:
    """The queue towards one peer. `sequence` is the number of the last batch made."""

    __slots__ = ("_batches", "_frames", "limit", "refused", "sequence", "split_bytes")

    def __init__(self, *, limit: int = OUTBOX_LIMIT, split_bytes: int = SPLIT_BATCH_BYTES) -> None:
        self._frames: list[Frame] = []
        self._batches: deque[bytes] = deque()
        self.limit = limit
        self.split_bytes = split_bytes
        self.sequence = 0
        self.refused = 0

    def __bool__(self) -> bool:
        return bool(self._frames or self._batches)

    def __len__(self) -> int:
        """Frames that wait to be put into a batch."""
        return len(self._frames)

    @property
    def is_blocked(self) -> bool:
        """True if the socket did not take a batch that was ready."""
        return bool(self._batches)

    @property
    def is_congested(self) -> bool:
        """True if more waits than one turn of a healthy link leaves behind."""
        return len(self._frames) >= CONGESTED_AT

    def put(self, frame: Frame) -> bool:
        """Queue the frame. False if the queue is full: it will not be sent."""
        if len(self._frames) >= self.limit:
            self.refused += 1
            return False
        self._frames.append(frame)
        return True

    def batch(self) -> tuple[bytes | None, list[tuple[Frame, EncodingError]]]:
        """The batch to send next, or None; it stays first until `sent`. And frames that cannot be sent."""
        rejected: list[tuple[Frame, EncodingError]] = []
        if not self._batches and self._frames:
            frames, self._frames = self._frames, []
            made, rejected = pack(frames, sequence=self.sequence + 1, split_bytes=self.split_bytes)
            self.sequence += len(made)
            self._batches.extend(made)
        return (self._batches[0] if self._batches else None), rejected

    def sent(self) -> None:
        """The socket has taken the batch."""
        self._batches.popleft()

    def clear(self) -> int:
        """Drop everything: the peer is gone. Returns how many batches and frames there were."""
        dropped = len(self._frames) + len(self._batches)
        # These numbers were never seen: no hole is to be noticed.
        self.sequence -= len(self._batches)
        self._frames.clear()
        self._batches.clear()
        return dropped

"""What comes from one peer: bytes of a batch to frames, with its errors and the numbers it skipped. Pure."""

from transports.link.codec import MAX_BATCH_BYTES, BatchCounter, decode_batch
from transports.link.errors import BatchError, BatchesLost, LinkError
from transports.link.interface import EndpointStatistics
from transports.link.protocol import Frame


class Intake:
    """Decodes and counts the batches of one peer."""

    __slots__ = ("_counter", "_limit_bytes", "_statistics")

    def __init__(self, statistics: EndpointStatistics, limit_bytes: int = MAX_BATCH_BYTES) -> None:
        self._counter = BatchCounter()
        self._limit_bytes = limit_bytes
        self._statistics = statistics

    def receive(self, data: bytes) -> tuple[list[Frame], LinkError | None]:
        """The frames, and what was wrong: a BatchError (no frames then), or BatchesLost before these."""
        statistics = self._statistics
        statistics.batches_received += 1
        statistics.bytes_received += len(data)
        try:
            sequence, frames = decode_batch(data, limit_bytes=self._limit_bytes)
        except BatchError as error:
            statistics.batches_refused += 1
            return [], error
        statistics.frames_received += len(frames)
        lost = self._counter.arrived(sequence)
        if not lost:
            return frames, None
        statistics.batches_lost += lost
        return frames, BatchesLost(lost)

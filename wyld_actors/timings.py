"""How long handlers take, measured for one turn in `SAMPLED_TURNS` and kept as counts by size.

The sizes are powers of two of a microsecond, so a quantile is right within a factor of two, which is what an
operator needs to tell 30 us from 30 ms. An actor's own counts are 80 bytes, made when it is first measured;
they are halved when one is full, so that they speak of late. The counts of a class only grow, as the
counters of a metrics system must. A handler that waits for an answer is measured with its waiting.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

__all__ = ["SAMPLED_TURNS", "UPPER_BOUNDS", "ClassTimings", "count_in", "mean", "quantile"]

# A prime: actors that take turns in a ring of any usual length are all measured alike.
SAMPLED_TURNS = 17

# 1 us, 2 us, ... 8.4 s, and everything longer.
BUCKETS = 25
UPPER_BOUNDS: tuple[float, ...] = tuple(float(1 << power) / 1_000_000 for power in range(BUCKETS - 1))

_FULL = 255


def bucket_of(seconds: float) -> int:
    """The index of the smallest upper bound that is not below `seconds`."""
    microseconds = -int(-seconds * 1_000_000 // 1)
    return min(max(microseconds - 1, 0).bit_length(), BUCKETS - 1)


def count_in(counts: bytearray | None, seconds: float) -> bytearray:
    """Add one measurement to an actor's own counts, None for one that has none yet."""
    if counts is None:
        counts = bytearray(BUCKETS)
    index = bucket_of(seconds)
    if counts[index] == _FULL:
        counts[:] = bytes(count >> 1 for count in counts)
    counts[index] += 1
    return counts


def quantile(counts: bytearray | list[int] | None, share: float) -> float | None:
    """The time in seconds within which `share` of the handlers were done, None without measurements."""
    sums = tuple(accumulate(counts or ()))
    if not sums or not sums[-1]:
        return None
    return UPPER_BOUNDS[min(bisect_left(sums, share * sums[-1]), BUCKETS - 2)]


def mean(counts: bytearray | None) -> float:
    """The mean time in seconds, taking each measurement for three quarters of its upper bound; 0 without."""
    if counts is None:
        return 0.0
    bounds = (*UPPER_BOUNDS, UPPER_BOUNDS[-1])
    seconds = sum(count * bound for count, bound in zip(counts, bounds, strict=True))
    return 0.75 * seconds / max(sum(counts), 1)


class ClassTimings:
    """The measurements of all actors of one class."""

    __slots__ = ("counts", "total_seconds")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.total_seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one measurement."""
        self.counts[bucket_of(seconds)] += 1
        self.total_seconds += seconds

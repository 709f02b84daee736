"""How long the checkpoints have held the world up: counts by size, as a metrics system wants them. Pure."""

from __future__ import annotations

from bisect import bisect_left

from wyld_actors import Record

__all__ = ["PAUSE_BOUNDS", "Pauses"]

# Seconds. The third is what is promised for 99 of 100; the longest is where a world is cut without rest.
PAUSE_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25)


class Pauses(Record, frozen=True):
    """`counts` has one more than there are bounds: for what was longer than all of them."""

    counts: tuple[int, ...] = (0,) * (len(PAUSE_BOUNDS) + 1)
    total_seconds: float = 0.0

    def with_one(self, seconds: float) -> Pauses:
        """One more."""
        size = bisect_left(PAUSE_BOUNDS, seconds)
        counts = (*self.counts[:size], self.counts[size] + 1, *self.counts[size + 1 :])
        return Pauses(counts, self.total_seconds + seconds)

    def cumulative(self) -> list[tuple[str, float]]:
        """For each bound, how many were not longer; "+Inf" for all."""
        names = [*map(str, PAUSE_BOUNDS), "+Inf"]
        return [(name, float(sum(self.counts[: index + 1]))) for index, name in enumerate(names)]

"""One absolute deadline for the end of a whole tree, split over its levels.

Each level takes the smaller of its own limit and what is left of the deadline. A supervisor told to end by
`end_by` kills what is left of its children at `kill_at`, a reserve earlier, and leaves behind what
survives that at `leak_at`, half a reserve earlier: so its parent sees it end by itself, with its report,
instead of having to kill it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from supervisors.specs import Shutdown

# A kill takes effect in the same turn of the loop, unless the actor swallows it or sits in C code.
KILL_GRACE_SECONDS: Final = 1.0
# Of what is left until a deadline, the part that is kept for kills and for telling the parent.
RESERVE_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Deadline:
    """Three moments of the clock. `NEVER` for an end without any limit but the children's own."""

    end_by: float
    kill_at: float
    leak_at: float

    @classmethod
    def at(cls, end_by: float, now: float) -> Self:
        """Split what is left between `now` and `end_by`."""
        reserve = min(KILL_GRACE_SECONDS, max(end_by - now, 0.0) * RESERVE_SHARE)
        return cls(end_by, end_by - reserve, end_by - reserve / 2)

    def for_child(self, limit: float | Shutdown | None, now: float) -> float | None:
        """When a child with this shutdown limit has to be down; None is never."""
        if limit is Shutdown.BRUTAL_KILL:
            return now
        own = None if isinstance(limit, Shutdown) or limit is None else now + limit
        if self.kill_at == float("inf"):
            return own
        return self.kill_at if own is None else min(own, self.kill_at)

    def kill_grace(self, now: float) -> float:
        """How long to wait for a kill to take effect."""
        return min(KILL_GRACE_SECONDS, max(self.leak_at - now, 0.0))


NEVER: Final = Deadline(float("inf"), float("inf"), float("inf"))

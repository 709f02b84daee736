"""How long actors have to wait for their turn: the difference between when a tick was due and when it came.

A loop that is blocked right now answers nobody; afterwards it can still be seen here for a while, so that
a probe that comes a second later learns of it.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

TICK_SECONDS: Final = 0.25
# A probe comes every few seconds.
REMEMBERED_SECONDS: Final = 10.0


class LoopLag:
    """Told of every tick; answers with the worst of the last `REMEMBERED_SECONDS`."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: float | None = None
        self._lags: deque[tuple[float, float]] = deque()

    def tick(self) -> None:
        """A tick has come; the next is due after `TICK_SECONDS`."""
        now = self._now()
        if self._due is not None and now > self._due:
            self._lags.append((now, now - self._due))
        self._due = now + TICK_SECONDS
        self._forget(now)

    def pause(self) -> None:
        """No ticks for now: what comes next is not late."""
        self._due = None

    def worst(self) -> float:
        """In seconds. Counts a tick that is overdue."""
        now = self._now()
        self._forget(now)
        overdue = 0.0 if self._due is None else now - self._due
        return max([overdue, 0.0, *(lag for _, lag in self._lags)])

    def _forget(self, now: float) -> None:
        while self._lags and self._lags[0][0] < now - REMEMBERED_SECONDS:
            self._lags.popleft()

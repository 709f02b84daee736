"""An answer that is kept for a moment, so that ten operators cost what one does.

Looking at every actor costs the process some milliseconds. Such an answer is made again after a second at the
earliest, and after fifty times as long as making it took: however many look, and however many actors there
are, it is 2 % of the process at most, and nothing when nobody asks. Who asks while it is being made gets the
one before.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final, Generic, TypeVar

Answer = TypeVar("Answer")

KEPT_SECONDS: Final = 1.0
COST_FACTOR: Final = 50


class Remembered(Generic[Answer]):
    """Asks `make` when what it said last is too old. `now` is the steady clock of the actor system."""

    def __init__(self, make: Callable[[], Answer], now: Callable[[], float]) -> None:
        self._make = make
        self._now = now
        self._kept: tuple[Answer] | None = None
        self._due = 0.0

    def get(self) -> Answer:
        if self._kept is None or self._now() >= self._due:
            begun = perf_counter()
            self._due = self._now() + KEPT_SECONDS
            self._kept = (self._make(),)
            self._due = self._now() + max(KEPT_SECONDS, COST_FACTOR * (perf_counter() - begun))
        return self._kept[0]

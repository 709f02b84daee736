"""An answer in pieces that is made once for all who ask for it at about the same time.

Whoever needs the next piece makes it, and all others read it from there: the slowest reader keeps nobody
waiting. Who asks while an answer is being made, or in the moment after that, gets that one. The moment is
four times as long as making it took, so that twenty who ask without pause cost a fifth of the process at
most. One answer is kept, the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Final

from gevent.lock import Semaphore

__all__ = ["KEPT_SECONDS", "SharedPieces"]

KEPT_SECONDS: Final = 0.25
COST_FACTOR: Final = 5


class SharedPieces:
    """`now` is the steady clock of the actor system."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key: Hashable = None
        self._answer: _Answer | None = None

    def get(self, key: Hashable, make: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
        """The answer to `key`, made by `make` unless there is one. Raises what `make` raises."""
        answer = self._answer
        if answer is None or self._key != key or self._now() >= answer.good_until:
            answer = _Answer(make(), self._now)
            self._key, self._answer = key, answer
        return answer.read()

    def forget(self) -> None:
        """Something has been changed: who asks from now on sees it."""
        self._answer = None


class _Answer:
    def __init__(self, source: Iterator[bytes], now: Callable[[], float]) -> None:
        self._source = source
        self._now = now
        self._begun = now()
        self._pieces: list[bytes] = []
        self._is_complete = False
        # Whoever makes a piece may have to let others run meanwhile, who want it as well.
        self._making = Semaphore()
        self.good_until = float("inf")

    def read(self) -> Iterator[bytes]:
        number = 0
        while number < len(self._pieces) or self._has(number):
            yield self._pieces[number]
            number += 1

    def _has(self, number: int) -> bool:
        """Make the next piece, unless somebody has meanwhile, or there is none."""
        with self._making:
            if number == len(self._pieces) and not self._is_complete:
                self._make()
        return number < len(self._pieces)

    def _make(self) -> None:
        self._is_complete = True
        try:
            self._pieces.append(next(self._source))
        except StopIteration:
            self.good_until = self._begun + max(KEPT_SECONDS, COST_FACTOR * (self._now() - self._begun))
        except BaseException:
            # Those who come now get another one; who reads this one finds its end, and no JSON.
            self.good_until = self._begun
            raise
        else:
            self._is_complete = False

"""Time as an argument: the real clock, and one that tests move by hand.

Both give seconds that only grow, and call back once after a delay. Callbacks run in the hub (real)
or in the greenlet that advances the clock (manual) and must not block.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

from gevent import get_hub

__all__ = ["Clock", "ManualClock", "RealClock", "ScheduledCall"]


class ScheduledCall(Protocol):
    """A callback that has not run yet."""

    def cancel(self) -> None:
        """Make sure that it never runs. Harmless when it has run already."""


class Clock(Protocol):
    """Where an actor system takes its time from."""

    def now(self) -> float:
        """Seconds since some fixed moment; only differences mean anything."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> ScheduledCall:
        """Run `callback` once, `seconds` from now."""


class _HubTimer:
    __slots__ = ("_timer",)

    def __init__(self, seconds: float, callback: Callable[[], None]) -> None:
        # libev keeps its timers in a heap written in C and takes a stopped one out of it, so a
        # hundred thousand asks with a deadline of 5 s leave nothing behind.
        self._timer = get_hub().loop.timer(max(seconds, 0.0))
        self._timer.start(self._fire, callback)

    def _fire(self, callback: Callable[[], None]) -> None:
        self._timer.close()
        callback()

    def cancel(self) -> None:
        self._timer.close()


class RealClock:
    """Monotonic time and timers of gevent's loop."""

    def __init__(self) -> None:
        self.now = time.monotonic

    def call_later(self, seconds: float, callback: Callable[[], None]) -> ScheduledCall:
        return _HubTimer(seconds, callback)


class _ManualCall:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """Time that stands still until a test moves it."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._calls: list[tuple[float, int, _ManualCall]] = []

    def now(self) -> float:
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> ScheduledCall:
        call = _ManualCall(callback)
        heapq.heappush(self._calls, (self._now + max(seconds, 0.0), next(self._order), call))
        return call

    def next_due(self) -> float | None:
        """When the earliest waiting callback is due, None if there is none."""
        while self._calls and self._calls[0][2].callback is None:
            heapq.heappop(self._calls)
        return self._calls[0][0] if self._calls else None

    def advance_to(self, moment: float) -> None:
        """Move to `moment` and run what is due until then, in order of its time."""
        while (due := self.next_due()) is not None and due <= moment:
            call = heapq.heappop(self._calls)[2]
            self._now = max(self._now, due)
            callback, call.callback = call.callback, None
            if callback is not None:
                callback()
        self._now = max(self._now, moment)

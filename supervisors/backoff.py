"""How long to wait before the next restart of one child, and when to stop trying.

Akka's back-off with two changes. The first restart is immediate: a single glitch must be
invisible to players. Jitter lies *below* the cap, so that `max_seconds` means maximum:

    delay(0) = 0
    delay(n) = c - c * jitter * U[0, 1)    with c = min(max_seconds, min_seconds * factor ** (n - 1))

n counts consecutive failures and starts again at 0 once the child stayed up for
`stable_after_seconds`. With long delays an intensity window never trips, so a child may have a
`Budget` of its own: after `max_failures` in a row it is given up, whatever the supervisor's window
says; its failures do not count in that window, so one looping child never takes its siblings down.
"""

from __future__ import annotations

import enum
import math
import random
from dataclasses import dataclass

from supervisors.errors import InvalidSpec
from supervisors.numbers import is_count, is_finite, is_seconds


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pace of restarts. ``Backoff.none()`` restarts at once always, as OTP does."""

    # 0.2 s is Akka's customary minBackoff; 30 s is as long as a player waits before he leaves.
    min_seconds: float = 0.2
    max_seconds: float = 30.0
    factor: float = 2.0
    jitter: float = 0.2
    stable_after_seconds: float = 10.0

    def __post_init__(self) -> None:
        least, most, stable = self.min_seconds, self.max_seconds, self.stable_after_seconds
        self._check(is_seconds(least), "min_seconds", "a number of seconds >= 0", least)
        is_cap = is_seconds(most) and most >= least
        self._check(is_cap, "max_seconds", f"a number of seconds >= min_seconds ({least:g})", most)
        self._check(is_finite(self.factor) and self.factor >= 1, "factor", "a number >= 1", self.factor)
        is_share = is_finite(self.jitter) and 0 <= self.jitter <= 1
        self._check(is_share, "jitter", "a number from 0 to 1", self.jitter)
        is_time = is_seconds(stable, above_zero=True)
        self._check(is_time, "stable_after_seconds", "a number of seconds > 0", stable)

    @classmethod
    def none(cls) -> Backoff:
        """No delay ever: each restart follows at once, only the intensity limits it."""
        return cls(min_seconds=0.0, max_seconds=0.0, jitter=0.0)

    def delay(self, failures: int, source: random.Random) -> float:
        """Seconds to wait before the restart that follows `failures` earlier ones in a row."""
        if failures <= 0 or self.max_seconds == 0:
            return 0.0
        try:
            grown = self.min_seconds * self.factor ** (failures - 1)
        except OverflowError:
            grown = math.inf
        cap = min(self.max_seconds, grown)
        return cap - cap * self.jitter * source.random()

    def failures_after(self, failures: int, uptime_seconds: float) -> int:
        """The count of consecutive failures, forgotten if the child had been stable."""
        return 0 if uptime_seconds >= self.stable_after_seconds else failures

    @staticmethod
    def _check(is_valid: bool, field: str, expected: str, got: object) -> None:
        if not is_valid:
            raise InvalidSpec("Backoff", field, expected, got)


class GiveUp(enum.Enum):
    """What becomes of a child whose budget is used up."""

    ESCALATE = "escalate"
    """The supervisor gives up too (as if its window had tripped)."""
    STOP = "stop"
    """The child stays down; its specification is kept, `restart_child` brings it back."""
    QUARANTINE = "quarantine"
    """The child keeps its address, answers nobody, and is tried again every `probe_seconds`."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many failures in a row a child may have, and what then."""

    max_failures: int = 8
    then: GiveUp = GiveUp.STOP
    # A probe is one more start; a minute keeps a broken child at the edge of the log, not in its middle.
    probe_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not is_count(self.max_failures):
            raise InvalidSpec("Budget", "max_failures", "an integer >= 0", self.max_failures)
        if not isinstance(self.then, GiveUp):
            raise InvalidSpec("Budget", "then", "GiveUp.ESCALATE, STOP or QUARANTINE", self.then)
        if not is_seconds(self.probe_seconds, above_zero=True):
            raise InvalidSpec("Budget", "probe_seconds", "a number of seconds > 0", self.probe_seconds)

    def is_used_up(self, failures: int) -> bool:
        """Whether one restart more, after `failures` in a row, is one too many."""
        return failures >= self.max_failures

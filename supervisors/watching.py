"""When a handler has had the thread of the loop for too long, decided purely from looks at that thread.

A look says how often the loop has turned and whose run has the thread. A *stretch* is as long as the loop
has not turned; the *hold* of one handler is as long as every look of the stretch found the same run of it. A
stretch that is too long is reported, a hold that is too long is interrupted, and a stretch that goes on
makes the process unready.

What counts is not the time on the wall but what the thread did with it:

- time on a processor counts, so a machine that is busy with something else, a process that was stopped
  (SIGSTOP), and a laptop that slept cost no actor its life;
- time in a system call that blocks counts as well, if the looks came in time. When they came late, nothing
  of this process ran, the watchdog included: it was frozen, or somebody holds the interpreter's lock and
  sleeps, which only the launcher can see;
- garbage collection does not count: it is due to everybody's objects and not to who runs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from wyld_actors.slowness import SLOW_SECONDS

# Between two looks: a report within half a second needs a few of them, and twenty a second cost nothing.
LOOK_SECONDS: Final = 0.05
# A look that comes this long after the last one was held up: the process did not run.
LATE_SECONDS: Final = 0.5
# After an interruption the handler may unwind, with its own `finally`, before it is interrupted again.
PATIENCE_SECONDS: Final = 0.25
# Looks that are remembered, for those who find themselves slow: ten seconds.
REMEMBERED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogOptions:
    """Limits in seconds; 0 switches that part off.

    `unready_after_seconds` is how long the loop may stand still until probes are told so.
    """

    report_after_seconds: float = 0.25
    interrupt_after_seconds: float = 1.0
    unready_after_seconds: float = 2.0
    slow_after_seconds: float = SLOW_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of the thread. Times in seconds, counters since any moment.

    `holder` is the run of a handler, None when no actor has the thread. `sleeps`: it is in a system call that
    blocks. `raised` counts interruptions that took effect.
    """

    wall: float
    processor: float
    turns: int
    holder: object | None = None
    is_idle: bool = False
    sleeps: bool = False
    collecting: float = 0.0
    raised: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done after a look.

    `stretch_seconds` is how long the loop has not turned, `held_seconds` how long of that it was this
    holder's doing. `is_freed`: the loop turns again after a stretch that was reported, which took
    `stretch_seconds`. `catches`: the holder was interrupted before, and is still there.
    """

    stretch_seconds: float = 0.0
    held_seconds: float = 0.0
    report: bool = False
    interrupt: bool = False
    is_unready: bool = False
    is_freed: bool = False
    catches: bool = False


@dataclass(slots=True)
class Watch:
    """Told of every look, in order."""

    options: WatchdogOptions
    _last: Look | None = None
    _stretch: float = 0.0
    _held: float = 0.0
    _is_reported: bool = False
    _raised_in_hold: int = 0
    _is_told_of: bool = False
    _patient_until: float = 0.0
    _looks: deque[Look] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def look(self, look: Look) -> Verdict:
        """Judge one look at the thread."""
        last, self._last = self._last, look
        # Without its holder, which would be kept alive.
        self._looks.append(replace(look, holder=None))
        if last is None:
            return Verdict()
        if look.is_idle or look.turns != last.turns:
            return self._turned()
        self._go_on(last, look)
        interrupt = self._is_to_be_interrupted(look)
        return Verdict(
            self._stretch,
            self._held,
            report=self._is_news(interrupt),
            interrupt=interrupt,
            is_unready=_is_over(self._stretch, self.options.unready_after_seconds),
            catches=self._raised_in_hold > 0,
        )

    def _is_news(self, interrupt: bool) -> bool:
        """A stretch is told once, and once more when its holder is still there after it was interrupted."""
        if interrupt and self._raised_in_hold and not self._is_told_of:
            self._is_told_of = True
            return True
        is_long = _is_over(self._stretch, self.options.report_after_seconds)
        is_new, self._is_reported = is_long and not self._is_reported, self._is_reported or is_long
        return is_new

    def answers_for(self, moment: float, wall: float, processor: float) -> float:
        """How long the thread ran, or waited in a call, between `moment` and `wall`, at the most.

        What a busy machine or a stop of the process took away is not in it. `processor` is the time at
        `wall`.
        """
        earlier = None
        sleeps = False
        for look in reversed(tuple(self._looks)):
            earlier = look
            if look.wall <= moment:
                break
            sleeps = sleeps or look.sleeps
        if earlier is None or sleeps:
            return wall - moment
        return processor - earlier.processor

    def _turned(self) -> Verdict:
        verdict = Verdict(self._stretch, is_freed=self._is_reported)
        self._stretch = self._held = self._patient_until = 0.0
        self._is_reported = self._is_told_of = False
        self._raised_in_hold = 0
        return verdict

    def _go_on(self, last: Look, look: Look) -> None:
        seconds = _used(last, look)
        self._stretch += seconds
        if look.holder is None or look.holder != last.holder:
            self._held = self._patient_until = 0.0
            self._raised_in_hold = 0
            return
        self._held += seconds
        if look.raised != last.raised:
            self._raised_in_hold += look.raised - last.raised
            self._patient_until = self._held + PATIENCE_SECONDS

    def _is_to_be_interrupted(self, look: Look) -> bool:
        limit = self.options.interrupt_after_seconds
        return look.holder is not None and _is_over(self._held, limit) and self._held >= self._patient_until


def _is_over(seconds: float, limit: float) -> bool:
    return limit > 0 and seconds >= limit


def _used(last: Look, look: Look) -> float:
    """What the thread did between two looks and has to answer for."""
    wall, processor = look.wall - last.wall, look.processor - last.processor
    waited = wall - processor if look.sleeps and wall < LATE_SECONDS else 0.0
    collecting = look.collecting - last.collecting
    return max(processor - collecting, 0.0) + max(waited, 0.0)

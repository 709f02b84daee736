"""The watchdog of a process: a thread out of gevent's hands that looks at the thread of the loop.

`watching` decides, this carries it out. Why not gevent's own monitor: it counts switches by a trace
function, which costs every switch a microsecond; the loop counts its turns anyway, and who runs can be read
from the frames.

In the thread nothing of gevent is touched, logging included, whose locks are gevent's: a report goes to
`tell`, which must be able to do without, and, as soon as the loop turns, to the listeners of the actor's
system (`ActorSystem.on_stuck`) in the hub.

What cannot be seen from here: C code that holds the interpreter's lock. No thread of Python runs meanwhile.
It is reported when it is over; while it lasts, the signs of life that this thread gives are missing, which
is for the launcher to notice. Before it kills the process, it has `faulthandler` write down where it is, from
a signal. Not by `dump_traceback_later`: its thread reads frames without the lock, also of a process that was
only stopped and goes on in that moment, which can be a segmentation fault.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gevent import get_hub, monkey

from supervisors.thread_clock import ThreadClock
from supervisors.watching import LOOK_SECONDS, Look, Verdict, Watch, WatchdogOptions
from wyld_actors import StuckReport
from wyld_actors.holder import Holder, holder_of, is_hub, stack_of
from wyld_actors.interrupter import Interrupter

__all__ = ["Blocked", "Watchdog", "WatchdogOptions"]

_start_native_thread = monkey.get_original("_thread", "start_new_thread")
_native_sleep = monkey.get_original("time", "sleep")

# Between two attempts to interrupt: a handler that logs in a loop can be interrupted in one of a hundred
# moments, between two calls.
RETRY_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Blocked:
    """The loop does not turn. `path` is None when no actor is the cause; `is_unready` when it has been too
    long."""

    seconds: float
    path: str | None
    message_type: str | None
    is_unready: bool

    def __str__(self) -> str:
        who = "something that is no actor" if self.path is None else self.path
        what = f" in {self.message_type}" if self.message_type else ""
        return f"blocked for {self.seconds:.1f} s by {who}{what}"


class Watchdog:
    """Watches the thread that makes it, from `start` to `stop`."""

    def __init__(
        self,
        options: WatchdogOptions,
        *,
        tell: Callable[[StuckReport], None] = lambda report: None,
        pulse: Callable[[Blocked | None], None] = lambda blocked: None,
    ) -> None:
        """`tell` gets each report, `pulse` is called after every look; both in the watchdog's thread."""
        self._options = options
        self._tell = tell
        self._pulse = pulse
        self._watch = Watch(options)
        self._interrupter = Interrupter()
        self._hub = get_hub()
        self._clock = ThreadClock()
        self._collections = _Collections()
        self._news: deque[StuckReport] = deque()
        self._wake = self._hub.loop.async_(ref=False)
        self._runs = False

    def start(self) -> None:
        """Begin to look. In the main thread: it takes a signal."""
        self._interrupter.install(self._hub.thread_ident)
        self._collections.begin()
        self._wake.start(self._hand_on)
        self._runs = True
        _start_native_thread(self._run, ())

    def stop(self) -> None:
        """Look no more, after the look that may be on."""
        self._runs = False
        self._wake.close()
        self._collections.end()
        self._interrupter.remove()

    def answers_for(self, moment: float) -> float:
        """How long the thread really ran, or waited in a call, since `moment` of the steady clock."""
        return self._watch.answers_for(moment, time.monotonic(), self._clock.processor_seconds())

    # In the watchdog's thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while self._runs:
            is_due = self._look()
            _native_sleep(RETRY_SECONDS if is_due else LOOK_SECONDS)

    def _look(self) -> bool:
        """Whether somebody is to be interrupted who may be."""
        frame = sys._current_frames().get(self._hub.thread_ident)
        if frame is None or not self._runs:
            return False
        holder, raised = holder_of(frame), self._interrupter.raised
        verdict = self._watch.look(
            Look(
                wall=time.monotonic(),
                processor=self._clock.processor_seconds(),
                turns=self._hub.loop.iteration,
                holder=holder,
                is_idle=is_hub(frame),
                sleeps=self._clock.sleeps(),
                collecting=self._collections.seconds,
                raised=raised,
            )
        )
        if verdict.report:
            self._report(holder, verdict, stack_of(frame))
        # Not a moment longer: it keeps everything in it alive.
        del frame
        if verdict.interrupt and holder is not None:
            self._interrupter.request(holder, verdict.held_seconds, raised)
        self._pulse(_blocked(holder, verdict))
        return verdict.interrupt and holder is not None and holder.cell.actor_class.may_be_interrupted

    def _report(self, holder: Holder | None, verdict: Verdict, stack: str) -> None:
        report = StuckReport(
            None if holder is None else holder.cell,
            None if holder is None else holder.incarnation,
            None if holder is None else holder.message_type,
            verdict.stretch_seconds,
            stack,
            verdict.catches,
        )
        self._tell(report)
        if holder is not None and self._runs:
            self._news.append(report)
            self._wake.send()

    # In the hub -----------------------------------------------------------------------------------------

    def _hand_on(self) -> None:
        while self._news:
            report = self._news.popleft()
            if report.cell is not None:
                report.cell.system.was_stuck(report)


def _blocked(holder: Holder | None, verdict: Verdict) -> Blocked | None:
    if verdict.is_freed or not verdict.stretch_seconds:
        return None
    path = None if holder is None else holder.path
    return Blocked(verdict.stretch_seconds, path, holder.message_type if holder else None, verdict.is_unready)


class _Collections:
    """Time that garbage collection took. Collections run in the thread that made the garbage, here mostly
    one."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def begin(self) -> None:
        gc.callbacks.append(self._note)

    def end(self) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, _facts: dict[str, Any]) -> None:
        if phase == "start":
            self._since = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._since

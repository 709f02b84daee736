"""What becomes of a child that failed and whose restart type says: again.

Two limits meet here. A child with a budget of its own is judged by that alone; every other
child counts in the restart window of its supervisor. Either way the pace is the child's
back-off. Pure: time, window and random source are given.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.intensity import RestartWindow
from supervisors.records import Decision

_WHEN_USED_UP = {
    GiveUp.ESCALATE: Decision.ESCALATE,
    GiveUp.STOP: Decision.STOP,
    GiveUp.QUARANTINE: Decision.QUARANTINE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, the seconds until the next start, and the new count of failures in a row."""

    decision: Decision
    delay_seconds: float
    failures: int


def judge(
    failures: int,
    uptime_seconds: float,
    *,
    backoff: Backoff,
    budget: Budget | None,
    window: RestartWindow,
    now: float,
    source: random.Random,
) -> Verdict:
    """Decide about a child that failed after `uptime_seconds`, and `failures` times in a row before."""
    before = backoff.failures_after(failures, uptime_seconds)
    if budget is not None:
        if budget.is_used_up(before):
            delay = budget.probe_seconds if budget.then is GiveUp.QUARANTINE else 0.0
            return Verdict(_WHEN_USED_UP[budget.then], delay, before + 1)
    elif not window.allows(now):
        return Verdict(Decision.ESCALATE, 0.0, before + 1)
    delay = backoff.delay(before, source)
    return Verdict(Decision.RESTART_LATER if delay else Decision.RESTART_NOW, delay, before + 1)

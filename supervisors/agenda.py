"""What an engine has decided and not handed out yet: its actions, and the timers it waits for.

Timers are numbers that are used once, so a timer that fires late, after it was cancelled or replaced,
is simply unknown. One timer may stand for many children (a pool that ends has one for each
limit, not ten thousand).
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Sequence

from supervisors.actions import Action, CancelTimer, Note, Reply, SetTimer
from supervisors.calls import Answer
from supervisors.children import Child
from supervisors.errors import SupervisionError
from supervisors.records import Decision, LogEvent
from wyld_actors import ExitReason


class Due(enum.Enum):
    """What a timer is for."""

    RESTART = "restart"
    RETRY = "retry"
    STOP_LIMIT = "stop_limit"
    KILL_LIMIT = "kill_limit"
    DEADLINE = "deadline"


class Agenda:
    """Actions to hand out, in order, and timers to wait for."""

    __slots__ = ("_actions", "_numbers", "_timers")

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self._timers: dict[int, tuple[Due, tuple[Child, ...]]] = {}
        self._numbers = itertools.count(1)

    def add(self, action: Action) -> None:
        """Do this after all that was added before."""
        self._actions.append(action)

    def take(self) -> list[Action]:
        """Hand out what there is."""
        taken, self._actions = self._actions, []
        return taken

    def reply(self, tokens: Sequence[int], result: Answer | SupervisionError) -> None:
        """Answer all calls of `tokens` with the same."""
        self._actions.extend(Reply(token, result) for token in tokens)

    def set_timer(self, due: Due, children: Sequence[Child], seconds: float) -> int:
        """Wait; a single child remembers the timer as its own."""
        timer = next(self._numbers)
        self._timers[timer] = (due, tuple(children))
        if len(children) == 1:
            children[0].timer = timer
        self._actions.append(SetTimer(timer, max(seconds, 0.0)))
        return timer

    def cancel_timer(self, timer: int | None) -> None:
        """Stop waiting. None, or a timer that is over, is no error."""
        if timer is not None and self._timers.pop(timer, None) is not None:
            self._actions.append(CancelTimer(timer))

    def cancel_timer_of(self, child: Child) -> None:
        """Stop waiting for the child's own timer."""
        self.cancel_timer(child.timer)
        child.timer = None

    def fired(self, timer: int) -> tuple[Due | None, tuple[Child, ...]]:
        """What a timer was for, and for whom; None when nobody waits for it any more."""
        due, children = self._timers.pop(timer, (None, ()))
        for child in children:
            if child.timer == timer:
                child.timer = None
        return due, children

    def note(
        self,
        event: LogEvent,
        child: Child | None,
        decision: Decision = Decision.NONE,
        *,
        reason: ExitReason | None = None,
        uptime: float | None = None,
        down_seconds: float | None = None,
        delay: float | None = None,
        group: tuple[str, ...] = (),
        restarts: int = 0,
        cause: object = None,
    ) -> None:
        """Let this be written down, about `child` or about the supervisor itself."""
        self._actions.append(
            Note(
                event,
                None if child is None else child.id,
                decision,
                incarnation=0 if child is None else child.incarnation,
                reason=reason,
                consecutive=0 if child is None else child.failures,
                uptime_seconds=uptime,
                down_seconds=down_seconds,
                delay_seconds=delay,
                group=group,
                restarts_in_window=restarts,
                restart_type=None if child is None else child.spec.restart.value,
                cause=cause,
            )
        )

"""The rules of a dynamic supervisor: any number of children, no order. Pure, see `engine_core`.

Elixir's DynamicSupervisor: children come by call only, each with its own id; one that is not to be
restarted is forgotten with its specification; all are stopped at once. Made for sessions and world
entities, so every event costs the same with ten children and with a hundred thousand.

One thing is ours: children are judged by a budget of their own by default, so one broken child never uses
up the patience for all.
"""

from __future__ import annotations

import random
from typing import Final

from supervisors.actions import Announce, Forget
from supervisors.agenda import Due
from supervisors.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ApplyChange,
    Changes,
    DeleteChild,
    Done,
    LimitReached,
    NotFound,
    NotSupported,
    RestartChild,
    StartChild,
    Status,
    TerminateChild,
)
from supervisors.changing import PoolChange
from supervisors.children import Call, Child, Purpose
from supervisors.engine_core import EngineCore, Phase
from supervisors.errors import InvalidSpec
from supervisors.intensity import RestartWindow
from supervisors.specs import DynamicFlags, Shutdown
from wyld_actors import ExitReason

_NO_SIBLINGS: Final[tuple[str, ...]] = ()


class DynamicEngine(EngineCore):
    """A supervisor of children that come and go."""

    def __init__(
        self, flags: DynamicFlags, template: object = None, *, source: random.Random | None = None
    ) -> None:
        """`template` is kept for the actor around this engine, which makes specifications of it."""
        super().__init__(
            RestartWindow(flags.max_restarts, flags.max_seconds),
            on_give_up=flags.on_give_up,
            default_budget=flags.child_budget,
            max_concurrent_restarts=flags.max_concurrent_restarts,
            source=source or random.Random(),
        )
        self.flags = flags
        self.template = template

    def preview(self, change: PoolChange) -> Changes:
        """What `ApplyChange(change)` would do."""
        return Changes(
            has_new_flags=change.flags not in (None, self.flags),
            has_new_template=change.template not in (None, self.template),
        )

    def _change(self, change: PoolChange) -> Changes:
        changes = self.preview(change)
        self.template = change.template or self.template
        self.flags = change.flags or self.flags
        self._on_give_up = self.flags.on_give_up
        self._default_budget = self.flags.child_budget
        self._window.change(self.flags.max_restarts, self.flags.max_seconds)
        self._line.limit = self.flags.max_concurrent_restarts
        return changes

    def _begin(self, now: float) -> None:
        self.phase = Phase.RUNNING
        self._agenda.add(Announce())

    def _is_doomed(self, child: Child) -> bool:
        return False

    def _group(self, child: Child) -> tuple[str, ...]:
        return _NO_SIBLINGS

    # Restarts, a few at a time -----------------------------------------------------------------------

    def _restart(self, child: Child, delay: float, now: float, *, is_retry: bool) -> None:
        if delay or is_retry:
            self._wait(child, Status.RESTARTING, Due.RETRY, delay)
        else:
            self._line_up(child)

    def _delay_is_over(self, child: Child, now: float, *, is_retry: bool) -> None:
        self._line_up(child)

    # What becomes of a child ---------------------------------------------------------------------------

    def _after_start(self, child: Child, now: float) -> None:
        pass

    def _after_stop(self, child: Child, reason: ExitReason, now: float) -> None:
        self._remove(child)

    def _first_start_failed(self, child: Child, reason: ExitReason, now: float) -> None:
        self._remove(child)

    def _is_not_wanted(self, child: Child, now: float) -> None:
        self._remove(child)

    def _left_alone(self, child: Child, reason: ExitReason, now: float) -> None:
        self._remove(child)

    def _gave_up_on(self, child: Child, now: float) -> None:
        if child.status is not Status.QUARANTINED:
            self._remove(child)

    def _remove(self, child: Child) -> None:
        child.status = Status.STOPPED
        self._agenda.cancel_timer_of(child)
        if self.children.get(child.id) is child:
            del self.children[child.id]
            self._agenda.add(Forget(child.id))

    def _stop_children(self, now: float) -> None:
        by_limit: dict[float | Shutdown | None, list[Child]] = {}
        for child in self.children.values():
            if child.status in (Status.STARTING, Status.RUNNING):
                by_limit.setdefault(child.spec.shutdown, []).append(child)
        for limit, children in by_limit.items():
            self._stop(children, limit, now)

    # Calls -------------------------------------------------------------------------------------------

    def _life_call(self, token: int, call: Call, now: float) -> None:
        if isinstance(call, StartChild):
            self._start_child(token, call)
        elif isinstance(call, ApplyChange) and isinstance(call.change, PoolChange):
            self._agenda.reply((token,), self._change(call.change))
        elif isinstance(call, RestartChild | DeleteChild | ApplyChange):
            self._agenda.reply((token,), NotSupported(type(call).__name__))
        else:
            self._terminate_child(token, call, now)

    def _start_child(self, token: int, call: StartChild) -> None:
        spec = call.spec
        known = self.children.get(spec.id)
        limit = self.flags.max_children
        if known is not None:
            if known.status is Status.RUNNING:
                self._agenda.reply((token,), AlreadyStarted(spec.id))
            elif known.is_live:
                known.add_call(token, call)
            else:
                self._agenda.reply((token,), AlreadyPresent(spec.id))
        elif limit is not None and len(self.children) >= limit:
            self._agenda.reply((token,), LimitReached(limit))
        else:
            self._add(token, call)

    def _add(self, token: int, call: StartChild) -> None:
        try:
            self.flags.check(call.spec)
        except InvalidSpec as error:
            self._agenda.reply((token,), error)
            return
        child = self.children[call.spec.id] = Child(call.spec, Purpose.API_START)
        child.add_starter(token)
        self._start(child)

    def _terminate_child(self, token: int, call: TerminateChild, now: float) -> None:
        child = self.children.get(call.id)
        if child is None:
            self._agenda.reply((token,), NotFound(call.id))
        elif child.is_live:
            child.add_stopper(token)
            if child.status is not Status.STOPPING:
                self._stop((child,), child.spec.shutdown, now)
        else:
            self._remove(child)
            self._agenda.reply((token,), Done())

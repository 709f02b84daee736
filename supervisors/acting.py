"""The actor around an engine: it reports what happened, and performs what the engine decided (`performing`).

Thin on purpose: no rule of supervision is here. A child's end or start, a timer, a call from outside: each is
one message, one method of the engine, and the list of actions that comes back.

A supervisor below another one is up when its whole subtree is: it tells so by `SubtreeStarted`, for
which its parent waits instead of the runtime's ChildStarted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from supervisors.calls import (
    ApplyChange,
    Changes,
    ChildCounts,
    ChildEntry,
    CountChildren,
    DeleteChild,
    GetChildSpec,
    NotFound,
    NotSupported,
    PreviewChange,
    RestartChild,
    StartChild,
    StopSupervisor,
    TerminateChild,
    WhichChild,
    WhichChildren,
)
from supervisors.changing import Change, PoolChange
from supervisors.children import LIVE, Call
from supervisors.dynamic_engine import DynamicEngine
from supervisors.engine import Engine
from supervisors.errors import InvalidSpec
from supervisors.performing import Performing, StartRefused, SubtreeStarted, TimerDue
from supervisors.services import Services
from supervisors.specs import ChildSpec
from wyld_actors import Cell, ChildAnswered, ChildExited, ChildStarted, Context, StopRequested, on
from wyld_actors.reasons import ExitKind, crash


class SupervisorActor(Performing):
    """Base of the static and the dynamic supervisor."""

    may_be_interrupted = False

    def __init__(self, services: Services | None, on_up: Callable[[], None] | None) -> None:
        super().__init__(services, on_up)
        self._last_call = 0

    def on_start(self) -> None:
        self._perform(self.engine.begin(self.ctx.now))

    # Events from the runtime ---------------------------------------------------------------------------

    @on(ChildStarted)
    def child_started(self, ctx: Context, started: ChildStarted) -> None:
        if not issubclass(started.cell.actor_class, SupervisorActor):
            self._is_up(ctx, started.cell)

    @on(SubtreeStarted)
    def subtree_started(self, ctx: Context, started: SubtreeStarted) -> None:
        if started.cell.incarnation == started.incarnation:
            self._is_up(ctx, started.cell)

    def _is_up(self, ctx: Context, cell: Cell) -> None:
        if self._cells.get(cell.name) is cell:
            self._perform(self.engine.child_up(cell.name, cell.incarnation, ctx.now))

    @on(ChildExited)
    def child_exited(self, ctx: Context, exited: ChildExited) -> None:
        cell = exited.cell
        if self._cells.get(cell.name) is cell:
            self._perform(
                self.engine.child_down(
                    cell.name,
                    exited.incarnation,
                    exited.reason,
                    uptime_seconds=exited.uptime_seconds,
                    now=ctx.now,
                    cause=exited,
                )
            )

    @on(ChildAnswered)
    def child_answered(self, ctx: Context, answered: ChildAnswered) -> None:
        cell = answered.cell
        if self._cells.get(cell.name) is cell:
            self._perform(
                self.engine.child_answered(cell.name, answered.incarnation, answered.asked_at, answered.at)
            )

    @on(StartRefused)
    def start_refused(self, ctx: Context, refused: StartRefused) -> None:
        reason = crash(ExitKind.START_FAILED, refused.error)
        self._perform(
            self.engine.child_down(refused.id, refused.incarnation, reason, uptime_seconds=0.0, now=ctx.now)
        )

    @on(TimerDue)
    def timer_due(self, ctx: Context, due: TimerDue) -> None:
        self._timers.pop(due.timer, None)
        self._perform(self.engine.timer_fired(due.timer, ctx.now))

    @on(StopRequested)
    def stop_requested(self, ctx: Context, request: StopRequested) -> None:
        self._perform(self.engine.shutdown(request.reason, request.deadline, ctx.now))

    # Calls ---------------------------------------------------------------------------------------------

    @on(StartChild, TerminateChild, RestartChild, DeleteChild, ApplyChange)
    def call(self, ctx: Context, call: Call) -> None:
        self._perform(self.engine.call(self._token(ctx), call, ctx.now))

    @on(PreviewChange)
    def preview_change(self, ctx: Context, question: PreviewChange) -> Changes | NotSupported | None:
        try:
            match self.engine, question.change:
                case (Engine() as engine, Change() as change):
                    return engine.preview(change)
                case (DynamicEngine() as pool, PoolChange() as change):
                    return pool.preview(change)
            return NotSupported(type(question).__name__)
        except InvalidSpec as error:
            ctx.defer_reply().fail(error)
            return None

    @on(StopSupervisor)
    def stop_supervisor(self, ctx: Context, stop: StopSupervisor) -> None:
        deadline = None if stop.limit_seconds is None else ctx.now + stop.limit_seconds
        self._perform(self.engine.shutdown(stop.reason, deadline, ctx.now, self._token(ctx)))

    @on(WhichChildren)
    def which_children(self, ctx: Context, _: WhichChildren) -> tuple[ChildEntry, ...]:
        return tuple(self._with_ref(entry) for entry in self.engine.which_children())

    @on(WhichChild)
    def which_child(self, ctx: Context, question: WhichChild) -> ChildEntry | NotFound:
        found = self.engine.which_child(question.id)
        return found if isinstance(found, NotFound) else self._with_ref(found)

    @on(CountChildren)
    def count_children(self, ctx: Context, _: CountChildren) -> ChildCounts:
        return self.engine.count_children()

    @on(GetChildSpec)
    def get_childspec(self, ctx: Context, question: GetChildSpec) -> ChildSpec | NotFound:
        return self.engine.get_childspec(question.id)

    def _token(self, ctx: Context) -> int:
        self._last_call += 1
        self._calls[self._last_call] = ctx.defer_reply()
        return self._last_call

    def _with_ref(self, entry: ChildEntry) -> ChildEntry:
        if entry.status not in LIVE:
            return entry
        return dataclasses.replace(entry, ref=self._cells[entry.id].ref)

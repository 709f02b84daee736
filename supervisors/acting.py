"""The actor around an engine: it performs what the engine decided, and reports what happened.

Thin on purpose: no rule of supervision is here. It never blocks: no ask, no join, no code of a child. A
child's end or start, a timer, a call from outside: each is one message, one method of the
engine, and the list of actions that comes back.

A supervisor below another one is up when its whole subtree is: it tells so by `SubtreeStarted`, for
which its parent waits instead of the runtime's ChildStarted.
"""

from __future__ import annotations

import dataclasses
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from supervisors.actions import (
    Abandon,
    Action,
    Announce,
    CancelTimer,
    End,
    Forget,
    Hold,
    Kill,
    Note,
    Purge,
    Redefine,
    Reply,
    Rest,
    SetTimer,
    Start,
    Stop,
)
from supervisors.calls import (
    AlreadyStarted,
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
    Started,
    StopSupervisor,
    TerminateChild,
    WhichChild,
    WhichChildren,
)
from supervisors.changing import Change, PoolChange
from supervisors.children import LIVE, Call
from supervisors.dynamic_engine import DynamicEngine
from supervisors.engine import Engine
from supervisors.errors import InvalidSpec, SupervisionError
from supervisors.recording import record_of
from supervisors.records import LogEvent
from supervisors.restart_log import RestartLog
from supervisors.specs import ChildSpec, Mail
from wyld_actors import (
    Actor,
    Cell,
    CellState,
    ChildAnswered,
    ChildExited,
    ChildStarted,
    Context,
    Mailbox,
    Message,
    NameTaken,
    StopRequested,
    Timer,
    on,
)
from wyld_actors import Reply as DeferredReply
from wyld_actors.reasons import ExitKind, crash

logger = logging.getLogger(__name__)

# Events after which somebody may miss an actor.
_HURTS: Final = frozenset(
    {
        LogEvent.CHILD_TERMINATED,
        LogEvent.START_ERROR,
        LogEvent.GAVE_UP,
        LogEvent.QUARANTINED,
        LogEvent.LEAKED,
    }
)

# A supervisor's calls are rare and small, but a burst of logins is not to be lost.
SUPERVISOR_MAILBOX: Final = Mailbox(limit=100_000)
# Shared by all who have said nothing about theirs.
_MAILBOX: Final = Mailbox()


@dataclass(frozen=True, slots=True)
class Services:
    """What every supervisor of a tree shares; the root hands it down."""

    log: RestartLog = field(default_factory=RestartLog)
    source: random.Random = field(default_factory=random.Random)
    wall_clock: Callable[[], float] = time.time
    affected: Callable[[Cell], Mapping[str, object]] | None = None
    """Who notices that this actor has ended, for the record: `{"players": 3, "room": "inn"}`.

    Called in the turn of a supervisor: must be quick and not wait; what it raises is logged."""


class SubtreeStarted(Message, frozen=True):
    """To the parent of a supervisor: everything below it is up."""

    cell: Cell
    incarnation: int


class TimerDue(Message, frozen=True):
    """To oneself: a timer of the engine has fired."""

    timer: int


class _StartRefused(Message, frozen=True):
    """To oneself: no cell could be made for this start."""

    id: str
    incarnation: int
    error: Exception


class SupervisorActor(Actor):
    """Base of the static and the dynamic supervisor."""

    may_be_interrupted = False

    engine: Engine | DynamicEngine

    def __init__(self, services: Services | None, on_up: Callable[[], None] | None) -> None:
        super().__init__()
        self.services = services or Services()
        self._on_up = on_up
        self._cells: dict[str, Cell] = {}
        self._redefined: dict[str, ChildSpec] = {}
        self._timers: dict[int, Timer] = {}
        self._calls: dict[int, DeferredReply] = {}
        self._last_call = 0

    @property
    def strategy_name(self) -> str:
        """Of a dynamic supervisor "dynamic": its children have no group."""
        return self.engine.flags.strategy.value if isinstance(self.engine, Engine) else "dynamic"

    @property
    def intensity(self) -> str:
        """The limit of restarts, as text."""
        return f"{self.engine.flags.max_restarts} in {self.engine.flags.max_seconds:g} s"

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

    @on(_StartRefused)
    def start_refused(self, ctx: Context, refused: _StartRefused) -> None:
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

    # Performing ----------------------------------------------------------------------------------------

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            _PERFORMERS[action.__class__](self, action)

    def _do_start(self, action: Start) -> None:
        try:
            cell = self._cells.get(action.id) or self._make_cell(action.id, action.spec)
        except NameTaken as error:
            # Somebody who is not supervised here has the address: a failed start like any other.
            incarnation = self.engine.children[action.id].incarnation
            self.ctx.cell.post_control(_StartRefused(action.id, incarnation, error))
        else:
            if (spec := self._redefined.pop(action.id, None)) is not None:
                cell.redefine(**self._definition(spec))
            cell.start()

    def _do_stop(self, action: Stop) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.stop(action.reason, action.deadline)

    def _do_kill(self, action: Kill) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.kill()

    def _do_abandon(self, action: Abandon) -> None:
        if (cell := self._cells.pop(action.id, None)) is not None:
            cell.abandon()

    def _do_hold(self, action: Hold) -> None:
        cell = self._cells.get(action.id)
        if cell is None:
            return
        if action.is_quarantined:
            cell.quarantine()
        else:
            cell.state = CellState.BACKOFF

    def _do_rest(self, action: Rest) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.refuse_mail()

    def _do_forget(self, action: Forget) -> None:
        self._redefined.pop(action.id, None)
        if (cell := self._cells.pop(action.id, None)) is not None:
            cell.discard()

    def _do_purge(self, action: Purge) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.purge_mail("its group was restarted")

    def _do_redefine(self, action: Redefine) -> None:
        self._redefined[action.id] = action.spec

    def _do_set_timer(self, action: SetTimer) -> None:
        self._timers[action.timer] = self.ctx.after(action.seconds, TimerDue(action.timer))

    def _do_cancel_timer(self, action: CancelTimer) -> None:
        if (timer := self._timers.pop(action.timer, None)) is not None:
            timer.cancel()

    def _do_reply(self, action: Reply) -> None:
        reply, result = self._calls.pop(action.token), action.result
        if isinstance(result, SupervisionError):
            reply.fail(result)
        elif isinstance(result, Started | AlreadyStarted):
            reply.set(dataclasses.replace(result, ref=self._cells[result.id].ref))
        else:
            reply.set(result)

    def _do_note(self, note: Note) -> None:
        own = self.ctx.path
        record = record_of(
            note,
            supervisor=own,
            path=own if note.id is None else f"{own}/{note.id}",
            cell=None if note.id is None else self._cells.get(note.id),
            time=self.services.wall_clock(),
            strategy=self.strategy_name,
            intensity=self.intensity,
            affected=self._affected(note),
        )
        self.services.log.write(record)

    def _affected(self, note: Note) -> Mapping[str, object]:
        cell = None if note.id is None else self._cells.get(note.id)
        if cell is None or self.services.affected is None or note.event not in _HURTS:
            return {}
        try:
            return self.services.affected(cell)
        except Exception:
            logger.exception("nobody can say who is affected by the end of %s", cell.path)
            return {}

    def _do_announce(self, _: Announce) -> None:
        cell = self.ctx.cell
        if self._on_up is not None:
            self._on_up()
        if cell.is_supervised and cell.parent is not None:
            cell.parent.post_control(SubtreeStarted(cell, cell.incarnation))

    def _do_end(self, action: End) -> None:
        self.ctx.stop(action.reason)

    # Cells ---------------------------------------------------------------------------------------------

    def _make_cell(self, id: str, spec: ChildSpec) -> Cell:
        cell: Cell = self.ctx.system.create_cell(name=id, parent=self.ctx.cell, **self._definition(spec))
        self._cells[id] = cell
        return cell

    def _definition(self, spec: ChildSpec) -> dict[str, Any]:
        is_supervisor = issubclass(spec.actor, SupervisorActor)
        default = SUPERVISOR_MAILBOX if is_supervisor else _MAILBOX
        return {
            "actor_class": spec.actor,
            "args": spec.args,
            "kwargs": {**spec.kwargs, "services": self.services} if is_supervisor else dict(spec.kwargs),
            "mailbox": spec.mailbox or default,
            "keep_mailbox": spec.mail is Mail.KEEP,
            "message_retries": spec.message_retries,
            "start_timeout_seconds": spec.start_timeout_seconds,
        }


_PERFORMERS: Final[dict[type, Callable[[SupervisorActor, Any], None]]] = {
    Start: SupervisorActor._do_start,
    Stop: SupervisorActor._do_stop,
    Kill: SupervisorActor._do_kill,
    Abandon: SupervisorActor._do_abandon,
    Hold: SupervisorActor._do_hold,
    Rest: SupervisorActor._do_rest,
    Forget: SupervisorActor._do_forget,
    Purge: SupervisorActor._do_purge,
    Redefine: SupervisorActor._do_redefine,
    SetTimer: SupervisorActor._do_set_timer,
    CancelTimer: SupervisorActor._do_cancel_timer,
    Reply: SupervisorActor._do_reply,
    Note: SupervisorActor._do_note,
    Announce: SupervisorActor._do_announce,
    End: SupervisorActor._do_end,
}

"""What static and dynamic supervisors have in common: the rules for one child, without an actor.

Events come in as method calls with the time, a list of actions goes out; nothing here waits, knows a
clock or touches an actor. The subclasses say who else is concerned and in which order.

The end of an incarnation is one of: expected (the child was told to stop), absorbed (the supervisor is
ending, or was about to stop it anyway), a start that failed or was not wanted, or a death. Ends that are
late or belong to an earlier incarnation are ignored. A stop is a request with a limit, then a kill, then
giving the child's address up as leaked, each step on a timer.

Restarts of single children stand in a `RestartLine`; not first starts, nor groups, which go
one by one anyway.

It is long, and one thing: what follows from an event, for a child in each of its states, reads as a whole.

Invariants: a child has at most one timer of its own; `_live` counts the children with an incarnation;
the engine ends exactly once, when it was told to and `_live` is 0.

Source: OTP supervisor (restart types, intensity, failures at start); docs/supervision-rules.md has the rules.
"""

from __future__ import annotations

import enum
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence

from supervisors.actions import Abandon, Action, End, Hold, Kill, Rest, Start, Stop
from supervisors.agenda import Agenda, Due
from supervisors.backoff import Budget
from supervisors.calls import ChildCounts, ChildEntry, Done, Ignored, NotFound, Started, StartFailed, Status
from supervisors.children import Call, Child, Purpose
from supervisors.deadlines import NEVER, Deadline
from supervisors.errors import GaveUp, SupervisorStopping
from supervisors.intensity import RestartWindow
from supervisors.records import Decision, LogEvent
from supervisors.restart_line import RestartLine
from supervisors.restart_types import is_expected_stop, is_logged, is_restarted
from supervisors.specs import ChildSpec, ChildType, OnGiveUp, Shutdown
from supervisors.verdicts import judge
from wyld_actors import SHUTDOWN, ExitKind, ExitReason

# What an end is called when the child does not come back for it.
_OUTCOMES = {Decision.QUARANTINE: LogEvent.QUARANTINED, Decision.STOP: LogEvent.GAVE_UP}
_SETTLED = frozenset(Status) - {Status.STARTING, Status.STOPPING}
AT_REST = frozenset({Status.STOPPED, Status.FINISHED, Status.IGNORED})


class Phase(enum.Enum):
    """Where the supervisor itself is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"


class EngineCore(ABC):
    """Rules for each child; see the module."""

    def __init__(
        self,
        window: RestartWindow,
        *,
        on_give_up: OnGiveUp,
        default_budget: Budget | None,
        max_concurrent_restarts: int,
        source: random.Random,
    ) -> None:
        self.children: dict[str, Child] = {}
        self.phase = Phase.STARTING
        self._window = window
        self._on_give_up = on_give_up
        self._default_budget = default_budget
        self._source = source
        self._agenda = Agenda()
        self._line = RestartLine(max_concurrent_restarts)
        self._live = 0
        self._end_reason = SHUTDOWN
        self._enders: list[int] = []
        self._deadline = NEVER
        self._deadline_timer: int | None = None

    # Events ----------------------------------------------------------------------------------------

    def begin(self, now: float) -> list[Action]:
        """The supervisor has come into being."""
        self._begin(now)
        return self._done()

    def child_up(self, id: str, incarnation: int, now: float) -> list[Action]:
        """The child has started."""
        child = self._current(id, incarnation)
        if child is not None and child.status is Status.STARTING:
            self._came_up(child, now)
        return self._done()

    def child_answered(self, id: str, incarnation: int, asked_at: float, at: float) -> list[Action]:
        """The child has handled its first message after a restart, at `at`, being asked at `asked_at`.

        Time in which it was up and nobody asked does not count: it would have answered.
        """
        child = self._current(id, incarnation)
        if child is not None and child.unanswered_since is not None:
            idle = max(asked_at - child.up_at, 0.0)
            self._agenda.note(LogEvent.ANSWERED, child, down_seconds=at - child.unanswered_since - idle)
            child.unanswered_since = None
        return self._done()

    def child_down(
        self,
        id: str,
        incarnation: int,
        reason: ExitReason,
        *,
        uptime_seconds: float,
        now: float,
        cause: object = None,
    ) -> list[Action]:
        """The child's incarnation is over. Whether its start was complete is known here."""
        child = self._current(id, incarnation)
        if child is None or not child.is_live:
            return []
        before = child.status
        self._left(child, now)
        if before is Status.STOPPING or self.phase is Phase.ENDING or self._is_doomed(child):
            self._note_stop(child, reason, uptime_seconds, cause)
            self._has_stopped(child, reason, now)
        elif before is Status.STARTING and reason.kind is ExitKind.IGNORED:
            self._start_ignored(child, reason, now)
        elif before is Status.STARTING:
            self._start_failed(child, reason, now, cause)
        else:
            self._died(child, reason, uptime_seconds, now, cause)
        return self._done()

    def timer_fired(self, timer: int, now: float) -> list[Action]:
        """A timer that was set is due."""
        due, children = self._agenda.fired(timer)
        stopping = [child for child in children if child.status is Status.STOPPING]
        if due is Due.STOP_LIMIT:
            self._kill([child for child in stopping if not child.was_killed], now)
        elif due is Due.KILL_LIMIT:
            for child in stopping:
                self._leaked(child, now)
        elif due is Due.DEADLINE:
            self._kill([child for child in self.children.values() if child.is_live], now)
        elif due is not None:
            self._delay_is_over(children[0], now, is_retry=due is Due.RETRY)
        return self._done()

    def call(self, token: int, call: Call, now: float) -> list[Action]:
        """Somebody asks for a change; the answer goes out as a Reply with this token."""
        self._answer_call(token, call, now)
        return self._done()

    def shutdown(
        self, reason: ExitReason, deadline: float | None, now: float, token: int | None = None
    ) -> list[Action]:
        """End all children in order, then the supervisor. Again with an earlier deadline: faster."""
        if token is not None:
            self._enders.append(token)
        if self.phase in (Phase.STARTING, Phase.RUNNING):
            self._end(reason, now, deadline)
        elif self.phase is Phase.ENDING and self._set_deadline(deadline, now):
            for child in self.children.values():
                if child.status is Status.STOPPING and not child.was_killed:
                    self._stop((child,), child.spec.shutdown, now)
        return self._done()

    # Questions -------------------------------------------------------------------------------------

    def which_children(self) -> tuple[ChildEntry, ...]:
        """All children, newest first."""
        return tuple(_entry(child) for child in reversed(self.children.values()))

    def which_child(self, id: str) -> ChildEntry | NotFound:
        """One child."""
        child = self.children.get(id)
        return NotFound(id) if child is None else _entry(child)

    def count_children(self) -> ChildCounts:
        """How many of each kind there are."""
        supervisors = sum(child.spec.type is ChildType.SUPERVISOR for child in self.children.values())
        total = len(self.children)
        return ChildCounts(total, self._live, supervisors, total - supervisors)

    def get_childspec(self, id: str) -> ChildSpec | NotFound:
        """One child's specification, complete."""
        child = self.children.get(id)
        return NotFound(id) if child is None else child.spec

    # What the subclasses decide ----------------------------------------------------------------------

    @abstractmethod
    def _begin(self, now: float) -> None: ...

    @abstractmethod
    def _life_call(self, token: int, call: Call, now: float) -> None: ...

    @abstractmethod
    def _is_doomed(self, child: Child) -> bool:
        """Whether the child was going to be stopped anyway."""

    @abstractmethod
    def _group(self, child: Child) -> tuple[str, ...]:
        """Ids of the siblings that are started again with the child, for the log."""

    @abstractmethod
    def _restart(self, child: Child, delay: float, now: float, *, is_retry: bool) -> None:
        """The child is to be started again after `delay`; a retry follows a failed restart."""

    @abstractmethod
    def _delay_is_over(self, child: Child, now: float, *, is_retry: bool) -> None: ...

    @abstractmethod
    def _after_start(self, child: Child, now: float) -> None:
        """The child has come up; what is next?"""

    @abstractmethod
    def _after_stop(self, child: Child, reason: ExitReason, now: float) -> None:
        """The child is down as was wanted; what becomes of it, and what is next?"""

    @abstractmethod
    def _first_start_failed(self, child: Child, reason: ExitReason, now: float) -> None:
        """A start that is not tried again has failed; what becomes of the child?"""

    @abstractmethod
    def _is_not_wanted(self, child: Child, now: float) -> None:
        """The child's own start said so; what becomes of it, and what is next?"""

    @abstractmethod
    def _left_alone(self, child: Child, reason: ExitReason, now: float) -> None:
        """The child ended and is not restarted by its type; what becomes of it?"""

    @abstractmethod
    def _gave_up_on(self, child: Child, now: float) -> None:
        """The child's budget is used up; what becomes of it?"""

    @abstractmethod
    def _stop_children(self, now: float) -> None:
        """The supervisor ends: begin to stop all."""

    # Starting ----------------------------------------------------------------------------------------

    def _start(self, child: Child) -> None:
        self._agenda.cancel_timer_of(child)
        child.status = Status.STARTING
        child.incarnation += 1
        child.was_killed = False
        child.is_by_hand = False
        self._live += 1
        self._agenda.add(Start(child.id, child.spec))

    def _came_up(self, child: Child, now: float) -> None:
        child.status = Status.RUNNING
        self._line.leave(child)
        if child.purpose is Purpose.AUTOMATIC and child.down_since is not None:
            self._agenda.note(LogEvent.RESTARTED, child, down_seconds=now - child.down_since)
            child.unanswered_since, child.up_at = child.down_since, now
        child.purpose = Purpose.AUTOMATIC
        child.down_since = None
        self._agenda.reply(child.take_starters(), Started(child.id))
        self._after_start(child, now)
        self._settled(child, now)

    def _start_ignored(self, child: Child, reason: ExitReason, now: float) -> None:
        self._agenda.note(LogEvent.IGNORED, child, Decision.LEAVE, reason=reason)
        child.status = Status.IGNORED
        self._agenda.reply(child.take_starters(), Ignored(child.id, reason.detail))
        self._is_not_wanted(child, now)
        self._settled(child, now)

    def _start_failed(self, child: Child, reason: ExitReason, now: float, cause: object) -> None:
        if child.purpose is Purpose.AUTOMATIC:
            self._decide(LogEvent.START_ERROR, child, reason, uptime=0.0, now=now, cause=cause)
            return
        decision = Decision.ESCALATE if child.purpose is Purpose.INITIAL else Decision.STOP
        self._agenda.note(LogEvent.START_ERROR, child, decision, reason=reason, cause=cause)
        child.status = Status.STOPPED
        child.is_by_hand = True
        self._agenda.reply(child.take_starters(), StartFailed(child.id, reason))
        self._first_start_failed(child, reason, now)
        self._settled(child, now)

    # Dying -------------------------------------------------------------------------------------------

    def _died(self, child: Child, reason: ExitReason, uptime: float, now: float, cause: object) -> None:
        restart = child.spec.restart
        if is_restarted(restart, reason):
            self._decide(LogEvent.CHILD_TERMINATED, child, reason, uptime=uptime, now=now, cause=cause)
            return
        if is_logged(restart, reason):
            self._agenda.note(
                LogEvent.CHILD_TERMINATED, child, Decision.LEAVE, reason=reason, uptime=uptime, cause=cause
            )
        self._left_alone(child, reason, now)
        self._settled(child, now)

    def _decide(
        self, event: LogEvent, child: Child, reason: ExitReason, *, uptime: float, now: float, cause: object
    ) -> None:
        verdict = judge(
            child.failures,
            uptime,
            backoff=child.spec.backoff,
            budget=child.spec.budget or self._default_budget,
            window=self._window,
            now=now,
            source=self._source,
        )
        child.failures = verdict.failures
        child.status = Status.STOPPED
        comes_back = verdict.decision in (Decision.RESTART_NOW, Decision.RESTART_LATER)
        self._agenda.note(
            _OUTCOMES.get(verdict.decision, event),
            child,
            verdict.decision,
            reason=reason,
            uptime=uptime,
            delay=verdict.delay_seconds or None,
            group=self._group(child) if comes_back else (),
            restarts=self._window.stamps,
            cause=cause,
        )
        if comes_back:
            self._restart(child, verdict.delay_seconds, now, is_retry=event is LogEvent.START_ERROR)
        elif verdict.decision is Decision.QUARANTINE:
            self._wait(child, Status.QUARANTINED, Due.RESTART, verdict.delay_seconds)
            self._gave_up_on(child, now)
        elif verdict.decision is Decision.STOP:
            child.is_by_hand = True
            self._agenda.reply(child.take_starters(), StartFailed(child.id, reason))
            self._gave_up_on(child, now)
        else:
            self._give_up(child, reason, now)
        self._settled(child, now)

    def _wait(self, child: Child, status: Status, due: Due, delay: float) -> None:
        child.status = status
        self._agenda.add(Hold(child.id, is_quarantined=status is Status.QUARANTINED))
        self._agenda.set_timer(due, (child,), delay)

    def _give_up(self, child: Child, reason: ExitReason, now: float) -> None:
        stamps = self._window.stamps
        error = GaveUp(child.id, child.failures, str(self._window), reason)
        abnormal = ExitReason(ExitKind.CRASH, error, str(error), reason.traceback)
        self._agenda.note(LogEvent.GAVE_UP, None, Decision.ESCALATE, reason=abnormal, restarts=stamps)
        self._end(abnormal if self._on_give_up is OnGiveUp.ABNORMAL else SHUTDOWN, now, None)

    # Stopping ----------------------------------------------------------------------------------------

    def _stop(self, children: Sequence[Child], limit: float | Shutdown | None, now: float) -> None:
        """Tell live children that have the same limit to end; they share one timer."""
        deadline = self._deadline.for_child(limit, now)
        if deadline is not None and deadline <= now:
            self._kill(children, now)
            return
        for child in children:
            self._agenda.cancel_timer_of(child)
            child.status = Status.STOPPING
            self._agenda.add(Stop(child.id, SHUTDOWN, deadline))
        if deadline is not None:
            self._agenda.set_timer(Due.STOP_LIMIT, children, deadline - now)

    def _kill(self, children: Sequence[Child], now: float) -> None:
        for child in children:
            self._agenda.cancel_timer_of(child)
            child.status = Status.STOPPING
            child.was_killed = True
            self._agenda.add(Kill(child.id))
        if children:
            self._agenda.set_timer(Due.KILL_LIMIT, children, self._deadline.kill_grace(now))

    def _leaked(self, child: Child, now: float) -> None:
        reason = ExitReason(ExitKind.KILLED, detail="it survived its kill and was left behind")
        self._agenda.note(LogEvent.LEAKED, child, Decision.ABANDON, reason=reason)
        self._agenda.add(Abandon(child.id))
        self._left(child, now)
        # Its next incarnation, if there is one, gets a new cell and is counted from 1 again.
        child.incarnation = 0
        self._has_stopped(child, reason, now)

    def _left(self, child: Child, now: float) -> None:
        """Bookkeeping for the end of an incarnation, before anybody decides."""
        self._agenda.cancel_timer_of(child)
        self._line.leave(child)
        child.unanswered_since = None
        self._live -= 1
        if child.status is Status.RUNNING or child.down_since is None:
            child.down_since = now

    def _note_stop(self, child: Child, reason: ExitReason, uptime: float, cause: object) -> None:
        by_spec = child.spec.shutdown is Shutdown.BRUTAL_KILL and child.was_killed
        if not is_expected_stop(child.spec.restart, reason, was_killed_by_spec=by_spec):
            self._agenda.note(
                LogEvent.SHUTDOWN_ERROR, child, Decision.STOP, reason=reason, uptime=uptime, cause=cause
            )

    def _has_stopped(self, child: Child, reason: ExitReason, now: float) -> None:
        child.status = Status.STOPPED
        self._after_stop(child, reason, now)
        if child.status is Status.STOPPED:
            self._agenda.reply(child.take_starters(), StartFailed(child.id, reason))
        self._agenda.reply(child.take_stoppers(), Done())
        self._settled(child, now)
        self._end_if_done()

    # Ending ------------------------------------------------------------------------------------------

    def _end(self, reason: ExitReason, now: float, deadline: float | None) -> None:
        self.phase = Phase.ENDING
        self._end_reason = reason
        self._line.clear()
        self._set_deadline(deadline, now)
        for child in self.children.values():
            if not child.is_live:
                self._agenda.cancel_timer_of(child)
                child.status = Status.STOPPED
            self._agenda.reply(child.take_starters(), SupervisorStopping("StartChild"))
            for token, call in child.take_calls():
                self._answer_call(token, call, now)
        self._stop_children(now)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self.phase is Phase.ENDING and self._live == 0:
            self.phase = Phase.ENDED
            self._agenda.cancel_timer(self._deadline_timer)
            self._agenda.reply(self._enders, Done())
            self._agenda.add(End(self._end_reason))

    def _set_deadline(self, deadline: float | None, now: float) -> bool:
        """Take `deadline` for the whole end, if it is earlier than what holds."""
        if deadline is None or deadline >= self._deadline.end_by:
            return False
        self._deadline = Deadline.at(deadline, now)
        self._agenda.cancel_timer(self._deadline_timer)
        self._deadline_timer = self._agenda.set_timer(Due.DEADLINE, (), self._deadline.kill_at - now)
        return True

    # Small parts -------------------------------------------------------------------------------------

    def _done(self) -> list[Action]:
        """The event is dealt with: let restarts that stand in line use the places that are free now."""
        self._line.serve(self._start)
        return self._agenda.take()

    def _line_up(self, child: Child) -> None:
        child.status = Status.WAITING
        self._line.join(child)

    def _current(self, id: str, incarnation: int) -> Child | None:
        child = self.children.get(id)
        return child if child is not None and child.incarnation == incarnation else None

    def _answer_call(self, token: int, call: Call, now: float) -> None:
        if self.phase in (Phase.STARTING, Phase.RUNNING):
            self._life_call(token, call, now)
        else:
            self._agenda.reply((token,), SupervisorStopping(type(call).__name__))

    def _settled(self, child: Child, now: float) -> None:
        """Run the calls again that met the child half way."""
        if child.calls and child.status in _SETTLED:
            for token, call in child.take_calls():
                self._answer_call(token, call, now)
        self._rests(child)

    def _rests(self, child: Child) -> None:
        """Let nobody wait for a child that is down and stays down."""
        if child.status in AT_REST and self.phase in (Phase.STARTING, Phase.RUNNING):
            self._agenda.add(Rest(child.id))


def _entry(child: Child) -> ChildEntry:
    return ChildEntry(child.id, child.status, child.spec.type, child.spec.actor)

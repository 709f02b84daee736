"""The rules of a static supervisor: children in an order, three strategies. Pure, see `engine_core`.

Everything that has an order goes through two lists. `_to_stop` is emptied from its end, one child at
a time; only when it is empty `_to_start` is taken from its front, one child at a time, each after the one
before it is up. The initial start, a group restart and the end of the supervisor are all nothing but
entries in these lists, and a new group restart in the middle of another merges into them. Under
one_for_one a restart concerns nobody else and goes past the lists.

Mail that waits for a group is given up when the last of those that were to stop is down: all that the old
incarnations told each other is there by then, and what comes later is meant for the new ones.

A group restart after a crash stops the siblings at once and starts them when the failed child's delay
is over. When a start in it fails, those that are up stay up until the retry, which plans anew: under
one_for_all everything is stopped and started again, under rest_for_one it goes on at the failed child.
"""

from __future__ import annotations

import dataclasses
import random
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from supervisors import strategies
from supervisors.actions import Announce, Forget, Purge, Redefine
from supervisors.agenda import Due
from supervisors.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ApplyChange,
    Changes,
    DeleteChild,
    Done,
    NotFound,
    NotSupported,
    RestartChild,
    Restarting,
    Running,
    StartChild,
    StartFailed,
    Status,
    TerminateChild,
)
from supervisors.changing import Added, Change, Unlisted, compare
from supervisors.children import Call, Child, Purpose
from supervisors.engine_core import AT_REST, EngineCore, Phase
from supervisors.errors import ChildStartFailed, InvalidSpec
from supervisors.intensity import RestartWindow
from supervisors.specs import AutoShutdown, ChildSpec, GroupMail, Restart, Strategy, SupervisorFlags
from wyld_actors import SHUTDOWN, ExitKind, ExitReason

# Ordered, and whether a child is in it costs the same with a hundred thousand.
_Order = OrderedDict[Child, None]

# Starts that nobody asked for: of the whole supervisor, or of a group.
_OF_THE_SUPERVISOR = frozenset({Purpose.INITIAL, Purpose.AUTOMATIC})
_ON_ITS_WAY = frozenset({Status.WAITING, Status.RESTARTING, Status.QUARANTINED})


class Engine(EngineCore):
    """A supervisor of a list of children. Raises InvalidSpec when flags and children do not fit."""

    def __init__(
        self, flags: SupervisorFlags, specs: Sequence[ChildSpec], *, source: random.Random | None = None
    ) -> None:
        flags.check_all(specs)
        super().__init__(
            RestartWindow(flags.max_restarts, flags.max_seconds),
            on_give_up=flags.on_give_up,
            default_budget=None,
            max_concurrent_restarts=flags.max_concurrent_restarts,
            source=source or random.Random(),
        )
        self.flags = flags
        self.children = {spec.id: Child(spec, Purpose.INITIAL) for spec in specs}
        self._to_stop: _Order = OrderedDict()
        self._to_start: _Order = OrderedDict()
        self._delayed: set[Child] = set()
        self._to_purge: list[Child] = []
        self._has_lost_significant = False

    def preview(self, change: Change) -> Changes:
        """What `ApplyChange(change)` would do. Raises InvalidSpec when it would be refused."""
        flags = change.flags or self.flags
        present = {id: child.spec for id, child in self.children.items() if not child.is_leaving}
        found = compare(dataclasses.replace(change, flags=flags), present)
        is_removing = change.unlisted is Unlisted.REMOVE
        order = [id for id in found.order if id in present]
        return Changes(
            added=found.added,
            changed=found.changed,
            removed=found.unlisted if is_removing else (),
            kept=() if is_removing else found.unlisted,
            has_new_flags=flags != self.flags,
            has_new_order=order != [id for id in present if id in order],
        )

    # Order -------------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        self._to_start = OrderedDict.fromkeys(self.children.values())
        self._advance(now)

    def _advance(self, now: float) -> None:
        """Do the next thing that is in order, if its turn has come."""
        while self._to_stop:
            last = next(reversed(self._to_stop))
            if last.is_live:
                if last.status is not Status.STOPPING:
                    self._stop((last,), last.spec.shutdown, now)
                return
            del self._to_stop[last]
        self._purge_mail()
        while self._to_start and self.phase in (Phase.STARTING, Phase.RUNNING):
            if self._waits_for_a_delay():
                return
            first = next(iter(self._to_start))
            if first.status is Status.WAITING:
                self._start(first)
            if first.status in (Status.STARTING, Status.STOPPING):
                return
            del self._to_start[first]
        if self.phase is Phase.STARTING:
            self.phase = Phase.RUNNING
            self._agenda.add(Announce())
            self._end_with_the_significant(now)

    def _end_with_the_significant(self, now: float) -> None:
        """Auto-shutdown. A supervisor comes up first: otherwise its start would count as failed."""
        if self._has_lost_significant and self.phase is Phase.RUNNING:
            self._has_lost_significant = False
            if self._is_over():
                self._end(SHUTDOWN, now, None)

    def _purge_mail(self) -> None:
        for child in self._to_purge:
            if not child.is_live and child.id in self.children:
                self._agenda.add(Purge(child.id))
        self._to_purge.clear()

    def _waits_for_a_delay(self) -> bool:
        """Whether a failed child holds up all that is to start in order."""
        held_up = {child for child in self._delayed if child.status is Status.RESTARTING}
        self._delayed = held_up & self._to_start.keys()
        return bool(self._delayed)

    def _in_order(self, children: Iterable[Child]) -> _Order:
        chosen = set(children)
        return OrderedDict.fromkeys(child for child in self.children.values() if child in chosen)

    def _is_doomed(self, child: Child) -> bool:
        return child in self._to_stop

    def _stop_children(self, now: float) -> None:
        self._to_start.clear()
        self._to_stop = OrderedDict.fromkeys(child for child in self.children.values() if child.is_live)
        self._advance(now)

    # Restarts ----------------------------------------------------------------------------------------

    def _plan(self, child: Child) -> strategies.Plan:
        siblings = [
            sibling.as_sibling(revive_stopped=self.flags.revive_stopped) for sibling in self.children.values()
        ]
        return strategies.plan(self.flags.strategy, siblings, child.id)

    def _group(self, child: Child) -> tuple[str, ...]:
        if self.flags.strategy is Strategy.ONE_FOR_ONE:
            return ()
        return tuple(id for id in self._plan(child).starts if id != child.id)

    def _restart(self, child: Child, delay: float, now: float, *, is_retry: bool) -> None:
        if is_retry:
            # Through a timer even without delay: calls and a shutdown must get in between.
            self._hold(child, Due.RETRY, delay)
            return
        if self.flags.strategy is not Strategy.ONE_FOR_ONE:
            self._regroup(child)
        if delay:
            self._hold(child, Due.RESTART, delay)
        elif self.flags.strategy is Strategy.ONE_FOR_ONE:
            self._line_up(child)
        self._advance(now)

    def _hold(self, child: Child, due: Due, delay: float) -> None:
        self._wait(child, Status.RESTARTING, due, delay)
        if child in self._to_start:
            self._delayed.add(child)

    def _regroup(self, child: Child) -> None:
        """Put the failed child's group into the two lists."""
        plan = self._plan(child)
        stops = (self.children[id] for id in plan.stops)
        starts = [self.children[id] for id in plan.starts]
        self._to_stop = self._in_order((*self._to_stop, *stops))
        self._to_start = self._in_order((*self._to_start, *starts))
        if plan.stops and self.flags.group_mail is GroupMail.PURGE:
            self._to_purge.extend(starts)
        for waiting in starts:
            if not waiting.is_live:
                self._agenda.cancel_timer_of(waiting)
                if waiting.status in AT_REST:
                    # Whoever tried to start it by hand before has had his answer.
                    waiting.purpose = Purpose.AUTOMATIC
                waiting.status = Status.WAITING

    def _delay_is_over(self, child: Child, now: float, *, is_retry: bool) -> None:
        if child.status is Status.QUARANTINED or self.flags.strategy is Strategy.ONE_FOR_ONE:
            self._line_up(child)
            return
        child.status = Status.WAITING
        if is_retry:
            self._regroup(child)
        self._advance(now)

    # What becomes of a child ---------------------------------------------------------------------------

    def _after_start(self, child: Child, now: float) -> None:
        self._advance(now)

    def _after_stop(self, child: Child, reason: ExitReason, now: float) -> None:
        if child.is_leaving:
            self._remove(child)
        elif child in self._to_start:
            child.status = Status.WAITING
        elif child.spec.restart is Restart.TEMPORARY and self.phase is not Phase.ENDING:
            self._remove(child)
        self._advance(now)

    def _first_start_failed(self, child: Child, reason: ExitReason, now: float) -> None:
        if child.purpose is Purpose.INITIAL:
            error = ChildStartFailed(child.id, reason)
            failure = ExitReason(ExitKind.START_FAILED, error, str(error), reason.traceback)
            self._end(failure, now, None)
        elif child.purpose is Purpose.API_START:
            self._remove(child)
        self._advance(now)

    def _is_not_wanted(self, child: Child, now: float) -> None:
        if child.spec.restart is Restart.TEMPORARY:
            self._remove(child)
        self._advance(now)

    def _left_alone(self, child: Child, reason: ExitReason, now: float) -> None:
        if child.spec.restart is Restart.TEMPORARY:
            self._remove(child)
        else:
            child.status = Status.FINISHED
        self._has_lost_significant |= child.spec.significant
        self._end_with_the_significant(now)
        self._advance(now)

    def _gave_up_on(self, child: Child, now: float) -> None:
        self._has_lost_significant |= child.spec.significant and child.status is Status.STOPPED
        self._end_with_the_significant(now)
        self._advance(now)

    def _is_over(self) -> bool:
        """Whether the end of a significant child is the end of its supervisor."""
        if self.flags.auto_shutdown is AutoShutdown.ANY_SIGNIFICANT:
            return True
        return self.flags.auto_shutdown is AutoShutdown.ALL_SIGNIFICANT and not any(
            child.spec.significant and child.status not in AT_REST for child in self.children.values()
        )

    def _remove(self, child: Child) -> None:
        child.status = Status.STOPPED
        if self.children.get(child.id) is child:
            del self.children[child.id]
            self._agenda.add(Forget(child.id))

    # Calls -------------------------------------------------------------------------------------------

    def _life_call(self, token: int, call: Call, now: float) -> None:
        if isinstance(call, StartChild):
            self._start_child(token, call, now)
            return
        if isinstance(call, ApplyChange):
            if isinstance(call.change, Change):
                self._change(token, call.change, now)
            else:
                self._agenda.reply((token,), NotSupported(type(call).__name__))
            return
        child = self.children.get(call.id)
        if child is None:
            self._agenda.reply((token,), NotFound(call.id))
        elif isinstance(call, TerminateChild):
            self._terminate_child(token, child, now)
        elif child.is_live and child.status is not Status.RUNNING:
            child.add_call(token, call)
        elif child.status is Status.RUNNING:
            self._agenda.reply((token,), Running(child.id))
        elif child.status in _ON_ITS_WAY:
            self._agenda.reply((token,), Restarting(child.id))
        elif isinstance(call, DeleteChild):
            self._remove(child)
            self._agenda.reply((token,), Done())
        elif isinstance(call, RestartChild):
            self._restart_child(token, child, now)

    def _restart_child(self, token: int, child: Child, now: float) -> None:
        child.purpose = Purpose.API_RESTART
        child.add_starter(token)
        first = next(iter(self._to_start), None)
        if self._to_stop or (first is not None and first.purpose in _OF_THE_SUPERVISOR):
            self._start_in_turn(child, now)
        else:
            # What others have added by call, and what is slow to start, is no reason to wait.
            self._start(child)

    def _start_child(self, token: int, call: StartChild, now: float) -> None:
        spec = call.spec
        known = self.children.get(spec.id)
        if known is None:
            try:
                self.flags.check(spec)
            except InvalidSpec as error:
                self._agenda.reply((token,), error)
                return
            child = self.children[spec.id] = Child(spec, Purpose.API_START)
            child.add_starter(token)
            self._start_in_turn(child, now)
        elif known.status is Status.RUNNING:
            self._agenda.reply((token,), AlreadyStarted(spec.id))
        elif known.is_live:
            known.add_call(token, call)
        else:
            self._agenda.reply((token,), AlreadyPresent(spec.id))

    def _start_in_turn(self, child: Child, now: float) -> None:
        """Behind those that are being stopped or started in order, so that the order is true."""
        if not self._to_stop and self._waits_for_a_delay():
            # The order stands still for a failed child: a call need not wait for that.
            self._start(child)
            return
        child.status = Status.WAITING
        self._to_start[child] = None
        self._advance(now)

    def _terminate_child(self, token: int, child: Child, now: float) -> None:
        if child.status is Status.RESTARTING and child in self._to_start:
            self._call_off_group()
        self._to_start.pop(child, None)
        if child.is_live:
            child.is_by_hand = True
            child.add_stopper(token)
            if child.status is not Status.STOPPING:
                self._stop((child,), child.spec.shutdown, now)
            return
        self._agenda.cancel_timer_of(child)
        child.status = Status.STOPPED
        child.is_by_hand = True
        # Whoever asked for a start whose turn had not come yet hears that it will not come.
        called_off = ExitReason(ExitKind.SHUTDOWN, detail="terminated before its turn to start")
        self._agenda.reply(child.take_starters(), StartFailed(child.id, called_off))
        self._rests(child)
        if child.spec.restart is Restart.TEMPORARY:
            self._remove(child)
        self._agenda.reply((token,), Done())
        self._advance(now)

    def _call_off_group(self) -> None:
        """OTP: a queued retry that finds its child stopped does nothing, and the rest stays down."""
        for sibling in [child for child in self._to_start if child.purpose is Purpose.AUTOMATIC]:
            del self._to_start[sibling]
            sibling.status = Status.STOPPED
            self._rests(sibling)

    # Change of the configuration ---------------------------------------------------------------------

    def _change(self, token: int, change: Change, now: float) -> None:
        try:
            changes = self.preview(change)
        except InvalidSpec as error:
            self._agenda.reply((token,), error)
            return
        self._agenda.reply((token,), changes)
        self.flags = change.flags or self.flags
        self._on_give_up = self.flags.on_give_up
        self._window.change(self.flags.max_restarts, self.flags.max_seconds)
        self._line.limit = self.flags.max_concurrent_restarts
        for spec in change.children:
            self._take_spec(spec)
        self._reorder([spec.id for spec in change.children])
        for id in changes.removed:
            self._let_go(self.children[id])
        for child in [self.children[id] for id in changes.added] if change.added is Added.START else ():
            self._to_start[child] = None
            if not child.is_live:
                child.status = Status.WAITING
        self._to_stop = self._in_order(self._to_stop)
        self._to_start = self._in_order(self._to_start)
        self._advance(now)

    def _take_spec(self, spec: ChildSpec) -> None:
        child = self.children.get(spec.id)
        if child is None:
            self.children[spec.id] = Child(spec, Purpose.API_RESTART, Status.STOPPED, is_by_hand=True)
        elif child.is_leaving:
            # It is on its way down, and comes back as if it were new.
            child.is_leaving = False
            child.purpose = Purpose.API_RESTART
            child.spec = spec
            self._agenda.add(Redefine(spec.id, spec))
        elif child.spec != spec:
            child.spec = spec
            self._agenda.add(Redefine(spec.id, spec))

    def _reorder(self, listed: Sequence[str]) -> None:
        self.children = {id: self.children[id] for id in dict.fromkeys((*listed, *self.children))}

    def _let_go(self, child: Child) -> None:
        self._to_start.pop(child, None)
        if child.is_live:
            child.is_leaving = child.is_by_hand = True
            self._to_stop[child] = None
            return
        self._agenda.cancel_timer_of(child)
        gone = ExitReason(ExitKind.SHUTDOWN, detail="removed by a change of its supervisor")
        self._agenda.reply(child.take_starters(), StartFailed(child.id, gone))
        self._remove(child)

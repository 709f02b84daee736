"""The part of an actor that lasts: place in the tree, mailbox, history and life cycle.

A cell is made once and runs any number of *incarnations*, one Pykka actor object after the other (the
states are drawn in `states.py`). References point to the cell, so they stay good across a crash.

Life cycle calls are asynchronous and happen on the thread of the system's hub. The parent of a
supervised cell hears of every incarnation exactly once that it started (ChildStarted) and once
that it ended (ChildExited), and decides what comes next. A cell that nobody supervises is discarded
as soon as its incarnation ends.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wyld_actors.dispatcher import Worker
from wyld_actors.errors import ActorDeadError, ActorKilled, NameTaken, WrongState
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.messages import ChildExited, ChildStarted, Exited, StopRequested
from wyld_actors.postbox import PostBox
from wyld_actors.reasons import NORMAL, SHUTDOWN, ExitKind, ExitReason, crash
from wyld_actors.ref import Ref
from wyld_actors.seam import expire, handle, run_hook
from wyld_actors.states import LIVE, NOT_YET_ENDED, CellState

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.context import Timer
    from wyld_actors.system import ActorSystem

__all__ = ["Cell", "Watcher"]


class Watcher(Protocol):
    """Somebody who wants to know when a cell is gone for good."""

    def deliver(self, exited: Exited, /) -> None:
        """Called once."""


class Cell(PostBox):
    """One place in the tree of actors. Made by `ActorSystem.create_cell`."""

    # A hundred thousand cells: slots, and nothing is allocated before it is needed.
    __slots__ = (
        "__weakref__",
        "_args",
        "_keep_mailbox",
        "_kwargs",
        "_registrations",
        "_watchers",
        "actor_class",
        "busy_since",
        "children",
        "good_state",
        "handled",
        "incarnation",
        "instance",
        "is_supervised",
        "kill_reason",
        "name",
        "parent",
        "start_timeout_seconds",
        "started_at",
        "timers",
        "waiting_for",
        "worker",
    )

    def __init__(
        self,
        system: ActorSystem,
        actor_class: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str,
        parent: Cell | None,
        mailbox: Mailbox,
        keep_mailbox: bool,
        is_supervised: bool,
        start_timeout_seconds: float | None,
        state: Any,
    ) -> None:
        super().__init__(system, mailbox)
        self.actor_class = actor_class
        self.name = name
        self.parent = parent
        self.is_supervised = is_supervised
        self.start_timeout_seconds = start_timeout_seconds
        self.incarnation = 0
        self.instance: Actor | None = None
        self.good_state = state
        self.children: dict[str, Cell] | None = None
        self.timers: set[Timer] | None = None
        self.worker: Worker | None = None
        self.waiting_for: Cell | None = None
        self.kill_reason: ExitReason | None = None
        self.started_at = 0.0
        self.busy_since: float | None = None
        self.handled = 0
        self._args = args
        self._kwargs = kwargs or None
        self._keep_mailbox = keep_mailbox
        self._watchers: list[Watcher] | None = None
        self._registrations: list[tuple[str, bool]] | None = None
        self.actor_ref = Ref(self)
        siblings = self._siblings()
        if name in siblings:
            raise NameTaken(self.path)
        siblings[name] = self

    def __repr__(self) -> str:
        return f"<Cell {self.path} {self.state.value} incarnation {self.incarnation}>"

    @property
    def ref(self) -> Ref:
        """The reference that others may keep for as long as they like."""
        return self.actor_ref

    @property
    def path(self) -> str:
        """Names from the root, such as `/world/zones/harbour/npc:innkeeper`."""
        parts = [self.name]
        above = self.parent
        while above is not None:
            parts.append(above.name)
            above = above.parent
        return "/" + "/".join(reversed(parts))

    @property
    def is_alive(self) -> bool:
        """Whether mail will be handled some day: now, or by a next incarnation."""
        if self.is_supervised:
            return self.state is not CellState.DISCARDED
        return self.state in NOT_YET_ENDED and self.kill_reason is None

    def child_table(self) -> dict[str, Cell]:
        """The children by name, in order of creation."""
        if self.children is None:
            self.children = {}
        return self.children

    def _siblings(self) -> dict[str, Cell]:
        return self.system.roots if self.parent is None else self.parent.child_table()

    # For parents and supervisors --------------------------------------------------------------------

    def start(self) -> None:
        """Begin the next incarnation. `__init__` and `on_start` run in the actor's own turn.

        The parent gets ChildStarted, or ChildExited with `started=False`. Raises WrongState while
        an incarnation is alive, or when the cell is discarded.
        """
        if self.state in LIVE or self.state is CellState.DISCARDED:
            raise WrongState(self.path, "start", self.state.value)
        self._next_incarnation()

    def adopt(self, instance: Actor) -> None:
        """Begin with an instance whose `__init__` has run in the caller, as Pykka's `start` does."""
        self.instance = instance
        self._next_incarnation()

    def stop(self, reason: ExitReason = SHUTDOWN, deadline: float | None = None) -> None:
        """End the incarnation after the message being handled, before those that wait.

        `on_stop` is run; a class with a handler for StopRequested gets that message instead. Does
        nothing when no incarnation is alive.
        """
        if self.state in LIVE:
            self.post_step(partial(self._asked_to_stop, StopRequested(reason, deadline)))

    def kill(self, reason: ExitReason | None = None) -> None:
        """End the incarnation at once, also while its handler waits. `on_stop` is not run.

        A handler that computes cannot be interrupted: the parent is told when it is over.
        """
        if self.state not in LIVE or self.kill_reason is not None:
            return
        self.kill_reason = reason or ExitReason(ExitKind.KILLED)
        if self.worker is None:
            self.end(self.kill_reason, None)
        else:
            hub = self.system.dispatcher.hub
            hub.loop.run_callback(self._interrupt, self.worker, self.incarnation)

    def discard(self) -> None:
        """Forget the cell: free its names, fail its waiting asks, tell its monitors.

        Raises WrongState while an incarnation is alive. A second call does nothing.
        """
        if self.state in LIVE:
            raise WrongState(self.path, "discard", self.state.value)
        self._discard(NORMAL)

    def abandon(self) -> None:
        """Leave behind an incarnation that survived its kill: free its path and names for another cell.

        The parent hears no more of it. Its waiting mail is given up now, its monitors are told when it ends.
        """
        self.is_supervised = False
        self._free_names()
        self._give_up_mail("the actor does not end and was left behind")

    # Running, in a worker -----------------------------------------------------------------------------

    def run(self, worker: Worker, batch: int) -> bool:
        """Handle up to `batch` messages. Returns whether more are waiting."""
        worker.cell = self
        self.worker = worker
        now = self.system.now
        while batch > 0:
            batch -= 1
            if self._control:
                step = self._control.popleft()
                if isinstance(step, Envelope):
                    self.handle_control(worker, step)
                else:
                    step(worker)
            elif self._queue and self.state is CellState.RUNNING:
                envelope = self._queue.popleft()
                if self._keys:
                    self._forget_key(envelope)
                self.busy_since = started = now()
                if envelope.deadline is not None and envelope.deadline < started:
                    expire(self, envelope)
                else:
                    handle(self, worker, envelope)
            else:
                break
        self.busy_since = None
        worker.cell = None
        self.worker = None
        return self._rest()

    def handle_control(self, worker: Worker, envelope: Envelope) -> None:
        """Handle a message of the control lane, unless the incarnation is over."""
        if self.state is CellState.RUNNING:
            self.busy_since = self.system.now()
            handle(self, worker, envelope)

    def commit(self, worker: Worker) -> None:
        """Make final what the handler did so far; called before it waits for an answer."""
        if self.instance is not None and self.instance.state is not self.good_state:
            self.keep_state(self.instance.state)
        worker.commit()

    def keep_state(self, state: Any) -> None:
        """`state` is what the next incarnation will start from."""
        self.good_state = state
        if self.actor_class.is_persistent:
            self.system.changed.add(self)

    # Beginning ------------------------------------------------------------------------------------------

    def _next_incarnation(self) -> None:
        self.state = CellState.STARTING
        self.incarnation += 1
        self.kill_reason = None
        # Before everything that waits in the control lane: it is meant for a started actor.
        self.post_step(self._begin)
        assert self._control is not None
        self._control.rotate(1)

    def _begin(self, worker: Worker) -> None:
        if self.state is not CellState.STARTING:
            return
        self.started_at = self.busy_since = self.system.now()
        error = run_hook(worker, self._make_and_start)
        if self.kill_reason is not None:
            self.end(self.kill_reason, None)
        elif error is not None:
            self.end(crash(ExitKind.START_FAILED, error), None, error)
        else:
            self._now_running()

    def _make_and_start(self) -> None:
        instance = self.instance
        if instance is None:
            instance = self.actor_class.bind(self)
            instance.__init__(*self._args, **(self._kwargs or {}))  # type: ignore[misc]
        instance.on_start()
        instance.start_ticking()

    def _now_running(self) -> None:
        instance = self.instance
        assert instance is not None
        self.state = CellState.RUNNING
        if instance.state is not self.good_state:
            self.keep_state(instance.state)
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(ChildStarted(self, self.incarnation))

    def handler_blocked(self) -> None:
        """The hub found this cell's handler waiting; a start that waits gets its time limit."""
        if self.state is CellState.STARTING and self.start_timeout_seconds is not None:
            left = self.started_at + self.start_timeout_seconds - self.system.now()
            self.system.clock.call_later(left, partial(self._start_timed_out, self.incarnation))

    def _start_timed_out(self, incarnation: int) -> None:
        if self.incarnation == incarnation and self.state is CellState.STARTING:
            detail = f"not up within {self.start_timeout_seconds} seconds"
            self.kill(ExitReason(ExitKind.START_TIMEOUT, detail=detail))

    # Ending -----------------------------------------------------------------------------------------------

    def asked_to_stop_like_pykka(self, worker: Worker, envelope: Envelope) -> None:
        """Pykka's stop waits its turn behind the mail, and is answered when `on_stop` is done."""
        reply_to, envelope.reply_to = envelope.reply_to, None
        self._asked_to_stop(StopRequested(NORMAL), worker)
        if reply_to is not None:
            reply_to.set(None)

    def _asked_to_stop(self, request: StopRequested, worker: Worker) -> None:
        if self.state is CellState.RUNNING:
            if StopRequested in self.actor_class.handlers:
                handle(self, worker, Envelope(request))
            else:
                self.finish_now(worker, request.reason)

    def finish(self, reason: ExitReason) -> None:
        """End as soon as the current handler is done; what `ctx.stop` leaves in the outbox."""
        self.post_step(lambda worker: self.finish_now(worker, reason))
        assert self._control is not None
        self._control.rotate(1)

    def finish_now(self, worker: Worker, reason: ExitReason) -> None:
        """Orderly end: `on_stop` runs in the actor's turn and may still tell others."""
        instance = self.instance
        if self.state is not CellState.RUNNING or instance is None:
            return
        self.state = CellState.STOPPING
        instance.leave_registry()
        error = run_hook(worker, instance.on_stop)
        if self.kill_reason is not None:
            self.end(self.kill_reason, None)
        elif error is not None:
            self.end(crash(ExitKind.CRASH, error), None, error)
        else:
            self.end(reason, None)

    def _interrupt(self, worker: Worker, incarnation: int) -> None:
        """In the hub: throw the kill into the handler that waits in `worker`."""
        if self.incarnation != incarnation or self.kill_reason is None or self.state not in LIVE:
            return
        if self.worker is worker:
            worker.throw(ActorKilled(self.path))
        elif self.worker is None:
            self.end(self.kill_reason, None)

    def end(self, reason: ExitReason, envelope: Envelope | None, error: BaseException | None = None) -> None:
        """The incarnation is over: clean up, then tell the system and the parent.

        `envelope` is the message that was being handled; `error` is given when code of the author raised.
        """
        instance, self.instance = self.instance, None
        started = self.state is not CellState.STARTING
        self.state = CellState.STOPPED
        self._cancel_timers()
        self._end_children()
        self._give_up_control()
        if envelope is not None and envelope.reply_to is not None:
            envelope.reply_to.fail(ActorDeadError(f"{self.actor_ref} ended while it handled the message"))
        if instance is not None and error is not None:
            instance.failed(reason, error)
            # A kept traceback would keep the crashed frames and all of their locals alive.
            error.__traceback__ = None
        if self.is_supervised and not self._keep_mailbox:
            self._give_up_mail("the actor was restarted with a fresh mailbox")
        uptime = self.system.now() - self.started_at if started else 0.0
        exited = ChildExited(self, self.incarnation, reason, envelope, uptime, started)
        self.system.incarnation_ended(exited)
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(exited)
        else:
            self._discard(reason)

    def _end_children(self) -> None:
        """Nothing is left without a parent: what is still there goes with this incarnation."""
        children, self.children = self.children, None
        for child in children.values() if children else ():
            child.is_supervised = False
            if child.state in LIVE:
                child.kill()
            else:
                child._discard(SHUTDOWN)

    def _cancel_timers(self) -> None:
        timers, self.timers = self.timers, None
        for timer in timers or ():
            timer.cancel()

    def _discard(self, reason: ExitReason) -> None:
        if self.state is CellState.DISCARDED:
            return
        self._end_children()
        self.state = CellState.DISCARDED
        self._free_names()
        self.system.changed.discard(self)
        self._give_up_mail("the actor is gone")
        watchers, self._watchers = self._watchers, None
        for watcher in watchers or ():
            watcher.deliver(Exited(self.actor_ref, reason))

    def _free_names(self) -> None:
        siblings = self._siblings()
        if siblings.get(self.name) is self:
            del siblings[self.name]
        registrations, self._registrations = self._registrations, None
        if registrations:
            self.system.registry.forget(self.actor_ref, registrations)

    # What others leave with the cell ------------------------------------------------------------------------

    def add_watcher(self, watcher: Watcher) -> None:
        """Tell `watcher` of the final end; at once if that has been."""
        if self.state is CellState.DISCARDED:
            watcher.deliver(Exited(self.actor_ref, ExitReason(ExitKind.NORMAL, detail="it was gone already")))
        elif self._watchers is None:
            self._watchers = [watcher]
        else:
            self._watchers.append(watcher)

    def remove_watcher(self, watcher: Watcher) -> None:
        """Forget `watcher`, if it is still there."""
        if self._watchers and watcher in self._watchers:
            self._watchers.remove(watcher)

    def add_registration(self, name: str, is_group: bool) -> None:
        """Remember a name or group of the registry, to be freed with the cell."""
        if self._registrations is None:
            self._registrations = []
        self._registrations.append((name, is_group))

    def add_timer(self, timer: Timer) -> None:
        """Remember a timer, to be cancelled with the incarnation."""
        if self.timers is None:
            self.timers = set()
        self.timers.add(timer)

    def forget_timer(self, timer: Timer) -> None:
        """The timer is done."""
        if self.timers is not None:
            self.timers.discard(timer)

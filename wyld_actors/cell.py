"""The part of an actor that lasts: path, mailbox, restart history and life cycle.

A cell is made once and runs any number of *incarnations*, one Pykka actor object after the other. References
point to the cell, so they stay good across a crash. What happens to a cell:

    new --start--> starting --> running --stop--> stopping --> stopped --start--> ...
                       |            |
                       +--- crash, kill: stopped; the parent is told (ChildExited) and decides

A cell without a supervising parent is discarded as soon as its incarnation ends. All calls are
asynchronous and happen on the thread of the system's hub; the parent hears of every incarnation
exactly once that it started and once that it ended.
"""

from __future__ import annotations

import enum
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from gevent import GreenletExit
from gevent.event import Event
from pykka import ActorRegistry

from wyld_actors.dispatcher import SPARE_QUEUES, Worker
from wyld_actors.errors import ActorDeadError, ActorKilled, AskTimeout, NameTaken, Refused, WrongState
from wyld_actors.mailbox import Envelope, Mailbox, Overflow
from wyld_actors.messages import ChildExited, ChildStarted, Exited, StopRequested
from wyld_actors.reasons import NORMAL, SHUTDOWN, ExitKind, ExitReason, crash
from wyld_actors.pykka_names import ActorStop
from wyld_actors.ref import Ref

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.context import Monitor, Timer
    from wyld_actors.system import ActorSystem

__all__ = ["Cell", "CellState"]

logger = logging.getLogger(__name__)
pykka_logger = logging.getLogger("pykka")


class CellState(enum.Enum):
    """Where a cell is in its life. BACKOFF and QUARANTINED are set by supervisors."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    QUARANTINED = "quarantined"
    STOPPED = "stopped"
    DISCARDED = "discarded"


Step = Callable[[Worker], object]

_NOT_YET_ENDED = frozenset({CellState.NEW, CellState.STARTING, CellState.RUNNING})
_LIVE = frozenset({CellState.STARTING, CellState.RUNNING, CellState.STOPPING})


class Cell:
    """One place in the tree of actors. Made by `ActorSystem.create_cell`."""

    __slots__ = (
        "__weakref__",
        "_args",
        "_control",
        "_inits",
        "_keep_mailbox",
        "_kill_reason",
        "_kwargs",
        "_monitors",
        "_queue",
        "_registrations",
        "_room",
        "_waiting_keys",
        "actor_class",
        "actor_ref",
        "busy_since",
        "children",
        "dropped",
        "good_state",
        "handled",
        "high_water",
        "incarnation",
        "instance",
        "is_persistent",
        "is_supervised",
        "mailbox",
        "name",
        "parent",
        "scheduled",
        "start_timeout_seconds",
        "started_at",
        "state",
        "system",
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
        is_persistent: bool = False,
        state: Any = None,
    ) -> None:
        self.system = system
        self.actor_class = actor_class
        self.name = name
        self.parent = parent
        self.mailbox = mailbox
        self.is_supervised = is_supervised
        self.start_timeout_seconds = start_timeout_seconds
        self.state = CellState.NEW
        self.incarnation = 0
        self.instance: Actor | None = None
        self.good_state = state
        self.children: dict[str, Cell] | None = None
        self.timers: set[Timer] | None = None
        self.scheduled = False
        self.worker: Worker | None = None
        self.waiting_for: Cell | None = None
        self.started_at = 0.0
        self.busy_since: float | None = None
        self.handled = 0
        self.high_water = 0
        self.dropped = 0
        self.is_persistent = is_persistent
        self._args = args
        self._kwargs = kwargs or None
        self._keep_mailbox = keep_mailbox
        self._queue: deque[Envelope] | None = None
        self._control: deque[Envelope | Step] | None = None
        self._waiting_keys: dict[Any, Envelope] | None = None
        self._room: Event | None = None
        self._monitors: list[Monitor] | None = None
        self._registrations: list[tuple[str, bool]] | None = None
        self._kill_reason: ExitReason | None = None
        self._inits = False
        self.actor_ref = Ref(self)
        siblings = system.roots if parent is None else parent.child_table()
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
    def depth(self) -> int:
        """User messages waiting."""
        return len(self._queue) if self._queue else 0

    @property
    def oldest_seconds(self) -> float:
        """How long the first waiting user message has been waiting."""
        return self.system.now() - self._queue[0].enqueued_at if self._queue else 0.0

    @property
    def is_alive(self) -> bool:
        """Whether mail will be handled some day: now, or by a next incarnation."""
        if self.is_supervised:
            return self.state is not CellState.DISCARDED
        return self.state in _NOT_YET_ENDED

    def child_table(self) -> dict[str, Cell]:
        """The children by name, in order of creation."""
        if self.children is None:
            self.children = {}
        return self.children

    # Life cycle, for parents and supervisors ---------------------------------------------------

    def start(self) -> None:
        """Begin the next incarnation. `__init__` and `on_start` run in the actor's own turn.

        The parent gets ChildStarted, or ChildExited with `started=False`. Raises WrongState while
        an incarnation is alive, or when the cell is discarded.
        """
        if self.state in _LIVE or self.state is CellState.DISCARDED:
            raise WrongState(self.path, "start", self.state.value)
        self.state = CellState.STARTING
        self.incarnation += 1
        self._kill_reason = None
        self.post_step(self._begin)

    def stop(self, reason: ExitReason = SHUTDOWN, deadline: float | None = None) -> None:
        """End the incarnation after the message being handled, before those that wait.

        `on_stop` is run; a class with a handler for StopRequested gets that message instead. Does
        nothing when no incarnation is alive.
        """
        if self.state in _LIVE:
            self.post_step(partial(self._asked_to_stop, StopRequested(reason, deadline)))

    def kill(self, reason: ExitReason | None = None) -> None:
        """End the incarnation at once, also while its handler waits. `on_stop` is not run.

        Asynchronous, as a handler that runs on cannot be interrupted: the parent is told when it is over.
        """
        if self.state not in _LIVE or self._kill_reason is not None:
            return
        self._kill_reason = reason or ExitReason(ExitKind.KILLED)
        worker = self.worker
        if worker is None:
            self._end(self._kill_reason, None)
        else:
            incarnation = self.incarnation
            self.system.dispatcher.hub.loop.run_callback(self._interrupt, worker, incarnation)

    def discard(self) -> None:
        """Forget the cell: free its names, fail its waiting asks, tell its monitors.

        Raises WrongState while an incarnation is alive. A second call does nothing.
        """
        if self.state in _LIVE:
            raise WrongState(self.path, "discard", self.state.value)
        self._discard(NORMAL)

    # Mail --------------------------------------------------------------------------------------

    def post(self, envelope: Envelope) -> None:
        """Put user mail into the mailbox, or deal with it by the overflow policy. Never blocks."""
        if self.state is CellState.DISCARDED:
            self.system.undeliverable(self, envelope, "the actor is gone")
            return
        envelope.enqueued_at = self.system.now()
        queue = self._queue
        if queue is None:
            spare = self.system.dispatcher.spare_queues
            queue = self._queue = spare.pop() if spare else deque()
        if self.mailbox.key is not None and self._merge(envelope):
            return
        depth = len(queue) + 1
        if depth > self.mailbox.limit:
            self.dropped += 1
            if self.mailbox.overflow is not Overflow.DROP_OLDEST:
                self.system.undeliverable(self, envelope, "its mailbox is full")
                return
            self.system.undeliverable(self, queue.popleft(), "its mailbox was full")
        elif depth > self.high_water:
            self.high_water = depth
        queue.append(envelope)
        if not self.scheduled and self.state in _LIVE:
            self.scheduled = True
            self.system.dispatcher.schedule(self)

    def post_from_outside(self, envelope: Envelope) -> None:
        """As `post`, from a plain greenlet: waits for room when the policy is BLOCK.

        Raises ActorDeadError when the actor is gone, also if it goes while the sender waits.
        """
        if self.mailbox.overflow is Overflow.BLOCK:
            while self.depth >= self.mailbox.limit and self.is_alive:
                if self._room is None:
                    self._room = Event()
                self._room.wait()
        if not self.is_alive:
            raise ActorDeadError(f"{self.actor_ref} not found")
        self.post(envelope)

    def post_control(self, message: Any) -> None:
        """Put a message of the runtime into the lane that is read first and never full."""
        self.post_step(Envelope(message))

    def post_step(self, step: Envelope | Step) -> None:
        """Put an envelope, or something to do in the actor's own turn, into the control lane."""
        if self.state is CellState.DISCARDED:
            return
        if self._control is None:
            self._control = deque()
        self._control.append(step)
        if not self.scheduled and self.state in _LIVE:
            self.scheduled = True
            self.system.dispatcher.schedule(self)

    def waiting(self) -> list[Envelope]:
        """The waiting user mail, oldest first, for those who look at it."""
        return list(self._queue) if self._queue else []

    def _merge(self, envelope: Envelope) -> bool:
        """COALESCE: let a waiting message with the same key carry the new content."""
        assert self.mailbox.key is not None
        key = self.mailbox.key(envelope.message)
        if key is None:
            return False
        if self._waiting_keys is None:
            self._waiting_keys = {}
        waiting = self._waiting_keys.get(key)
        if waiting is not None and waiting.reply_to is None and envelope.reply_to is None:
            waiting.message = envelope.message
            self.dropped += 1
            return True
        self._waiting_keys[key] = envelope
        return False

    # Running, in a worker ------------------------------------------------------------------------

    def run(self, worker: Worker, batch: int) -> bool:
        """Handle up to `batch` messages. Returns whether more are waiting."""
        worker.cell = self
        self.worker = worker
        now = self.system.now
        while batch > 0:
            batch -= 1
            if self._control:
                self._run_control(worker, self._control.popleft())
            elif self._queue and self.state is CellState.RUNNING:
                envelope = self._queue.popleft()
                self.busy_since = started = now()
                if envelope.deadline is not None and envelope.deadline < started:
                    self._expire(envelope)
                else:
                    self._handle(worker, envelope)
            else:
                break
        self.busy_since = None
        worker.cell = None
        self.worker = None
        return self._has_more()

    def _has_more(self) -> bool:
        if self._room is not None and self.depth <= self.mailbox.limit // 2:
            room, self._room = self._room, None
            room.set()
        if self._control and self.state in _LIVE:
            return True
        queue = self._queue
        if queue:
            if self.state is CellState.RUNNING:
                return True
        elif queue is not None:
            self._queue = None
            spare = self.system.dispatcher.spare_queues
            if len(spare) < SPARE_QUEUES:
                spare.append(queue)
        self.scheduled = False
        return False

    def _handle(self, worker: Worker, envelope: Envelope) -> None:
        """One message: all of what its handler does, or nothing."""
        message = envelope.message
        if self._waiting_keys:
            self._forget_key(envelope)
        instance = self.instance
        assert instance is not None
        worker.envelope = envelope
        worker.trace = envelope.trace
        try:
            handler = instance.handlers.get(message.__class__)
            if handler is not None:
                result = handler(instance, instance.ctx, message)
            elif isinstance(message, ActorStop):
                self._asked_to_stop_like_pykka(worker, envelope)
                return
            else:
                result = instance._handle_receive(message)
        except Refused as refusal:
            self._refuse(worker, envelope, refusal)
        except BaseException as error:
            self._failed(worker, envelope, error)
        else:
            self.handled += 1
            if instance.state is not self.good_state:
                self._keep_state(instance.state)
            if worker.outbox or worker.undo:
                worker.commit()
            if envelope.reply_to is not None and not worker.reply_deferred:
                envelope.reply_to.set(result)
            worker.reply_deferred = False
        worker.envelope = None

    def commit(self, worker: Worker) -> None:
        """Make final what the handler did so far; called before it waits for an answer."""
        if self.instance is not None and self.instance.state is not self.good_state:
            self._keep_state(self.instance.state)
        worker.commit()

    def _keep_state(self, state: Any) -> None:
        self.good_state = state
        if self.is_persistent:
            self.system.changed.add(self)

    def _refuse(self, worker: Worker, envelope: Envelope, refusal: Refused) -> None:
        worker.abort()
        worker.reply_deferred = False
        assert self.instance is not None
        self.instance.state = self.good_state
        if envelope.reply_to is not None:
            envelope.reply_to.fail(refusal.with_traceback(None))
        else:
            logger.debug("%s refused %r: %s", self.path, envelope.message, refusal)

    def _failed(self, worker: Worker, envelope: Envelope, error: BaseException) -> None:
        instance = self.instance
        assert instance is not None
        worker.abort()
        worker.reply_deferred = False
        if self._kill_reason is not None:
            self._end(self._kill_reason, envelope)
            return
        if not instance.contain_base_exceptions and not isinstance(error, Exception):
            self._stop_all_like_pykka(worker, instance, error)
            return
        reply_to = envelope.reply_to
        if reply_to is not None:
            if not instance.crash_on_ask and isinstance(error, Exception):
                instance.answer_like_pykka(reply_to, error)
                return
            reply_to.fail(error)
        kind = ExitKind.KILLED if isinstance(error, GreenletExit) else ExitKind.CRASH
        self._end(crash(kind, error), envelope, error)

    def _stop_all_like_pykka(self, worker: Worker, instance: Actor, error: BaseException) -> None:
        pykka_logger.debug(f"{error!r} in {instance}. Stopping all actors.")
        self._stop(worker, crash(ExitKind.CRASH, error))
        ActorRegistry.stop_all()

    def _expire(self, envelope: Envelope) -> None:
        if envelope.reply_to is not None:
            envelope.reply_to.fail(AskTimeout(self.path, None))

    def _forget_key(self, envelope: Envelope) -> None:
        assert self._waiting_keys is not None
        assert self.mailbox.key is not None
        key = self.mailbox.key(envelope.message)
        if self._waiting_keys.get(key) is envelope:
            del self._waiting_keys[key]

    # The control lane -------------------------------------------------------------------------

    def _run_control(self, worker: Worker, step: Envelope | Step) -> None:
        if isinstance(step, Envelope):
            self.handle_control(worker, step)
        else:
            step(worker)

    def handle_control(self, worker: Worker, envelope: Envelope) -> None:
        """Handle a message of the control lane, unless the incarnation is over."""
        if self.state is CellState.RUNNING:
            self._handle(worker, envelope)

    def _asked_to_stop(self, request: StopRequested, worker: Worker) -> None:
        if StopRequested in self.actor_class.handlers:
            self._handle(worker, Envelope(request))
        elif self.state is CellState.RUNNING:
            self._stop(worker, request.reason)

    def _asked_to_stop_like_pykka(self, worker: Worker, envelope: Envelope) -> None:
        """Pykka's stop waits its turn behind the mail, and is answered when `on_stop` is done."""
        reply_to, envelope.reply_to = envelope.reply_to, None
        self._asked_to_stop(StopRequested(NORMAL), worker)
        if reply_to is not None:
            reply_to.set(None)

    def _begin(self, worker: Worker) -> None:
        """Make the instance and run its first code, in the actor's own turn."""
        if self.state is not CellState.STARTING:
            return
        self.started_at = self.system.now()
        self._inits = True
        try:
            instance = self.instance or self._make_instance()
            instance.on_start()
        except BaseException as error:
            worker.abort()
            self._inits = False
            reason = self._kill_reason or crash(ExitKind.START_FAILED, error)
            self._end(reason, None, error)
            return
        self._inits = False
        self._became_running(worker)

    def _became_running(self, worker: Worker) -> None:
        instance = self.instance
        assert instance is not None
        self.state = CellState.RUNNING
        if instance.state is not self.good_state:
            self._keep_state(instance.state)
        worker.commit()
        instance.start_ticking()
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(ChildStarted(self, self.incarnation))

    def _make_instance(self) -> Actor:
        instance = self.instance = self.actor_class.bind(self)
        instance.__init__(*self._args, **(self._kwargs or {}))  # type: ignore[misc]
        return instance

    def adopt(self, instance: Actor) -> None:
        """Begin with an instance whose `__init__` has run in the caller, as Pykka's `start` does."""
        self.state = CellState.STARTING
        self.incarnation += 1
        self.instance = instance
        self.post_step(self._begin)

    def _stop(self, worker: Worker, reason: ExitReason) -> None:
        """Orderly end: `on_stop` runs in the actor's turn and may still tell others."""
        instance = self.instance
        assert instance is not None
        self.state = CellState.STOPPING
        instance.leave_registry()
        try:
            instance.on_stop()
        except BaseException as error:
            worker.abort()
            if self._kill_reason is not None:
                reason = self._kill_reason
            else:
                instance.log_failure(error)
                reason = crash(ExitKind.CRASH, error)
        else:
            worker.commit()
        self._end(reason, None)

    def finish(self, reason: ExitReason) -> None:
        """End as soon as the current handler is done; what `ctx.stop` leaves in the outbox."""
        if self._control is None:
            self._control = deque()
        self._control.appendleft(partial(self._finish_now, reason))

    def _finish_now(self, reason: ExitReason, worker: Worker) -> None:
        if self.state is CellState.RUNNING:
            self._stop(worker, reason)

    # Ending ---------------------------------------------------------------------------------------

    def handler_blocked(self, worker: Worker) -> None:
        """The hub found this cell's handler waiting; a start that waits gets its time limit."""
        if self._inits and self.start_timeout_seconds is not None:
            incarnation = self.incarnation
            left = self.started_at + self.start_timeout_seconds - self.system.now()
            self.system.clock.call_later(left, lambda: self._start_timed_out(incarnation))

    def _start_timed_out(self, incarnation: int) -> None:
        if self.incarnation == incarnation and self._inits:
            detail = f"not up within {self.start_timeout_seconds} seconds"
            self.kill(ExitReason(ExitKind.START_TIMEOUT, detail=detail))

    def _interrupt(self, worker: Worker, incarnation: int) -> None:
        """In the hub: throw the kill into the handler that waits in `worker`."""
        if self.incarnation != incarnation or self._kill_reason is None or self.state not in _LIVE:
            return
        if self.worker is worker and worker.cell is self:
            worker.throw(ActorKilled(self.path))
        elif self.worker is None:
            self._end(self._kill_reason, None)

    def _end(
        self, reason: ExitReason, envelope: Envelope | None, error: BaseException | None = None
    ) -> None:
        """The incarnation is over: clean up, tell the system, then the parent."""
        instance = self.instance
        started = self.state is not CellState.STARTING
        self.state = CellState.STOPPED
        self._cancel_timers()
        self._end_children()
        if self._control is not None:
            self._drain_control()
        if envelope is not None and envelope.reply_to is not None:
            envelope.reply_to.fail(ActorDeadError(f"{self.actor_ref} ended while it handled the message"))
        if instance is not None:
            instance.ended(reason, error)
        self.instance = None
        if not self._keep_mailbox or not self.is_supervised:
            self._drain("the actor was restarted")
        uptime = self.system.now() - self.started_at
        exited = ChildExited(self, self.incarnation, reason, envelope, uptime, started)
        self.system.incarnation_ended(exited)
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(exited)
        else:
            self._discard(reason)

    def _end_children(self) -> None:
        """Nothing is left without a parent: what is still there goes with this incarnation."""
        children, self.children = self.children, None
        for child in list(children.values()) if children else ():
            child.is_supervised = False
            if child.state in _LIVE:
                child.kill()
            else:
                child._discard(SHUTDOWN)

    def _cancel_timers(self) -> None:
        timers, self.timers = self.timers, None
        for timer in timers or ():
            timer.cancel()

    def _drain_control(self) -> None:
        assert self._control is not None
        control, self._control = self._control, None
        for step in control:
            if isinstance(step, Envelope) and step.reply_to is not None:
                self.system.undeliverable(self, step, "the actor has ended")

    def _drain(self, why: str) -> None:
        queue, self._queue = self._queue, None
        self._waiting_keys = None
        if queue:
            for envelope in queue:
                self.system.undeliverable(self, envelope, why)
        if self._room is not None:
            room, self._room = self._room, None
            room.set()

    def _discard(self, reason: ExitReason) -> None:
        if self.state is CellState.DISCARDED:
            return
        self._end_children()
        self.state = CellState.DISCARDED
        siblings = self.system.roots if self.parent is None else self.parent.child_table()
        if siblings.get(self.name) is self:
            del siblings[self.name]
        if self._registrations:
            self.system.registry.forget(self.actor_ref, self._registrations)
        self._drain("the actor is gone")
        monitors, self._monitors = self._monitors, None
        for monitor in monitors or ():
            monitor.deliver(Exited(self.actor_ref, reason))

    # Bookkeeping for others ----------------------------------------------------------------------

    def add_monitor(self, monitor: Monitor) -> None:
        """Tell `monitor` of the final end; at once if that has been."""
        if self.state is CellState.DISCARDED:
            monitor.deliver(Exited(self.actor_ref, ExitReason(ExitKind.NORMAL, detail="it was gone already")))
            return
        if self._monitors is None:
            self._monitors = []
        self._monitors.append(monitor)

    def remove_monitor(self, monitor: Monitor) -> None:
        """Forget `monitor`, if it is still there."""
        if self._monitors and monitor in self._monitors:
            self._monitors.remove(monitor)

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

"""One incarnation after the other: how it begins and how it ends.

The states are drawn in `states.py`. Everything here happens on the thread of the system's hub, and all that
runs code of the author happens in a worker, in the actor's own turn. Each incarnation that is begun ends
exactly once, in `end`, whatever ended it; what it owned goes with it.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any

from wyld_actors.context import Owned
from wyld_actors.errors import ActorKilled
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.messages import StopRequested
from wyld_actors.reasons import NORMAL, ExitKind, ExitReason, LastError, crash, forget_frames
from wyld_actors.seam import handle, run_hook
from wyld_actors.states import LIVE, CellState
from wyld_actors.turns import RUNNING, TurnTaker

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.future import Future
    from wyld_actors.system import ActorSystem
    from wyld_actors.worker import Worker

__all__ = ["LifeCycle"]


class LifeCycle(TurnTaker):
    """Base of `Cell`: everything about incarnations, nothing about the tree they are in."""

    __slots__ = (
        "_args",
        "_keep_mailbox",
        "_kwargs",
        "exit_reason",
        "incarnation",
        "is_supervised",
        "last_error",
        "owned",
        "start_timeout_seconds",
        "started_at",
    )

    def __init__(
        self,
        system: ActorSystem,
        actor_class: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        mailbox: Mailbox,
        keep_mailbox: bool,
        is_supervised: bool,
        start_timeout_seconds: float | None,
        state: Any,
    ) -> None:
        super().__init__(system, actor_class, mailbox=mailbox, state=state)
        self.is_supervised = is_supervised
        self.start_timeout_seconds = start_timeout_seconds
        self.incarnation = 0
        self.exit_reason: ExitReason | None = None
        self.last_error: LastError | None = None
        self.started_at = 0.0
        self.owned: dict[Owned, None] | None = None
        self._args = args
        self._kwargs = kwargs or None
        self._keep_mailbox = keep_mailbox

    # What the place in the tree adds -----------------------------------------------------------------

    @abstractmethod
    def _report_start(self) -> None:
        """The incarnation is up."""

    @abstractmethod
    def _report_end(self, envelope: Envelope | None, uptime_seconds: float, started: bool) -> None:
        """The incarnation is over, for `exit_reason`."""

    @abstractmethod
    def _end_children(self) -> None:
        """Whatever is below this incarnation ends with it."""

    # What an incarnation owns ------------------------------------------------------------------------

    def own(self, thing: Owned, incarnation: int) -> bool:
        """Let `thing` end with that incarnation; at once, and False, if it is over already."""
        if self.closed or self.instance is None or self.incarnation != incarnation:
            thing.release()
            return False
        if self.owned is None:
            self.owned = {}
        self.owned[thing] = None
        return True

    def disown(self, thing: Owned) -> None:
        """`thing` is done."""
        if self.owned is not None:
            self.owned.pop(thing, None)

    def _let_go(self) -> None:
        owned, self.owned = self.owned, None
        for thing in owned or ():
            thing.release()
        self._end_children()

    # Beginning ----------------------------------------------------------------------------------------

    def adopt(self, instance: Actor) -> None:
        """Begin with an instance whose `__init__` has run in the caller, as Pykka's `start` does."""
        self.instance = instance
        self._next_incarnation()
        instance.ctx.incarnation = self.incarnation

    def _next_incarnation(self) -> None:
        self.state = CellState.STARTING
        self.incarnation += 1
        self.kill_reason = self.exit_reason = None
        self.is_suspended = False
        # Before everything that waits in the control lane: it is meant for a started actor.
        self.post_step_first(self._begin)

    def _begin(self, worker: Worker) -> None:
        if self.state is not CellState.STARTING:
            return
        worker.trace = None
        self.started_at = self.busy_since = self.system.now()
        error = run_hook(self, worker, self._make_and_start)
        if self.kill_reason is not None:
            self.end(self.kill_reason, None)
        elif error is not None:
            self.end(crash(ExitKind.START_FAILED, error), None, error)
        else:
            self._now_running()

    def _make_and_start(self) -> None:
        instance = self.instance
        if instance is None:
            instance = self._make_instance()
        instance.on_start()
        instance.start_ticking()

    @abstractmethod
    def _make_instance(self) -> Actor:
        """A new object of the actor's class, its `__init__` done."""

    def _now_running(self) -> None:
        instance = self.instance
        assert instance is not None
        self.state = CellState.RUNNING
        self.is_open = not self.mailbox.blocks
        if instance.state is not self.good_state:
            self.keep_state(instance.state)
        self._report_start()

    def handler_blocked(self) -> None:
        """The hub found this cell's handler waiting; a start that waits gets its time limit."""
        if self.state is CellState.STARTING and self.start_timeout_seconds is not None:
            left = self.started_at + self.start_timeout_seconds - self.system.now()
            self.system.clock.call_later(left, partial(self._start_timed_out, self.incarnation))

    def _start_timed_out(self, incarnation: int) -> None:
        if self.incarnation == incarnation and self.state is CellState.STARTING:
            detail = f"not up within {self.start_timeout_seconds} seconds"
            self.kill(ExitReason(ExitKind.START_TIMEOUT, detail=detail))

    # Ending -------------------------------------------------------------------------------------------

    def kill(self, reason: ExitReason | None = None) -> None:
        """End the incarnation at once, also while its handler waits. `on_stop` is not run.

        A handler that computes cannot be interrupted: the parent is told when it is over.
        """
        if self.state not in LIVE or self.kill_reason is not None:
            return
        self.kill_reason = reason or ExitReason(ExitKind.KILLED)
        self.is_open = False
        if self.worker is None:
            self.end(self.kill_reason, None)
        else:
            hub = self.system.dispatcher.hub
            hub.loop.run_callback(self._interrupt, self.worker, self.incarnation)

    def _interrupt(self, worker: Worker, incarnation: int) -> None:
        """In the hub: throw the kill into the handler that waits in `worker`."""
        if self.incarnation != incarnation or self.kill_reason is None or self.state not in LIVE:
            return
        if self.worker is worker:
            worker.throw(ActorKilled(self.path))
        elif self.worker is None:
            self.end(self.kill_reason, None)

    def asked_to_stop_like_pykka(self, worker: Worker, envelope: Envelope) -> None:
        """Pykka's stop waits its turn behind the mail, and is answered when the incarnation has ended."""
        reply_to, envelope.reply_to = envelope.reply_to, None
        if reply_to is not None:
            self.own(_StopAnswer(reply_to), self.incarnation)
        self._asked_to_stop(StopRequested(NORMAL), worker)

    def _asked_to_stop(self, request: StopRequested, worker: Worker) -> None:
        # What it needs for its end, it may send to itself.
        self.resume()
        if self.state is RUNNING:
            if StopRequested in self.actor_class.handlers:
                handle(self, worker, Envelope(request))
            else:
                self.finish_now(worker, request.reason)

    def finish(self, reason: ExitReason) -> None:
        """End as soon as the current handler is done; what `ctx.stop` leaves in the outbox."""
        self.post_step_first(lambda worker: self.finish_now(worker, reason))

    def finish_now(self, worker: Worker, reason: ExitReason) -> None:
        """Orderly end: `on_stop` runs in the actor's turn and may still tell others."""
        instance = self.instance
        if self.state is not RUNNING or instance is None:
            return
        self.state = CellState.STOPPING
        self.is_open = False
        worker.trace = None
        instance.leave_registry()
        error = run_hook(self, worker, instance.on_stop)
        if self.kill_reason is not None:
            self.end(self.kill_reason, None)
        elif error is not None:
            self.end(crash(ExitKind.CRASH, error), None, error)
        else:
            self.end(reason, None)

    def end(self, reason: ExitReason, envelope: Envelope | None, error: BaseException | None = None) -> None:
        """The incarnation is over: clean up, then tell the system and the parent.

        `envelope` is the message that was being handled; `error` is given when code of the author raised.
        """
        started = self.state is not CellState.STARTING
        self.is_open = False
        self.give_up_handling(envelope)
        if error is not None:
            self._clean_up(reason, error)
        self.instance = None
        self.state = CellState.STOPPED
        self.exit_reason = reason
        if not reason.is_clean:
            self._note_error(reason, envelope)
        self._let_go()
        self._give_up_control()
        if self.is_supervised and not self._keep_mailbox:
            self._give_up_mail("the actor was restarted with a fresh mailbox")
        uptime = self.system.now() - self.started_at if started else 0.0
        self._report_end(envelope, uptime, started)

    def _clean_up(self, reason: ExitReason, error: BaseException) -> None:
        """`on_failure` may wait, tell others and be killed: until it is done the incarnation is not over."""
        self.state = CellState.STOPPING
        self._let_go()
        if self.instance is not None:
            self.instance.failed(reason, error)
        # Kept frames would keep all of their locals alive.
        forget_frames(error)

    def _note_error(self, reason: ExitReason, envelope: Envelope | None) -> None:
        message_type = None if envelope is None else type(envelope.message).__name__
        now = self.system.now()
        self.last_error = LastError(now, self.incarnation, str(reason), reason.traceback, message_type)


class _StopAnswer(Owned):
    """Tells who asked by Pykka's `stop` that the incarnation has ended."""

    __slots__ = ("_future",)

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def release(self) -> None:
        self._future.answer(None)

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
from wyld_actors.errors import ActorKilled, Ignore, WrongState
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.messages import StopRequested
from wyld_actors.poison import MessageFate, Suspects
from wyld_actors.reasons import NORMAL, ExitKind, ExitReason, LastError, crash, forget_frames, text_of
from wyld_actors.seam import handle, run_hook
from wyld_actors.states import LIVE, CellState
from wyld_actors.turns import RUNNING, TurnTaker

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.future import Future
    from wyld_actors.system import ActorSystem
    from wyld_actors.worker import Worker

__all__ = ["LifeCycle"]

# Of a message that crashed its actor: enough to recognise it.
MESSAGE_TEXT_LIMIT = 500

# As many as fit into the smallest dict: 0.2 KiB less for each session with its timers.
FEW_OWNED = 5


class LifeCycle(TurnTaker):
    """Base of `Cell`: everything about incarnations, nothing about the tree they are in."""

    __slots__ = (
        "_args",
        "_keep_mailbox",
        "_kwargs",
        "_suspects",
        "exit_reason",
        "incarnation",
        "is_supervised",
        "last_error",
        "last_fate",
        "message_retries",
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
        message_retries: int,
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
        self.message_retries = message_retries
        self.last_fate = MessageFate.DROPPED
        self._suspects: Suspects | None = None

    # What the place in the tree adds -----------------------------------------------------------------

    @abstractmethod
    def _report_start(self) -> None:
        """The incarnation is up."""

    @abstractmethod
    def _report_end(self, envelope: Envelope | None, uptime_seconds: float, started: bool) -> None:
        """The incarnation is over, for `exit_reason`."""

    @abstractmethod
    def _park(self, envelope: Envelope, why: str) -> None:
        """The message has crashed its handler again: put it aside."""

    @abstractmethod
    def _end_children(self) -> None:
        """Whatever is below this incarnation ends with it."""

    # What an incarnation owns ------------------------------------------------------------------------

    def own(self, thing: Owned, incarnation: int) -> bool:
        """Let `thing` end with that incarnation; at once, and False, if it is over already."""
        if self.closed or self.instance is None or self.incarnation != incarnation:
            thing.release()
            return False
        owned = self.owned
        if owned is None:
            self.owned = {thing: None}
        elif len(owned) < FEW_OWNED:
            # A dict in which things come and go grows, however few are in it; one made anew does not.
            self.owned = dict.fromkeys((*owned, thing))
        else:
            owned[thing] = None
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
        self.note_unready()
        self.incarnation += 1
        self.kill_reason = self.exit_reason = None
        self.is_suspended = self.refuses_mail = False
        if self.incarnation > 1:
            self._answer_after = self.handled
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
        elif isinstance(error, Ignore):
            forget_frames(error)
            self.end(ExitReason(ExitKind.IGNORED, detail=text_of(error)), None)
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
        self.note_ready()
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

    def redefine(
        self,
        actor_class: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        mailbox: Mailbox,
        keep_mailbox: bool,
        message_retries: int,
        start_timeout_seconds: float | None,
    ) -> None:
        """What the next incarnation is made from; parameters as in `ActorSystem.create_cell`.

        The last good record stays, unless it is none of the new class: that begins with its own. Raises
        WrongState while an incarnation is alive.
        """
        if self.state in LIVE:
            raise WrongState(self.path, "redefine", self.state.value)
        state = kwargs.pop("state", None)
        self.actor_class = actor_class
        self.mailbox = mailbox
        self.message_retries = message_retries
        self.start_timeout_seconds = start_timeout_seconds
        self._args = args
        self._kwargs = kwargs or None
        self._keep_mailbox = keep_mailbox
        self._keys = None
        if actor_class.State is not None and not isinstance(self.good_state, actor_class.State):
            self.good_state = state

    # Poison -------------------------------------------------------------------------------------------

    def judge(self, envelope: Envelope) -> MessageFate:
        """What becomes of a message that crashed its handler. Timers and other control mail are dropped."""
        self.last_fate = MessageFate.DROPPED
        if self.is_supervised and envelope.enqueued_at >= 0:
            if self._suspects is None:
                self._suspects = Suspects()
            retries = self.message_retries if self._keep_mailbox else 0
            self.last_fate = self._suspects.judge(envelope.message, retries, self.system.now())
        return self.last_fate

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
        self.note_unready()
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
        fate = self.last_fate = self.last_fate if error is not None else MessageFate.DROPPED
        self.is_open = False
        self._answer_after = None
        if fate is not MessageFate.RETRIED:
            self.give_up_handling(envelope)
        if error is not None:
            self._clean_up(reason, error)
        for kept in (error, reason.error):
            # Kept frames would keep all of their locals alive.
            if kept is not None:
                forget_frames(kept)
        self.instance = None
        self.state = CellState.STOPPED
        self.note_unready()
        self.exit_reason = reason
        uptime = self.system.now() - self.started_at if started else 0.0
        if not reason.is_clean:
            self._note_error(reason, envelope, uptime)
        self._let_go()
        self._give_up_control()
        if self.is_supervised and not self._keep_mailbox:
            self._give_up_mail("the actor was restarted with a fresh mailbox")
        if envelope is not None and fate is MessageFate.RETRIED:
            self.put_back(envelope)
        elif envelope is not None and fate is MessageFate.PARKED:
            self._park(envelope, f"it crashed the actor again: {reason}")
        self._report_end(envelope, uptime, started)

    def _clean_up(self, reason: ExitReason, error: BaseException) -> None:
        """`on_failure` may wait, tell others and be killed: until it is done the incarnation is not over."""
        self.state = CellState.STOPPING
        self.note_unready()
        self._let_go()
        if self.instance is not None:
            self.instance.failed(reason, error)

    def _note_error(self, reason: ExitReason, envelope: Envelope | None, uptime: float) -> None:
        kind = text = None
        if envelope is not None:
            kind, text = type(envelope.message).__name__, text_of(envelope.message, MESSAGE_TEXT_LIMIT)
        now = self.system.now()
        self.last_error = LastError(now, uptime, self.incarnation, str(reason), reason.traceback, kind, text)


class _StopAnswer(Owned):
    """Tells who asked by Pykka's `stop` that the incarnation has ended."""

    __slots__ = ("_future",)

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def release(self) -> None:
        self._future.answer(None)

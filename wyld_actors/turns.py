"""How a cell uses its turn on a worker: control lane first, then a batch of mail, within the time slice.

One worker has a cell at a time, from `run` to `leave`; in between `worker.cell` and `cell.worker` point to
each other, also while a handler waits and the worker is parked.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from wyld_actors.dispatcher import TIME_SLICE_SECONDS, slice_clock
from wyld_actors.errors import ActorDeadError, AskTimeout
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.poison import MessageFate
from wyld_actors.postbox import PostBox, Step
from wyld_actors.reasons import ExitKind, ExitReason, crash
from wyld_actors.seam import handle, take_turn
from wyld_actors.states import LIVE, CellState
from wyld_actors.timings import SAMPLED_TURNS, count_in

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.system import ActorSystem
    from wyld_actors.worker import Worker

__all__ = ["TurnTaker"]

# A name of the module is found faster than a member of an enum, and this one is looked at for each message.
RUNNING = CellState.RUNNING


class TurnTaker(PostBox):
    """Base of a cell: everything about handling mail while an incarnation is there to do it."""

    __slots__ = (
        "_answer_after",
        "_asked_at",
        "actor_class",
        "busy_since",
        "good_state",
        "handled",
        "instance",
        "kill_reason",
        "timings",
        "waiting_for",
        "worker",
    )

    def __init__(
        self, system: ActorSystem, actor_class: type[Actor], *, mailbox: Mailbox, state: Any
    ) -> None:
        super().__init__(system, mailbox)
        self.actor_class = actor_class
        self.instance: Actor | None = None
        self.good_state = state
        self.worker: Worker | None = None
        self.waiting_for: TurnTaker | None = None
        self.kill_reason: ExitReason | None = None
        self.busy_since: float | None = None
        self.handled = 0
        self.timings: bytearray | None = None
        self._answer_after: int | None = None
        self._asked_at = 0.0

    # What the life cycle adds --------------------------------------------------------------------------

    @abstractmethod
    def end(self, reason: ExitReason, envelope: Envelope | None, error: BaseException | None = None) -> None:
        """The incarnation is over."""

    @abstractmethod
    def judge(self, envelope: Envelope) -> MessageFate:
        """The message in hand crashed its handler: what becomes of it?"""

    @abstractmethod
    def note_unready(self) -> None:
        """It does not handle its mail from now on."""

    @abstractmethod
    def note_ready(self) -> None:
        """It handles its mail again."""

    @abstractmethod
    def _report_answer(self, asked_at: float) -> None:
        """A restarted incarnation has handled its first message, in the turn that began at `asked_at`."""

    @abstractmethod
    def finish_now(self, worker: Worker, reason: ExitReason) -> None:
        """Orderly end, in the actor's own turn."""

    @abstractmethod
    def asked_to_stop_like_pykka(self, worker: Worker, envelope: Envelope) -> None:
        """Pykka's message for a stop has its turn."""

    @abstractmethod
    def handler_blocked(self) -> None:
        """The hub found this cell's handler waiting."""

    @abstractmethod
    def keep_state(self, state: Any) -> None:
        """`state` is what the next incarnation will start from."""

    # A turn --------------------------------------------------------------------------------------------

    def take_turn(self, worker: Worker, batch: int) -> None:
        """Called by the dispatcher."""
        if take_turn(self, worker, batch):
            self.system.dispatcher.schedule(self)

    def run(self, worker: Worker, batch: int) -> bool:
        """Handle up to `batch` messages, within the time slice. Returns whether more are waiting."""
        worker.cell = self
        worker.trace = None
        self.worker = worker
        now = self.system.now
        self._asked_at = now() if self._answer_after is not None else 0.0
        dispatcher = self.system.dispatcher
        is_timed = not dispatcher.turns % SAMPLED_TURNS
        while batch > 0:
            batch -= 1
            if self._control:
                last = step = self._control.popleft()
                if isinstance(step, Envelope):
                    self.handle_control(worker, step)
                else:
                    step(worker)
            elif self._queue and self.state is RUNNING and not self.is_suspended:
                last = envelope = self._queue.popleft()
                if self._keys:
                    self._forget_key(envelope)
                self.busy_since = started = now()
                if envelope.deadline is not None and envelope.deadline < started:
                    self._expire(envelope)
                else:
                    handle(self, worker, envelope)
                    if is_timed:
                        self._measured(now() - started)
            else:
                break
            moment = slice_clock()
            if moment >= dispatcher.slice_end:
                if moment - dispatcher.slice_end >= dispatcher.slow_overrun:
                    self._was_slow(worker, last, moment)
                break
        return self.leave(worker)

    def leave(self, worker: Worker) -> bool:
        """The turn is over. Returns whether more is waiting."""
        if self._answer_after is not None and self.handled > self._answer_after:
            self._answer_after = None
            self._report_answer(self._asked_at)
        self.busy_since = None
        self.worker = None
        worker.cell = None
        worker.envelope = None
        return self._rest()

    def break_off(self, worker: Worker, error: BaseException) -> None:
        """The runtime itself failed in this turn."""
        envelope = worker.envelope
        worker.abort()
        if self.state in LIVE:
            if envelope is not None and envelope.reply_to is not None:
                envelope.reply_to.fail(error)
            self.end(self.kill_reason or crash(ExitKind.CRASH, error), envelope)

    def handle_control(self, worker: Worker, envelope: Envelope) -> None:
        """Handle a message of the control lane, unless the incarnation is over."""
        if self.is_suspended:
            self.post(envelope)
        elif self.state is RUNNING:
            self.busy_since = self.system.now()
            handle(self, worker, envelope)

    def commit(self, worker: Worker) -> None:
        """Make final what the handler did so far; called before it waits for an answer."""
        if self.instance is not None and self.instance.state is not self.good_state:
            self.keep_state(self.instance.state)
        worker.commit()

    def give_up_handling(self, envelope: Envelope | None) -> None:
        """Who waits for the answer to the message in hand gets none."""
        if envelope is not None and envelope.reply_to is not None:
            envelope.reply_to.fail(ActorDeadError(f"{self.actor_ref} ended while it handled the message"))

    def _expire(self, envelope: Envelope) -> None:
        """The time of a request is over before its turn has come: it is not handled any more."""
        if envelope.reply_to is not None:
            envelope.reply_to.fail(AskTimeout(self.path, None))

    def _was_slow(self, worker: Worker, last: Envelope | Step, moment: float) -> None:
        """The last message of this turn took all of that, unless its handler waited and others ran."""
        dispatcher = self.system.dispatcher
        if not dispatcher.runs(worker):
            return
        # It began within the slice: so much is sure also when the system's own clock stands still in a test.
        overrun = moment - dispatcher.slice_end
        seconds = overrun if self.busy_since is None else max(overrun, self.system.now() - self.busy_since)
        # A step of the control lane is a method: of a timer with its message, or of the life cycle.
        source = last if isinstance(last, Envelope) else getattr(last, "__self__", None)
        message = getattr(source, "message", None)
        kind = None if message is None else type(message)
        self.system.slow_handlers.note(self, kind, min(seconds, overrun + TIME_SLICE_SECONDS), moment)

    def _measured(self, seconds: float) -> None:
        self.timings = count_in(self.timings, seconds)
        self.system.timings[self.actor_class].add(seconds)

    # Holding it ------------------------------------------------------------------------------------------

    def suspend(self) -> None:
        """Let user mail wait until `resume`, a stop or the next incarnation.

        Its timers fire into the mailbox meanwhile. A supervisor must not be suspended: it would not hear of
        its children in time.
        """
        self.is_suspended = True
        self.note_unready()

    def resume(self) -> None:
        """Go on with the mail that waits."""
        self.is_suspended = False
        if self.state is RUNNING:
            self.note_ready()
        if self._queue and not self.scheduled and self.state in LIVE:
            self.scheduled = True
            self.system.dispatcher.schedule(self)

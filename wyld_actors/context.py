"""What a handler may do to the world outside its own state.

Everything here is held back until the handler returns, except `ask`, which makes final what came before
it. One context serves one incarnation; what it has asked for (`Owned`: timers, monitors, answers to be given
later) and its children end with that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wyld_actors.errors import ActorDeadError
from wyld_actors.mailbox import Envelope
from wyld_actors.reasons import NORMAL, ExitReason
from wyld_actors.ref import DEFAULT_ASK_SECONDS
from wyld_actors.worker import current_handler, hold

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.cell import Cell
    from wyld_actors.clock import ScheduledCall
    from wyld_actors.future import Future
    from wyld_actors.messages import Exited
    from wyld_actors.ref import Ref
    from wyld_actors.system import ActorSystem
    from wyld_actors.worker import Worker

__all__ = ["Context", "Monitor", "Reply", "Timer"]


class Context:
    """The actor's way to others, given to every handler."""

    __slots__ = ("cell", "incarnation")

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.incarnation = cell.incarnation
        """1 at the first start, one more after each restart."""

    @property
    def ref(self) -> Ref:
        """The actor's own reference."""
        return self.cell.actor_ref

    @property
    def path(self) -> str:
        """The actor's own path."""
        return self.cell.path

    @property
    def system(self) -> ActorSystem:
        """The actor system it lives in."""
        return self.cell.system

    @property
    def now(self) -> float:
        """Seconds of the system's clock."""
        return self.cell.system.now()

    @property
    def trace(self) -> object | None:
        """What caused the message being handled; handed on with everything that is told."""
        return _handler().trace

    @trace.setter
    def trace(self, trace: object | None) -> None:
        _handler().trace = trace

    def tell(self, ref: Ref, message: Any) -> None:
        """Send and forget, when the handler has returned."""
        ref.tell(message)

    def ask(self, ref: Ref, message: Any, *, timeout_seconds: float = DEFAULT_ASK_SECONDS) -> Any:
        """Make final what was done so far, then wait for the answer. Errors as in `Ref.ask`."""
        return ref.ask(message, timeout=timeout_seconds)

    def after(self, seconds: float, message: Any) -> Timer:
        """Deliver `message` to this incarnation once, `seconds` from now."""
        return self._timer(seconds, message, None)

    def every(self, seconds: float, message: Any) -> Timer:
        """Deliver `message` every `seconds`. A delivery that still waits is not doubled."""
        if seconds <= 0:
            raise ValueError(f"a period is longer than 0 seconds, not {seconds}")
        return self._timer(seconds, message, seconds)

    def spawn(self, actor_class: type[Actor], *args: Any, name: str | None = None, **kwargs: Any) -> Ref:
        """Start a child that nobody restarts and that ends with this incarnation at the latest.

        Its name is taken at once, it starts when the handler has returned. Raises NameTaken, and
        ActorDeadError when this incarnation has ended and something it left behind calls here.
        """
        if self.cell.instance is None or self.cell.incarnation != self.incarnation:
            raise ActorDeadError(f"incarnation {self.incarnation} of {self.path} has ended")
        cell = self.system.create_cell(
            actor_class, args, kwargs, name=name, parent=self.cell, is_supervised=False
        )
        handler = current_handler()
        if handler is not None:
            handler.undo.append(cell.call_off)
        hold(_start, cell)
        return cell.actor_ref

    def monitor(self, ref: Ref) -> Monitor:
        """Get one Exited when that actor ends for good; at once if it has."""
        monitor = Monitor(self.cell, self.incarnation, ref.cell)
        hold(Monitor.begin, monitor)
        return monitor

    def demonitor(self, monitor: Monitor) -> None:
        """No Exited from this monitor any more, not even one that is on its way."""
        monitor.cancel()

    def defer_reply(self) -> Reply:
        """Take the answer to this ask into one's own hands; the handler's result is ignored.

        The asker is told when the incarnation ends without having answered.
        """
        handler = _handler()
        if handler.envelope is None:
            raise RuntimeError("only a message can be answered later, not a start or a stop")
        handler.reply_deferred = True
        reply = Reply(self.cell, self.incarnation, handler.envelope.reply_to)
        hold(Reply.begin, reply)
        return reply

    def stop(self, reason: ExitReason = NORMAL) -> None:
        """End this actor when the handler has returned; `on_stop` is run."""
        _handler().outbox.append((self.cell.finish, reason))

    def _timer(self, seconds: float, message: Any, period: float | None) -> Timer:
        if not math.isfinite(seconds):
            raise ValueError(f"a timer needs a finite number of seconds, not {seconds}")
        timer = Timer(self.cell, self.incarnation, message, period)
        hold(timer.begin, seconds)
        return timer


def _handler() -> Worker:
    handler = current_handler()
    if handler is None:
        raise RuntimeError("this belongs into a handler: the actor is not handling a message here")
    return handler


def _start(cell: Cell) -> None:
    # Somebody else may have ended it while the handler went on.
    if cell.is_new:
        cell.start()


class Owned:
    """What an incarnation has asked for, and what ends with it."""

    __slots__ = ("_cell", "_incarnation")

    def __init__(self, cell: Cell, incarnation: int) -> None:
        self._cell = cell
        self._incarnation = incarnation

    def release(self) -> None:
        """The incarnation is over."""
        raise NotImplementedError


class Reply(Owned):
    """The answer to an ask that is given later, from any handler of the same actor."""

    __slots__ = ("_future",)

    def __init__(self, cell: Cell, incarnation: int, future: Future[Any] | None) -> None:
        super().__init__(cell, incarnation)
        self._future = future

    def set(self, value: Any = None) -> None:
        """Answer. Held back as everything else that a handler sends."""
        hold(self._set, value)

    def fail(self, exception: BaseException) -> None:
        """Answer with an exception."""
        hold(self._fail, exception)

    def begin(self) -> None:
        """From now on the incarnation owes an answer."""
        if self._future is not None:
            self._cell.own(self, self._incarnation)

    def release(self) -> None:
        """The incarnation has ended without an answer."""
        if self._future is not None:
            self._future.fail(ActorDeadError(f"{self._cell.actor_ref} ended before it answered"))

    def _set(self, value: Any) -> None:
        if self._future is not None:
            self._future.answer(value)
            self._cell.disown(self)

    def _fail(self, exception: BaseException) -> None:
        if self._future is not None:
            self._future.fail(exception)
            self._cell.disown(self)


class Timer(Owned):
    """A message to oneself at a later time. Belongs to the incarnation that asked for it."""

    __slots__ = ("_call", "_cancelled", "_period", "_waits", "message")

    def __init__(self, cell: Cell, incarnation: int, message: Any, period: float | None) -> None:
        super().__init__(cell, incarnation)
        self.message = message
        self._period = period
        self._call: ScheduledCall | None = None
        self._waits = False
        self._cancelled = False

    def cancel(self) -> None:
        """Never deliver, not even what is on its way. Harmless when it has been delivered.

        In a handler this holds when it returns, as everything else.
        """
        hold(Timer._cancel, self)

    def begin(self, seconds: float) -> None:
        """Start the clock."""
        if self._cell.own(self, self._incarnation):
            self._call = self._cell.system.clock.call_later(seconds, self._fire)

    def release(self) -> None:
        """The incarnation is over."""
        self._cancelled = True
        if self._call is not None:
            self._call.cancel()

    def _cancel(self) -> None:
        self.release()
        self._cell.disown(self)

    def _fire(self) -> None:
        if not self._waits:
            self._waits = True
            self._cell.post_step(self._deliver)
        if self._period is not None:
            self._call = self._cell.system.clock.call_later(self._period, self._fire)

    def _deliver(self, worker: Worker) -> None:
        self._waits = False
        if not self._cancelled:
            if self._period is None:
                self._cell.disown(self)
            self._cell.handle_control(worker, Envelope(self.message))


class Monitor(Owned):
    """One actor's interest in the end of another."""

    __slots__ = ("_cancelled", "_target")

    def __init__(self, watcher: Cell, incarnation: int, target: Cell) -> None:
        super().__init__(watcher, incarnation)
        self._target = target
        self._cancelled = False

    def begin(self) -> None:
        """Watch from now on."""
        if self._cell.own(self, self._incarnation):
            self._target.add_watcher(self)

    def deliver(self, exited: Exited) -> None:
        """Put the news into the watcher's control lane."""
        self._cell.post_step(lambda worker: self._hand_over(worker, exited))

    def cancel(self) -> None:
        """See `Context.demonitor`."""
        hold(Monitor._cancel, self)

    def release(self) -> None:
        """The incarnation is over: its successor has forgotten what it wanted to know."""
        self._cancelled = True
        self._target.remove_watcher(self)

    def _cancel(self) -> None:
        self.release()
        self._cell.disown(self)

    def _hand_over(self, worker: Worker, exited: Exited) -> None:
        if not self._cancelled:
            self._cell.disown(self)
            self._cell.handle_control(worker, Envelope(exited))

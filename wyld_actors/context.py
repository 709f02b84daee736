"""What a handler may do to the world outside its own state.

Everything here is held back until the handler returns, except `ask`, which makes final what came before
it. One context serves one incarnation; its timers and children die with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from wyld_actors.dispatcher import Worker
from wyld_actors.mailbox import Envelope
from wyld_actors.reasons import NORMAL, ExitReason
from wyld_actors.ref import DEFAULT_ASK_SECONDS

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.cell import Cell
    from wyld_actors.clock import ScheduledCall
    from wyld_actors.future import Future
    from wyld_actors.messages import Exited
    from wyld_actors.ref import Ref
    from wyld_actors.system import ActorSystem

__all__ = ["Context", "Monitor", "Reply", "Timer"]


class Context:
    """The actor's way to others, given to every handler."""

    __slots__ = ("cell",)

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

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
    def incarnation(self) -> int:
        """1 at the first start, one more after each restart."""
        return self.cell.incarnation

    @property
    def now(self) -> float:
        """Seconds of the system's clock."""
        return self.cell.system.now()

    @property
    def trace(self) -> object | None:
        """What caused the message being handled; handed on with everything that is told."""
        return _worker().trace

    @trace.setter
    def trace(self, trace: object | None) -> None:
        _worker().trace = trace

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
        """Start a child that nobody restarts and that ends with this incarnation at the latest."""
        cell = self.system.create_cell(
            actor_class, args, kwargs, name=name, parent=self.cell, is_supervised=False
        )
        worker = getcurrent()
        if isinstance(worker, Worker) and worker.cell is not None:
            worker.outbox.append((_start, cell))
            worker.undo.append(cell.discard)
        else:
            cell.start()
        return cell.actor_ref

    def monitor(self, ref: Ref) -> Monitor:
        """Get one Exited when that actor ends for good; at once if it has."""
        monitor = Monitor(self.cell, self.cell.incarnation, ref)
        ref.cell.add_watcher(monitor)
        return monitor

    def demonitor(self, monitor: Monitor) -> None:
        """No Exited from this monitor any more, not even one that is on its way."""
        monitor.cancel()

    def defer_reply(self) -> Reply:
        """Take the answer to this ask into one's own hands; the handler's result is ignored."""
        worker = _worker()
        assert worker.envelope is not None
        worker.reply_deferred = True
        return Reply(worker.envelope.reply_to)

    def stop(self, reason: ExitReason = NORMAL) -> None:
        """End this actor when the handler has returned; `on_stop` is run."""
        _worker().outbox.append((self.cell.finish, reason))

    def _timer(self, seconds: float, message: Any, period: float | None) -> Timer:
        timer = Timer(self.cell, message, period)
        worker = getcurrent()
        if isinstance(worker, Worker) and worker.cell is not None:
            worker.outbox.append((timer.arm, seconds))
        else:
            timer.arm(seconds)
        return timer


def _worker() -> Worker:
    worker = getcurrent()
    if not isinstance(worker, Worker) or worker.cell is None:
        raise RuntimeError("this belongs into a handler: the actor is not handling a message here")
    return worker


def _start(cell: Cell) -> None:
    cell.start()


class Reply:
    """The answer to an ask that is given later, from any handler of the same actor."""

    __slots__ = ("_future",)

    def __init__(self, future: Future[Any] | None) -> None:
        self._future = future

    def set(self, value: Any = None) -> None:
        """Answer. Held back as everything else that a handler sends."""
        if self._future is not None:
            _held(self._answer, value)

    def fail(self, error: BaseException) -> None:
        """Answer with an exception."""
        if self._future is not None:
            _held(self._future.fail, error)

    def _answer(self, value: Any) -> None:
        if self._future is not None and not self._future.is_done:
            self._future.set(value)


def _held(effect: Any, argument: Any) -> None:
    worker = getcurrent()
    if isinstance(worker, Worker) and worker.cell is not None:
        worker.outbox.append((effect, argument))
    else:
        effect(argument)


class Timer:
    """A message to oneself at a later time. Belongs to the incarnation that asked for it."""

    __slots__ = ("_call", "_cancelled", "_cell", "_message", "_period", "_waits")

    def __init__(self, cell: Cell, message: Any, period: float | None) -> None:
        self._cell = cell
        self._message = message
        self._period = period
        self._call: ScheduledCall | None = None
        self._waits = False
        self._cancelled = False

    def arm(self, seconds: float) -> None:
        """Start the clock."""
        if not self._cancelled:
            self._cell.add_timer(self)
            self._call = self._cell.system.clock.call_later(seconds, self._fire)

    def cancel(self) -> None:
        """Never deliver, not even what is on its way. Harmless when it has been delivered."""
        self._cancelled = True
        if self._call is not None:
            self._call.cancel()
        self._cell.forget_timer(self)

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
                self._cell.forget_timer(self)
            self._cell.handle_control(worker, Envelope(self._message))


class Monitor:
    """One actor's interest in the end of another."""

    __slots__ = ("_cancelled", "_incarnation", "_target", "_watcher")

    def __init__(self, watcher: Cell, incarnation: int, target: Ref) -> None:
        self._watcher = watcher
        self._incarnation = incarnation
        self._target = target
        self._cancelled = False

    def deliver(self, exited: Exited) -> None:
        """Put the news into the watcher's control lane."""
        self._watcher.post_step(lambda worker: self._hand_over(worker, exited))

    def cancel(self) -> None:
        """See `Context.demonitor`."""
        self._cancelled = True
        self._target.cell.remove_watcher(self)

    def _hand_over(self, worker: Worker, exited: Exited) -> None:
        # A successor has forgotten what its predecessor wanted to know.
        if not self._cancelled and self._watcher.incarnation == self._incarnation:
            self._watcher.handle_control(worker, Envelope(exited))

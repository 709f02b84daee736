"""The answer to an ask, on gevent.

Pykka's `Future` with three additions: it may carry the deadline of its ask, it knows which
cell is to answer, so that a handler that waits on a cycle of asks is told so at once, and its
time-out runs on the system's clock.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import pykka
from gevent.event import Event

from wyld_actors.errors import ActorKilled, AskTimeout, DeadlockError
from wyld_actors.worker import current_handler

if TYPE_CHECKING:
    from wyld_actors.turns import TurnTaker

__all__ = ["Future", "refuse_cycle"]

T = TypeVar("T")
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Future(pykka.Future[T]):
    """A value that is not there yet."""

    def __init__(self, target: TurnTaker | None = None, seconds: float | None = None) -> None:
        super().__init__()
        self._target = target
        self._seconds = seconds
        self.deadline = None if target is None or seconds is None else target.system.now() + seconds
        self._done = False
        self._value: Any = None
        self._exc_info: ExcInfo | None = None
        # One for each greenlet that waits: they may have different time-outs.
        self._waiting: list[Event] | None = None

    @property
    def is_done(self) -> bool:
        """Whether `get` would return at once."""
        return self._done

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the value. Raises what was set as exception, or AskTimeout.

        Without `timeout` (seconds) the deadline of the ask holds, if it has one.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self._done:
            self._wait(timeout)
        if self._exc_info is None:
            return self._value
        kind, error, traceback = self._exc_info
        if error is None:
            assert kind is not None
            error = kind()
        if traceback is not None and error.__traceback__ is not traceback:
            raise error.with_traceback(traceback)
        raise error

    def set(self, value: T | None = None) -> None:
        """Fulfil the future. Raises queue.Full when it has a result or a get hook already."""
        self._refuse_a_second_time()
        self._complete(value, None)

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Fail the future with `exc_info`, by default the exception being handled."""
        assert exc_info is None or len(exc_info) == 3
        self._refuse_a_second_time()
        self._complete(None, exc_info or sys.exc_info())

    def answer(self, value: Any) -> None:
        """Fulfil the future, unless it is done already."""
        if not self._done and self._get_hook is None:
            self._complete(value, None)

    def fail(self, error: BaseException, traceback: TracebackType | None = None) -> None:
        """Fail the future with `error`, unless it is done already."""
        if not self._done and self._get_hook is None:
            self._complete(None, (type(error), error, traceback))

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        """Let `func(timeout)` make the value. Raises queue.Full when there is a result."""
        if self._done:
            raise queue.Full
        super().set_get_hook(func)

    def _refuse_a_second_time(self) -> None:
        if self._done or self._get_hook is not None:
            raise queue.Full

    def _complete(self, value: Any, exc_info: ExcInfo | None) -> None:
        self._value = value
        self._exc_info = exc_info
        self._done = True
        if self._waiting is not None:
            for event in self._waiting:
                event.set()

    def _wait(self, timeout: float | None) -> None:
        handler = current_handler()
        target = self._target
        if handler is None or handler.cell is None or target is None:
            self._wait_for_event(timeout)
            return
        asker = handler.cell
        if asker.kill_reason is not None:
            raise ActorKilled(asker.path)
        refuse_cycle(asker, target)
        asker.waiting_for = target
        try:
            self._wait_for_event(timeout)
        finally:
            asker.waiting_for = None

    def _wait_for_event(self, timeout: float | None) -> None:
        event = Event()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(event)
        try:
            if self._target is None:
                event.wait(timeout)
            else:
                self._wait_on_clock(event, self._target, timeout)
        finally:
            self._waiting.remove(event)
        if not self._done:
            raise self._too_late(timeout)

    def _too_late(self, timeout: float | None) -> Exception:
        if self._target is None:
            return pykka.Timeout(f"{timeout} seconds")
        return AskTimeout(self._target.path, self._seconds if timeout is None else timeout)

    def _wait_on_clock(self, event: Event, target: TurnTaker, timeout: float | None) -> None:
        clock = target.system.clock
        if timeout is None:
            if self.deadline is None:
                event.wait()
                return
            timeout = self.deadline - clock.now()
        alarm = clock.call_later(timeout, event.set)
        try:
            event.wait()
        finally:
            alarm.cancel()


def refuse_cycle(asker: TurnTaker, target: TurnTaker) -> None:
    """Raise DeadlockError when `target` waits, directly or through others, for `asker`."""
    # A handful of dictionary-free steps: each cell waits for at most one other at a time.
    paths = [asker]
    cell: TurnTaker | None = target
    while cell is not None:
        paths.append(cell)
        if cell is asker:
            raise DeadlockError([step.path for step in paths])
        cell = cell.waiting_for

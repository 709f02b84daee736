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
from greenlet import getcurrent

from wyld_actors.dispatcher import Worker
from wyld_actors.errors import AskTimeout, DeadlockError

if TYPE_CHECKING:
    from wyld_actors.cell import Cell

__all__ = ["Future"]

T = TypeVar("T")
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Future(pykka.Future[T]):
    """A value that is not there yet."""

    def __init__(self, target: Cell | None = None, deadline: float | None = None) -> None:
        super().__init__()
        self._target = target
        self._deadline = deadline
        self._done = False
        self._value: Any = None
        self._exc_info: ExcInfo | None = None
        self._ready: Event | None = None

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
        self._complete(value, None)

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Fail the future with `exc_info`, by default the exception being handled."""
        assert exc_info is None or len(exc_info) == 3
        self._complete(None, exc_info or sys.exc_info())

    def fail(self, error: BaseException) -> None:
        """Fail the future with `error`, unless it is done already (its asker has gone)."""
        if not self._done:
            self._complete(None, (type(error), error, None))

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        if self._done:
            raise queue.Full
        super().set_get_hook(func)

    def _complete(self, value: Any, exc_info: ExcInfo | None) -> None:
        if self._done or self._get_hook is not None:
            raise queue.Full
        self._value = value
        self._exc_info = exc_info
        self._done = True
        if self._ready is not None:
            self._ready.set()

    def _wait(self, timeout: float | None) -> None:
        target = self._target
        if target is None:
            self._wait_on_hub(timeout)
        else:
            worker = getcurrent()
            asker = worker.cell if isinstance(worker, Worker) else None
            if asker is None:
                self._wait_on_clock(target, timeout)
                return
            _refuse_cycle(asker, target)
            asker.waiting_for = target
            try:
                self._wait_on_clock(target, timeout)
            finally:
                asker.waiting_for = None

    def _wait_on_hub(self, timeout: float | None) -> None:
        if not self._event().wait(timeout) and not self._done:
            raise pykka.Timeout(f"{timeout} seconds")

    def _wait_on_clock(self, target: Cell, timeout: float | None) -> None:
        clock = target.system.clock
        if timeout is None:
            if self._deadline is None:
                self._event().wait()
                return
            timeout = max(self._deadline - clock.now(), 0.0)
        ready = self._event()
        alarm = clock.call_later(timeout, ready.set)
        try:
            ready.wait()
        finally:
            alarm.cancel()
        if not self._done:
            self._ready = None
            raise AskTimeout(target.path, timeout)

    def _event(self) -> Event:
        if self._ready is None:
            self._ready = Event()
        return self._ready


def _refuse_cycle(asker: Cell, target: Cell) -> None:
    # A handful of dictionary-free steps: each cell waits for at most one other at a time.
    paths = [asker.path]
    cell: Cell | None = target
    while cell is not None:
        paths.append(cell.path)
        if cell is asker:
            raise DeadlockError(paths)
        cell = cell.waiting_for

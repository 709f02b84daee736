"""Runs the actors that have something to do on a few worker greenlets.

An idle actor owns no greenlet. A cell whose mailbox becomes non-empty is put into the run queue; one
worker at a time is *active*, takes cells from it, lets each handle a batch, and gives the hub its
turn after a time slice. A handler that blocks (an ask, a query) parks only its worker: the hub
gets control, finds the active worker still inside a handler, and activates another one.

Invariants: at most one worker is active; a cell is in the run queue or in the hands of one worker,
never both (`cell.scheduled`); while a worker is active a hand-over check is pending in the hub; workers that
hand over to each other share one time slice.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gevent import get_hub

from wyld_actors.seam import announce
from wyld_actors.slowness import SLOW_SECONDS
from wyld_actors.worker import Worker

if TYPE_CHECKING:
    from wyld_actors.postbox import PostBox

__all__ = ["Dispatcher"]

# Messages that one actor handles before the next actor has its turn.
BATCH_MESSAGES = 32

# Seconds after which a worker lets the hub look at its sockets, as in CPython's own switch interval.
TIME_SLICE_SECONDS = 0.005

# Workers kept for the next blocking handler: enough for a burst, small enough to forget about
# (some 5 KiB each).
SPARE_WORKERS = 64

# What a slice is measured with: never an actor system's own clock, which may stand still in a test.
slice_clock = time.monotonic


class Dispatcher:
    """The run queue of one actor system, on the hub of the thread that made it."""

    def __init__(self) -> None:
        self.hub = get_hub()
        self.spare_queues: list[deque[Any]] = []
        self.turns = 0
        self.slice_end = 0.0
        # Seconds over the end of its slice with which a handler is slow; the slice itself was looked at
        # before it.
        self.slow_overrun = SLOW_SECONDS - TIME_SLICE_SECONDS
        self._queue: deque[PostBox] = deque()
        self._active: Worker | None = None
        self._parked: list[Worker] = []
        # Those whose handler waits, and has not come back yet.
        self.blocked: dict[Worker, None] = {}
        self._wake_pending = False
        self._check: Any = None
        self._slice_timer = self.hub.loop.timer(0)
        self._idle_callbacks: list[Callable[[], None]] = []
        self._is_closed = False

    def schedule(self, cell: PostBox) -> None:
        """Put a cell in the run queue. The caller has marked it as scheduled."""
        self._queue.append(cell)
        if self._active is None and not self._wake_pending:
            self._wake_soon()

    @property
    def is_idle(self) -> bool:
        """Whether no message waits for a turn. Handlers that are blocked may still come back."""
        return not self._queue and self._active is None and not self._wake_pending

    def runs(self, worker: Worker) -> bool:
        """Whether it has not waited since its turn began."""
        return self._active is worker

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Run `callback` once in the hub, as soon as no message waits for a turn. It must not wait."""
        self._idle_callbacks.append(callback)
        if self.is_idle:
            self._wake_soon()

    def close(self) -> None:
        """Give up the timer and the parked workers. The queue must be empty."""
        self._is_closed = True
        self._slice_timer.close()
        # A parked worker that is never switched to again is freed with its last reference.
        self._parked.clear()

    def _wake_soon(self) -> None:
        self._wake_pending = True
        self.hub.loop.run_callback(self._wake)

    def _wake_after_sockets(self) -> None:
        if self._is_closed:
            self._wake_soon()
            return
        # A zero timer fires after the loop has polled its sockets; run_callback alone
        # would be served again before them.
        self._wake_pending = True
        self._slice_timer.start(self._wake, update=False)

    # In the hub -------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._wake_pending = False
        self.slice_end = slice_clock() + TIME_SLICE_SECONDS
        self._activate()

    def _activate(self) -> None:
        if self._active is None and self._queue:
            worker = self._parked.pop() if self._parked else Worker(self)
            self._active = worker
            self._check = self.hub.loop.run_callback(self._hand_over, worker)
            worker.switch()
        if self._idle_callbacks and self.is_idle:
            callbacks, self._idle_callbacks = self._idle_callbacks, []
            announce(callbacks)

    def _hand_over(self, worker: Worker) -> None:
        if self._active is not worker:
            return
        # The hub runs although the worker has not given up its place: its handler waits.
        self._active = None
        self.blocked[worker] = None
        if worker.cell is not None:
            worker.cell.handler_blocked()
        # The next one has what is left of the slice: gevent runs fifty callbacks before it looks at its
        # sockets again, and each of them could be another handler that computes and then waits.
        if slice_clock() < self.slice_end:
            self._activate()
        else:
            self._wake_after_sockets()

    # In a worker ------------------------------------------------------------------------------

    def work(self) -> None:
        """Body of every worker."""
        worker = self._active
        assert worker is not None
        queue = self._queue
        while True:
            while self._active is worker and queue:
                self.turns += 1
                # No name for the cell, so that a parked worker keeps none alive.
                queue.popleft().take_turn(worker, BATCH_MESSAGES)
                if slice_clock() >= self.slice_end:
                    break
            if not self._park(worker):
                return

    def _park(self, worker: Worker) -> bool:
        """Wait for the next activation. False when there are enough waiting workers."""
        if self._active is worker:
            self._active = None
            if self._check is not None:
                self._check.stop()
                self._check = None
            if self._queue or self._idle_callbacks:
                self._wake_after_sockets()
        else:
            self.blocked.pop(worker, None)
        if self._is_closed or len(self._parked) >= SPARE_WORKERS:
            return False
        self._parked.append(worker)
        self.hub.switch()
        return True

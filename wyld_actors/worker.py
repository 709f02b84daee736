"""A greenlet that runs actors, and what the handler it is in has held back so far.

A handler is atomic because nothing it does to others leaves at once: an *effect* (a tell, a timer, an answer)
waits in the outbox until the handler returns, and what must be there at once (a child's name, an entry of
the registry) leaves a step to take it back in `undo`. Whoever works outside of a handler, such as a socket
reader, a callback of the hub or a listener, holds nothing back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from wyld_actors.dispatcher import Dispatcher
    from wyld_actors.mailbox import Envelope
    from wyld_actors.turns import TurnTaker

__all__ = ["Worker", "current_handler", "hold"]


class Worker(greenlet):
    """One of the greenlets of a dispatcher. `cell` is the one it runs, None outside of its turn."""

    cell: TurnTaker | None
    envelope: Envelope | None
    trace: object | None

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher.work, dispatcher.hub)
        self.cell = None
        self.envelope = None
        self.trace = None
        self.outbox: list[tuple[Callable[[Any], object], Any]] = []
        self.undo: list[Callable[[], object]] = []
        self.reply_deferred = False

    def commit(self) -> None:
        """Let out what the handler has held back."""
        outbox = self.outbox
        if outbox:
            for effect, argument in outbox:
                effect(argument)
            outbox.clear()
        if self.undo:
            self.undo.clear()

    def abort(self) -> None:
        """Forget what the handler has held back, and take back what could not be held."""
        self.outbox.clear()
        if self.undo:
            for step in reversed(self.undo):
                step()
            self.undo.clear()


def current_handler() -> Worker | None:
    """The worker whose handler is running here; None outside of handlers."""
    worker = getcurrent()
    return worker if isinstance(worker, Worker) and worker.cell is not None else None


def hold(effect: Callable[[Any], object], argument: Any) -> None:
    """Have `effect(argument)` happen when the handler returns; at once outside of handlers."""
    worker = current_handler()
    if worker is None:
        effect(argument)
    else:
        worker.outbox.append((effect, argument))

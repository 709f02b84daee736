"""Stops a handler that computes without a pause, by an exception out of a signal.

Another thread decides that it is time and calls `request`. CPython runs the handler of a signal in the main
thread, inside whatever greenlet has it: only there, and only now, can it be seen whether that greenlet is
still in the very run that was meant, and in code that may be interrupted. If not, nothing happens, and the
thread asks again.

The cell is killed before the exception is raised. So a handler that catches it has crashed whatever it makes
of that: nothing of what it did leaves it, and when it waits for something it does not come back.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final

from greenlet import getcurrent

from wyld_actors.errors import ActorStuck
from wyld_actors.holder import Holder, is_in_user_code, stack_of
from wyld_actors.reasons import ExitKind, ExitReason

__all__ = ["Interrupter"]

SIGNAL: Final = signal.SIGUSR2


class Interrupter:
    """Holds the signal of the process from `install` to `remove`; both in the main thread."""

    def __init__(self) -> None:
        self.raised = 0
        """Times that a handler got the exception."""
        self._wanted: tuple[Holder, float, int] | None = None
        self._thread: int | None = None

    def install(self, thread_ident: int) -> None:
        """`thread_ident` is that of the main thread, as gevent's hub knows it.

        Under gevent's patches `threading.main_thread().ident` is a greenlet's.
        """
        self._thread = thread_ident
        signal.signal(SIGNAL, self._signalled)

    def remove(self) -> None:
        """Take the signal's handler off; what is on its way does no harm."""
        self._wanted = None
        signal.signal(SIGNAL, signal.SIG_IGN)

    def request(self, holder: Holder, held_seconds: float, raised: int) -> None:
        """From any thread: interrupt this run, if it is still on and is in a place where that does no harm.

        Not if it was interrupted since `raised` was looked at: it is unwinding.
        """
        assert self._thread is not None, "install it first"
        self._wanted = holder, held_seconds, raised
        signal.pthread_kill(self._thread, SIGNAL)

    def _signalled(self, _number: int, frame: FrameType | None) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None or wanted[2] != self.raised:
            return
        holder, held_seconds, _ = wanted
        cell = holder.cell
        if getcurrent() is not holder.worker or holder.worker.cell is not cell:
            return
        if Holder(holder.worker, cell) != holder or not cell.actor_class.may_be_interrupted:
            return
        if is_in_user_code(frame):
            self.raised += 1
            error = ActorStuck(cell.path, held_seconds)
            cell.kill(ExitReason(ExitKind.STUCK, error, traceback=stack_of(frame)))
            raise error

"""Who has the thread of the loop: read from the outside, by another thread, from the frames of that thread.

Nothing is counted or noted while actors run, so this costs a handler nothing. A worker is found by the frame
of its body; what it does, by its cell and envelope.

*User code* is what the seam has called and has not returned. The runtime's own code may be in the middle of
something (a cell that is marked as scheduled and is not in the queue yet), as may gevent's, a lock's or the
log's: an exception out of nowhere would leave it there for good, so such a moment is never one to interrupt.
"""

from __future__ import annotations

import traceback
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Final

from gevent.hub import Hub

from wyld_actors.actor import Actor
from wyld_actors.cell import Cell
from wyld_actors.dispatcher import Dispatcher
from wyld_actors.lifecycle import LifeCycle
from wyld_actors.seam import handle, run_hook
from wyld_actors.worker import Worker

if TYPE_CHECKING:
    from wyld_actors.mailbox import Envelope
    from wyld_actors.system import ActorSystem

__all__ = ["Holder", "holder_of", "is_hub", "is_in_user_code", "stack_of"]

# Through these the seam calls code of authors.
_ENTRANCES: Final = frozenset({handle.__code__, run_hook.__code__})
# Frames of the runtime between an entrance and the author's code which hold nothing.
_PASSAGES: Final[frozenset[CodeType]] = frozenset(
    function.__code__ for function in (Actor.run_tick, LifeCycle._make_and_start, Cell._make_instance)
)
# Where an exception out of nowhere would do harm that outlasts the actor: locks, queues, half-made modules.
_PROTECTED: Final = frozenset(
    {
        *("wyld_actors", "supervisors", "gevent", "greenlet", "zmq", "psycopg2", "peewee", "structlog"),
        *("logging", "threading", "queue", "weakref", "contextlib", "importlib", "_frozen_importlib"),
        "_frozen_importlib_external",
    }
)
_BODY: Final = Dispatcher.work.__code__
_HUB: Final = Hub.run.__code__

# Of a stack: recursion without end has a thousand frames, and the innermost say what it is.
STACK_FRAMES: Final = 40


class Holder:
    """One run of one handler, or of a hook such as `on_start` (`envelope` is None). Equal if it is the same
    run."""

    __slots__ = ("cell", "envelope", "incarnation", "worker")

    def __init__(self, worker: Worker, cell: Cell) -> None:
        self.worker = worker
        self.cell = cell
        self.incarnation = cell.incarnation
        self.envelope: Envelope | None = worker.envelope

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Holder)
            and self.worker is other.worker
            and self.cell is other.cell
            and self.envelope is other.envelope
            and self.incarnation == other.incarnation
        )

    __hash__ = None  # type: ignore[assignment]  # two runs are compared, never looked up

    @property
    def system(self) -> ActorSystem:
        return self.cell.system

    @property
    def path(self) -> str:
        return self.cell.path

    @property
    def message_type(self) -> str | None:
        """None for a hook."""
        return None if self.envelope is None else type(self.envelope.message).__name__


def holder_of(frame: FrameType | None) -> Holder | None:
    """The handler whose innermost frame this is, None for a greenlet that is no worker, or one between
    two."""
    while frame is not None:
        if frame.f_code is _BODY:
            return _of(frame.f_locals.get("worker"))
        frame = frame.f_back
    return None


def _of(worker: object) -> Holder | None:
    cell = worker.cell if isinstance(worker, Worker) else None
    return Holder(worker, cell) if isinstance(worker, Worker) and isinstance(cell, Cell) else None


def is_hub(frame: FrameType) -> bool:
    """Whether the loop itself has the thread: it waits for events."""
    return frame.f_code is _HUB


def is_in_user_code(frame: FrameType | None) -> bool:
    """Whether an exception raised here would meet code of authors only, on its way to the seam."""
    is_inside = False
    while frame is not None:
        code = frame.f_code
        if code in _ENTRANCES:
            return is_inside
        if code not in _PASSAGES:
            if _package_of(frame) in _PROTECTED:
                return False
            is_inside = True
        frame = frame.f_back
    return False


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def stack_of(frame: FrameType | None) -> str:
    """The stack as a traceback shows it, from the entrance of the handler on."""
    frames: list[tuple[FrameType, int]] = []
    while frame is not None and frame.f_code not in _ENTRANCES and len(frames) < STACK_FRAMES:
        frames.append((frame, frame.f_lineno or 0))
        frame = frame.f_back
    return "".join(traceback.StackSummary.extract(reversed(frames)).format())

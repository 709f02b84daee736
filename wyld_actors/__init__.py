"""The actor runtime of Wyld Actors, and the face that a behaviour author imports.

Every actor is a `pykka.Actor`; under it is a runtime of our own: cells that outlast a crash, a
dispatcher that needs no greenlet for an idle actor, bounded mailboxes, atomic handlers, asks with
deadlines. `docs/runtime.md` explains it.
"""

from wyld_actors.actor import Actor, HandlerConflict, every, on
from wyld_actors.cell import Cell
from wyld_actors.clock import Clock, ManualClock, RealClock, ScheduledCall
from wyld_actors.context import Context, Monitor, Reply, Timer
from wyld_actors.errors import (
    ActorDeadError,
    ActorError,
    ActorKilled,
    ActorStuck,
    AskTimeout,
    DeadlockError,
    Ignore,
    NameTaken,
    NoSuchLetter,
    Refused,
    SystemStopped,
    Unavailable,
    WrongState,
)
from wyld_actors.future import Future
from wyld_actors.mailbox import Envelope, Mailbox, Overflow
from wyld_actors.messages import (
    ChildAnswered,
    ChildExited,
    ChildStarted,
    Exited,
    Message,
    Record,
    StopRequested,
)
from wyld_actors.poison import MessageFate
from wyld_actors.reasons import NORMAL, SHUTDOWN, ExitKind, ExitReason
from wyld_actors.ref import DEFAULT_ASK_SECONDS, Ref
from wyld_actors.registry import Registry
from wyld_actors.slowness import StuckReport
from wyld_actors.states import CellState
from wyld_actors.system import ActorSystem, DeadLetter

__all__ = [
    "DEFAULT_ASK_SECONDS",
    "NORMAL",
    "SHUTDOWN",
    "Actor",
    "ActorDeadError",
    "ActorError",
    "ActorKilled",
    "ActorStuck",
    "ActorSystem",
    "AskTimeout",
    "Cell",
    "CellState",
    "ChildAnswered",
    "ChildExited",
    "ChildStarted",
    "Clock",
    "Context",
    "DeadLetter",
    "DeadlockError",
    "Envelope",
    "ExitKind",
    "ExitReason",
    "Exited",
    "Future",
    "HandlerConflict",
    "Ignore",
    "Mailbox",
    "ManualClock",
    "Message",
    "MessageFate",
    "Monitor",
    "NameTaken",
    "NoSuchLetter",
    "Overflow",
    "RealClock",
    "Record",
    "Ref",
    "Refused",
    "Registry",
    "Reply",
    "ScheduledCall",
    "StopRequested",
    "StuckReport",
    "SystemStopped",
    "Timer",
    "Unavailable",
    "WrongState",
    "every",
    "on",
]

"""What may be asked of a supervisor while it runs, and what it answers: OTP's calls as typed values.

    answer = ctx.ask(sessions, SpawnChild(WorldSession, (account,), id="42"))
    match answer:
        case Started(ref=ref): ...
        case AlreadyStarted(ref=ref): ...
        case StartFailed(reason=reason): ...

The supervisor never blocks over a call: the answer to a start comes when the child is up, that to a
termination when it is down. A call that meets a child half way (starting, stopping) waits for it
to arrive, as it would in OTP, while calls about other children go on. Mistakes in a
specification are raised at the asker (`InvalidSpec`), and so is `SupervisorStopping`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from supervisors.changing import Change, PoolChange
from supervisors.specs import ActorClass, ChildSpec, ChildType
from wyld_actors import SHUTDOWN, ExitReason, Message, Ref

# Requests ------------------------------------------------------------------------------------------


class StartChild(Message, frozen=True):
    """Add a child and start it.

    -> Started, AlreadyStarted, AlreadyPresent, StartFailed, Ignored, LimitReached; raises InvalidSpec
    """

    spec: ChildSpec


class SpawnChild(Message, frozen=True):
    """Start a child from the template of a dynamic supervisor. -> as StartChild

    `args` follow the template's own. Without `actor` the template's class, without `id` a number.
    """

    actor: ActorClass | None = None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = msgspec.field(default_factory=dict)
    id: str | None = None


class TerminateChild(Message, frozen=True):
    """Stop a child, by its own shutdown limit. -> Done (also if it was down), NotFound

    Its specification stays, except of a temporary child and under a dynamic supervisor.
    """

    id: str


class RestartChild(Message, frozen=True):
    """Start a stopped child. -> Started, Running, Restarting, NotFound, StartFailed, Ignored, NotSupported"""

    id: str


class DeleteChild(Message, frozen=True):
    """Forget a stopped child. -> Done, Running, Restarting, NotFound, NotSupported"""

    id: str


class WhichChildren(Message, frozen=True):
    """-> tuple of ChildEntry, newest first"""


class WhichChild(Message, frozen=True):
    """-> ChildEntry, NotFound"""

    id: str


class CountChildren(Message, frozen=True):
    """-> ChildCounts"""


class GetChildSpec(Message, frozen=True):
    """-> ChildSpec with every default filled in, NotFound"""

    id: str


class StopSupervisor(Message, frozen=True):
    """End the supervisor and all of its children in order. -> Done, when all of them are down

    `limit_seconds` bounds the whole of it. Its parent restarts it if its specification says so.
    """

    reason: ExitReason = SHUTDOWN
    limit_seconds: float | None = None


class PreviewChange(Message, frozen=True):
    """What would ApplyChange do? Nothing is done. -> Changes, NotSupported; raises InvalidSpec"""

    change: Change | PoolChange


class ApplyChange(Message, frozen=True):
    """Replace the configuration of a running supervisor. -> Changes, NotSupported; raises InvalidSpec

    The answer comes at once; stops (in reverse order) and starts (in order) that belong to it follow. A
    configuration that is not valid changes nothing. A dynamic supervisor takes a PoolChange, a static one a
    Change; NotSupported the other way round.
    """

    change: Change | PoolChange


# Answers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The child is up; `ref` is its address."""

    id: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class AlreadyStarted:
    """A child with this id runs."""

    id: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class AlreadyPresent:
    """A child with this id is known and is stopped or about to be restarted."""

    id: str


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The child did not come up. After StartChild its specification is gone, after RestartChild kept."""

    id: str
    reason: ExitReason


@dataclass(frozen=True, slots=True)
class Ignored:
    """The child's start said that it is not wanted; `why` is what it raised as `Ignore`.

    OTP's ok without a process: a static supervisor keeps its specification, unless it is temporary.
    """

    id: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A dynamic supervisor has `max_children` already, those being restarted included."""

    max_children: int


@dataclass(frozen=True, slots=True)
class Done:
    """It is as was asked."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """No child has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class Running:
    """The call is for a stopped child, this one runs."""

    id: str


@dataclass(frozen=True, slots=True)
class Restarting:
    """The call is for a stopped child, this one is about to be restarted."""

    id: str


@dataclass(frozen=True, slots=True)
class NotSupported:
    """A dynamic supervisor keeps no stopped children and no list: nothing to restart, delete or change."""

    call: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change does to one supervisor, in ids of children, each in start order.

    `changed` children go on as they are and follow their new specification from their next start on; a
    supervisor whose own children only are declared differently is not among them. `kept` are no longer
    listed and stay nevertheless.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    has_new_flags: bool = False
    has_new_order: bool = False
    has_new_template: bool = False

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return self != Changes(kept=self.kept)

    def __str__(self) -> str:
        parts = [
            *(f"add {id}" for id in self.added),
            *(f"change {id}" for id in self.changed),
            *(f"remove {id}" for id in self.removed),
            *(f"keep {id}, which is not listed" for id in self.kept),
        ]
        if self.has_new_flags:
            parts.append("replace the flags")
        if self.has_new_order:
            parts.append("reorder")
        if self.has_new_template:
            parts.append("replace the template")
        return ", ".join(parts) or "nothing"


StartAnswer = Started | AlreadyStarted | AlreadyPresent | StartFailed | Ignored | LimitReached
Answer = StartAnswer | Done | NotFound | Running | Restarting | NotSupported | Changes


class Status(enum.Enum):
    """Where a supervisor sees one of its children."""

    WAITING = "waiting"
    """For its turn to be started."""
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    RESTARTING = "restarting"
    """Its next start comes after a delay."""
    QUARANTINED = "quarantined"
    STOPPED = "stopped"
    """By hand, or because its start or its budget failed."""
    FINISHED = "finished"
    """A transient child that ended cleanly."""
    IGNORED = "ignored"
    """Its start said that it is not wanted."""


@dataclass(frozen=True, slots=True)
class ChildEntry:
    """One line of `which_children`. `ref` is None while no incarnation is there to answer."""

    id: str
    status: Status
    type: ChildType
    actor: ActorClass
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """`active` counts children that are really alive; the last two also those that are down."""

    specs: int
    active: int
    supervisors: int
    workers: int

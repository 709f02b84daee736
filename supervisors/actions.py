"""What an engine wants done: plain values, performed in order by the actor around it.

An engine (`engine`, `dynamic_engine`) decides, the actor does (`performing`). Events come in as method
calls, actions go out as a list of these. Children are named by their id, timers by a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from supervisors.calls import Answer
from supervisors.errors import SupervisionError
from supervisors.records import Decision, LogEvent
from supervisors.specs import ChildSpec
from wyld_actors import ExitReason


@dataclass(frozen=True, slots=True)
class Start:
    """Begin the child's next incarnation."""

    id: str
    spec: ChildSpec


@dataclass(frozen=True, slots=True)
class Stop:
    """Tell the child to end, at `deadline` (clock seconds) at the latest; None is no limit."""

    id: str
    reason: ExitReason
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Kill:
    """End the child at once."""

    id: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """The child survived its kill: free its address and forget it."""

    id: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Show that the child waits for its next start."""

    id: str
    is_quarantined: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """The child is down and no start of it is planned: nobody shall wait for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """The child is gone for good: free its address."""

    id: str


@dataclass(frozen=True, slots=True)
class Purge:
    """The child's waiting mail is stale: give it up."""

    id: str


@dataclass(frozen=True, slots=True)
class Redefine:
    """The child's specification was replaced; its next incarnation follows the new one."""

    id: str
    spec: ChildSpec


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Report `timer` back after `seconds`."""

    timer: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """`timer` is of no interest any more."""

    timer: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the call that came with `token`; an error is raised at the asker."""

    token: int
    result: Answer | SupervisionError


@dataclass(frozen=True, slots=True)
class Note:
    """One record for the restart log. `id` None: it is about the supervisor itself."""

    event: LogEvent
    id: str | None
    decision: Decision = Decision.NONE
    incarnation: int = 0
    reason: ExitReason | None = None
    consecutive: int = 0
    uptime_seconds: float | None = None
    down_seconds: float | None = None
    delay_seconds: float | None = None
    group: tuple[str, ...] = ()
    restarts_in_window: int = 0
    restart_type: str | None = None
    cause: object = None
    """What the runtime said about the exit, handed through untouched."""


@dataclass(frozen=True, slots=True)
class Announce:
    """The supervisor's start is complete: its subtree is up."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing is left to do: the supervisor itself ends with `reason`."""

    reason: ExitReason


Action = (
    Start
    | Stop
    | Kill
    | Abandon
    | Hold
    | Rest
    | Forget
    | Purge
    | Redefine
    | SetTimer
    | CancelTimer
    | Reply
    | Note
    | Announce
    | End
)

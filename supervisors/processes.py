"""When a process that ended is started again: the supervisor above the actor systems, decided purely.

The same rules as for actors (`backoff`, `intensity`), one level up. A process is permanent: whatever its exit
code, 0 too, an end nobody asked for is followed by a restart; the first at once, later ones with back-off.
Each process has a restart window of its own, because a world that crashes says nothing about the gateway.
Two ends are final: the end that was asked for, and exit code 78, with which a process says that its
configuration cannot work (a bad value, a port in use): starting it again would only repeat the message.

Nothing here starts or kills anything; `process_group` does.
"""

import enum
import random
import signal
from dataclasses import dataclass
from typing import ClassVar

from supervisors.backoff import Backoff
from supervisors.intensity import RestartWindow
from wyld_actors import ExitKind


class ExitCode(enum.IntEnum):
    """What the exit codes of our processes mean."""

    CLEAN = 0
    FAILED = 1  # a crash, restarts that did not help, or a process that had to be killed to stop
    # Stopped as it was asked to, and everything saved that could be; but some actor had to be killed, or was
    # left behind. For systemd that unit has failed; SuccessExitStatus=3 if it is fine.
    FORCED = 3
    # sysexits.h EX_CONFIG: "Something was found in an unconfigured or misconfigured state."
    CONFIGURATION = 78


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How often and how fast a process may be restarted."""

    backoff: Backoff
    max_restarts: int
    max_seconds: float


# Signals by which a process ends because of its own fault.
FAULTS = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the launcher knows of an end beside its code: that it has caused it, and why."""

    kind: ExitKind
    why: str


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """The end of one incarnation of a process. A negative code is the signal that ended it."""

    code: int
    uptime_seconds: float
    was_asked: bool
    was_ready: bool = True
    fault: Fault | None = None

    # The end of a process that was asked before it could listen to the signal.
    ASKED_EARLY: ClassVar = -signal.SIGTERM

    @property
    def kind(self) -> ExitKind:
        """As of an actor: a signal from outside kills, an exit code is a crash."""
        if self.fault is not None:
            return self.fault.kind
        if self.code == ExitCode.CLEAN:
            return ExitKind.NORMAL
        return ExitKind.KILLED if self.code < 0 and -self.code not in FAULTS else ExitKind.CRASH

    @property
    def why(self) -> str:
        """In words, with exit code or signal."""
        return str(self) if self.fault is None else f"{self.fault.why} ({self})"

    def __str__(self) -> str:
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


@dataclass(frozen=True, slots=True)
class Stop:
    """It was asked to end and has."""


@dataclass(frozen=True, slots=True)
class RestartIn:
    """Start it again after this time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not start it again; the server ends with this code."""

    code: ExitCode
    why: str


Decision = Stop | RestartIn | GiveUp


class RestartHistory:
    """What is remembered of one process between its incarnations, and what follows from it."""

    __slots__ = ("_has_served", "_policy", "_random", "failures", "window")

    def __init__(self, policy: RestartPolicy, source: random.Random) -> None:
        self._policy = policy
        self._random = source
        self._has_served = False
        self.window = RestartWindow(policy.max_restarts, policy.max_seconds)
        self.failures = 0
        """Ends in a row without a stable time between them."""

    def decide(self, ended: ProcessExit, now: float) -> Decision:
        """What follows the end of an incarnation at `now`. To be called once for each end.

        A configuration that cannot work is not tried again, unless it has worked before: then a port may be
        taken for a moment, or a file be half edited, and the other processes are worth the waiting.
        """
        if ended.was_asked:
            return Stop()
        self._has_served = self._has_served or ended.was_ready
        is_misconfigured = ended.code == ExitCode.CONFIGURATION
        if is_misconfigured and not self._has_served:
            return GiveUp(ExitCode.CONFIGURATION, "its configuration cannot work, see its message")
        backoff = self._policy.backoff
        before = backoff.failures_after(self.failures, ended.uptime_seconds)
        self.failures = before + 1
        if not self.window.allows(now):
            code = ExitCode.CONFIGURATION if is_misconfigured else ExitCode.FAILED
            return GiveUp(code, f"more restarts than {self.window}")
        return RestartIn(backoff.delay(before, self._random))


def share_of_stop(remaining_seconds: float, processes_left: int) -> float:
    """How much of what remains of a stop's deadline the next of the processes to end may use.

    An equal share: the first to stop cannot eat up the time of the last; what it does not need is passed on.
    """
    return max(0.0, remaining_seconds) / max(1, processes_left)

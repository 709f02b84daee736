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

from supervisors.backoff import Backoff
from supervisors.intensity import RestartWindow


class ExitCode(enum.IntEnum):
    """What the exit codes of our processes mean."""

    CLEAN = 0
    FAILED = 1  # a crash, restarts that did not help, or an ordered stop that had to end in a kill
    # sysexits.h EX_CONFIG: "Something was found in an unconfigured or misconfigured state."
    CONFIGURATION = 78


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How often and how fast a process may be restarted."""

    backoff: Backoff
    max_restarts: int
    max_seconds: float


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """The end of one incarnation of a process. A negative code is the signal that ended it."""

    code: int
    uptime_seconds: float
    was_asked: bool

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


def name_of(decision: Decision) -> str:
    """The decision as the restart log writes it."""
    match decision:
        case Stop():
            return "stop"
        case RestartIn(0.0):
            return "restart_now"
        case RestartIn(seconds):
            return f"restart_in_{round(seconds * 1000)}_ms"
        case GiveUp():
            return "gave_up"


class RestartHistory:
    """What is remembered of one process between its incarnations, and what follows from it."""

    __slots__ = ("_policy", "_random", "_window", "failures")

    def __init__(self, policy: RestartPolicy, source: random.Random) -> None:
        self._policy = policy
        self._random = source
        self._window = RestartWindow(policy.max_restarts, policy.max_seconds)
        self.failures = 0
        """Ends in a row without a stable time between them."""

    def decide(self, ended: ProcessExit, now: float) -> Decision:
        """What follows the end of an incarnation at `now`. To be called once for each end."""
        if ended.was_asked:
            return Stop()
        if ended.code == ExitCode.CONFIGURATION:
            return GiveUp(ExitCode.CONFIGURATION, "its configuration cannot work, see its message")
        backoff = self._policy.backoff
        self.failures = backoff.failures_after(self.failures, ended.uptime_seconds)
        if not self._window.allows(now):
            return GiveUp(ExitCode.FAILED, f"more restarts than {self._window}")
        delay = backoff.delay(self.failures, self._random)
        self.failures += 1
        return RestartIn(delay)

    def restarts_in_window(self, now: float) -> int:
        return self._window.count(now)


def share_of_stop(remaining_seconds: float, processes_left: int) -> float:
    """How much of what remains of a stop's deadline the next of the processes to end may use.

    An equal share: the first to stop cannot eat up the time of the last; what it does not need is passed on.
    """
    return max(0.0, remaining_seconds) / max(1, processes_left)

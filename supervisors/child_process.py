"""One child process over all its incarnations: how it is started, what it has said, and how it has ended.

The child is given one end of a socket pair. Over it comes what the child has to say (`reports`), by its end
the child sees that this process is gone (`lifeline`). It lives in a session of its own, so a Ctrl-C in the
terminal does not reach it.
"""

import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gevent import subprocess
from gevent.socket import socketpair

from supervisors.process_records import LAUNCHER, path_of
from supervisors.processes import Fault, ProcessExit, RestartHistory
from supervisors.vital_signs import VitalSigns


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to keep running. `command` gets the number of the descriptor to hand to the child."""

    name: str
    command: Callable[[int], Sequence[str]]
    environment: Mapping[str, str] | None = None


@dataclass(slots=True, eq=False)
class Process:
    """One of the group, over all its incarnations."""

    spec: ProcessSpec
    history: RestartHistory
    popen: "subprocess.Popen[bytes] | None" = None
    incarnation: int = 0
    started_at: float = 0.0
    facts: Mapping[str, Any] | None = None
    """What the running incarnation said when it was ready; None before."""
    was_asked: bool = False
    affected: Mapping[str, object] = field(default_factory=dict)
    """Who notices its end, as the running incarnation has said last."""
    down_since: float | None = None
    """Since when nobody serves in its place; None while one does, and before the first has."""
    fault: Fault | None = None
    """Why the running incarnation is being killed by us."""
    restart_at: float | None = None
    kill_at: float | None = None
    signs: VitalSigns = field(default_factory=lambda: VitalSigns(0.0))
    judge_at: float | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def pid(self) -> int | None:
        return None if self.popen is None else self.popen.pid

    @property
    def log_fields(self) -> dict[str, object]:
        """For each line of the log that is about it."""
        return {
            "supervisor": LAUNCHER,
            "path": path_of(self.name),
            "incarnation": self.incarnation,
            "child_pid": self.pid,
        }

    def begin(
        self, now: float, blocked_restart_seconds: float
    ) -> "tuple[subprocess.Popen[bytes], socket.socket]":
        """Start the next incarnation; it, and our end of the socket pair. Raises OSError."""
        self.restart_at = None
        self.incarnation += 1
        self.started_at = now
        self.fault = None
        self.affected = {}
        self.signs = VitalSigns(blocked_restart_seconds)
        ours, theirs = socketpair()
        try:
            popen = self.popen = subprocess.Popen(
                list(self.spec.command(theirs.fileno())),
                env=self.spec.environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return popen, ours

    def hear(self, facts: Mapping[str, Any], now: float) -> None:
        """A sign of life."""
        seconds, by = facts.get("blocked_seconds", 0.0), facts.get("blocked", "")
        if isinstance(seconds, int | float) and isinstance(by, str):
            self.signs.heard(now, float(seconds), by)
        if isinstance(affected := facts.get("affected"), dict):
            self.affected = affected

    def send(self, number: signal.Signals) -> None:
        if self.popen is not None:
            self.popen.send_signal(number)

    def end(self, code: int, now: float, *, is_stopping: bool) -> ProcessExit:
        """The running incarnation has ended with this code; what that was."""
        ended = ProcessExit(
            code,
            now - self.started_at,
            was_asked=self.was_asked or is_stopping,
            was_ready=self.facts is not None,
            fault=self.fault,
        )
        if self.down_since is None:
            self.down_since = now
        self.popen = self.facts = self.kill_at = self.judge_at = None
        self.signs.trouble = ""
        return ended

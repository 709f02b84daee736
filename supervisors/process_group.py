"""Starting, watching, restarting and stopping processes: the driver around `processes`.

One greenlet, the caller's, owns all state: it takes events (ready, sign of life, ended, stop) from a queue,
and wakes for the next deadline. A child (`child_process`) writes one line when it is ready, then one for each
sign of life (`vital_signs`). A Ctrl-C in the terminal reaches only this process, and the stop is in order:
reverse start order, one after the other, under one deadline, SIGTERM first and SIGKILL when a child's share
of the time has passed.
"""

import logging
import random
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent import subprocess
from gevent.queue import Empty, SimpleQueue

from supervisors.child_process import Process, ProcessSpec
from supervisors.process_records import end_records, restarted_record, stuck_record
from supervisors.processes import (
    Decision,
    ExitCode,
    Fault,
    GiveUp,
    ProcessExit,
    RestartHistory,
    RestartIn,
    RestartPolicy,
    Stop,
    share_of_stop,
)
from supervisors.reports import reports_of
from supervisors.restart_log import RestartLog
from supervisors.scheduling import is_stopped
from supervisors.vital_signs import SIGN_SECONDS, Vitality
from wyld_actors import ExitKind

logger = logging.getLogger(__name__)

# A second signal means: now. For each process; long enough to close its files, short enough for a person.
IMPATIENT_SECONDS = 2.0
# For a process that is about to be killed to write where it stands: a signal's handler does it at once.
STACKS_SECONDS = 0.3
# The socket of a process that has ended holds everything it said; this is only for the turn of the loop.
LAST_WORDS_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Ready:
    process: Process
    incarnation: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Sign:
    process: Process
    incarnation: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ended:
    process: Process
    incarnation: int
    code: int


@dataclass(frozen=True, slots=True)
class _StopAsked:
    pass


_Event = _Ready | _Sign | _Ended | _StopAsked


@dataclass(slots=True, eq=False)
class ProcessGroup:
    """Keeps processes running until it is told to stop or gives up.

    `changed` is called in the owning greenlet after every start, ready, trouble and end. A process whose
    signs of life tell of trouble for `blocked_restart_seconds` is started again; 0: never. Every decision
    is a record in `log`.
    """

    specs: Sequence[ProcessSpec]
    policy: RestartPolicy
    start_timeout_seconds: float
    shutdown_seconds: float
    changed: Callable[["ProcessGroup"], None] = lambda group: None
    source: random.Random = field(default_factory=random.Random)
    blocked_restart_seconds: float = 0.0
    log: RestartLog = field(default_factory=RestartLog)
    wall_clock: Callable[[], float] = time.time
    processes: list[Process] = field(init=False)
    _events: "SimpleQueue[_Event]" = field(init=False, default_factory=SimpleQueue)
    _stop_by: float | None = field(init=False, default=None)
    _code: ExitCode = field(init=False, default=ExitCode.CLEAN)

    def __post_init__(self) -> None:
        self.processes = [Process(spec, RestartHistory(self.policy, self.source)) for spec in self.specs]

    @property
    def is_ready(self) -> bool:
        """Whether every process has said that it serves."""
        return all(process.facts is not None for process in self.processes)

    def stop(self) -> None:
        """Ask for an ordered stop; a second call shortens it. Returns at once; `run` ends."""
        self._events.put(_StopAsked())

    def pass_on(self, number: signal.Signals) -> None:
        """Send a signal to every process that serves. One that starts might not have a handler for it yet."""
        for process in self.processes:
            if process.facts is not None:
                process.send(number)

    def run(self) -> ExitCode:
        """Start all in order and keep them running. Returns after the last has ended.

        A stop asked for before starts nothing.
        """
        while not self._events.empty():
            self._take(self._events.get())
        for process in self.processes if self._stop_by is None else ():
            self._start(process)
        while any(process.popen or process.restart_at is not None for process in self.processes):
            self._take(self._next_event())
            self._do_what_is_due()
        self.log.flush()
        return self._code

    def _next_event(self) -> "_Event | None":
        moments = [moment for p in self.processes for moment in (p.restart_at, p.kill_at, p.judge_at)]
        dues = [due for due in moments if due is not None]
        try:
            return self._events.get(timeout=max(0.0, min(dues) - time.monotonic()) if dues else None)
        except Empty:
            return None

    def _take(self, event: "_Event | None") -> None:
        match event:
            case _Ready(process, incarnation, facts) if incarnation == process.incarnation:
                self._serves(process, facts)
            case _Sign(process, incarnation, facts) if incarnation == process.incarnation:
                process.hear(facts, time.monotonic())
            case _Ended(process, incarnation, code) if incarnation == process.incarnation:
                self._ended(process, code)
                self.changed(self)
            case _StopAsked():
                if self._stop_by is None:
                    self._begin_stop(self.shutdown_seconds)
                else:
                    self._hurry()

    def _serves(self, process: Process, facts: Mapping[str, Any]) -> None:
        if self._stop_by is None:
            process.kill_at = None
        process.facts = facts
        self._note_restart(process)
        process.judge_at = time.monotonic() + SIGN_SECONDS
        if facts.get("gives_signs"):
            process.signs.heard(time.monotonic())
        logger.info("%s is ready", process.name, extra=process.log_fields)
        self.changed(self)

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for process in self.processes:
            if process.kill_at is not None and now >= process.kill_at:
                self._kill(process)
            if process.judge_at is not None and now >= process.judge_at:
                self._judge(process, now)
            if process.restart_at is not None and now >= process.restart_at:
                self._start(process)
        if self._stop_by is not None:
            self._stop_next(now)

    def _start(self, process: Process) -> None:
        try:
            popen, ours = process.begin(time.monotonic(), self.blocked_restart_seconds)
        except OSError as error:
            process.fault = Fault(ExitKind.START_FAILED, str(error))
            self._ended(process, ExitCode.FAILED)
            return
        process.kill_at = process.started_at + self.start_timeout_seconds
        logger.info("%s started as process %d", process.name, process.pid, extra=process.log_fields)
        listener = gevent.spawn(self._listen, process, process.incarnation, ours)
        gevent.spawn(self._wait, process, process.incarnation, popen, listener)
        self.changed(self)

    def _listen(self, process: Process, incarnation: int, ours: socket.socket) -> None:
        """The first report is the ready line, then come signs of life."""
        kind: type[_Ready | _Sign] = _Ready
        for facts in reports_of(process.name, ours):
            self._events.put(kind(process, incarnation, facts))
            kind = _Sign

    def _wait(
        self,
        process: Process,
        incarnation: int,
        popen: "subprocess.Popen[bytes]",
        listener: "gevent.Greenlet[..., None]",
    ) -> None:
        code = popen.wait()
        # What was said before the end is heard before it; a process left behind by the child that still holds
        # the socket open does not keep us.
        listener.join(timeout=LAST_WORDS_SECONDS)
        listener.kill(block=False)
        self._events.put(_Ended(process, incarnation, code))

    def _ended(self, process: Process, code: int) -> None:
        now = time.monotonic()
        ended = process.end(code, now, is_stopping=self._stop_by is not None)
        follows = process.history.decide(ended, now)
        for record in end_records(
            process.name,
            process.incarnation,
            ended,
            follows,
            time=self.wall_clock(),
            consecutive=process.history.failures,
            window=process.history.window,
            affected=process.affected,
        ):
            self.log.write(record)
        self._follow_up(process, ended, follows, now)

    def _follow_up(self, process: Process, ended: ProcessExit, follows: Decision, now: float) -> None:
        match follows:
            case Stop():
                logger.info("%s has stopped (%s)", process.name, ended, extra=process.log_fields)
                if ended.code == ExitCode.FORCED:
                    self._fail(ExitCode.FORCED)
                elif ended.code not in (ExitCode.CLEAN, ProcessExit.ASKED_EARLY):
                    self._fail(ExitCode.FAILED)
            case RestartIn(seconds):
                process.restart_at = now + seconds
            case GiveUp(exit_code):
                self._fail(exit_code)
                self._begin_stop(self.shutdown_seconds)

    def _note_restart(self, process: Process) -> None:
        if process.down_since is None:
            return  # its first start
        down = time.monotonic() - process.down_since
        process.down_since = None
        self.log.write(
            restarted_record(process.name, process.incarnation, time=self.wall_clock(), down_seconds=down)
        )

    def _fail(self, code: ExitCode) -> None:
        """The first failure names the exit code; what follows while stopping does not change it, unless what
        has been so far was only an actor that would not go."""
        if self._code in (ExitCode.CLEAN, ExitCode.FORCED):
            self._code = code

    def _begin_stop(self, seconds: float) -> None:
        by = time.monotonic() + seconds
        self._stop_by = by if self._stop_by is None else min(self._stop_by, by)
        for process in self.processes:
            process.restart_at = None
            if process.kill_at is not None:
                process.kill_at = min(process.kill_at, self._stop_by)

    def _judge(self, process: Process, now: float) -> None:
        """While it serves, and until it is asked to stop: then its deadline counts."""
        if process.popen is None or process.was_asked or self._stop_by is not None:
            process.judge_at = None
            return
        process.judge_at = now + SIGN_SECONDS
        before = process.signs.trouble
        vitality = process.signs.judge(now, is_stopped=is_stopped(process.popen.pid))
        self._tell_of_trouble(process, before)
        if vitality is Vitality.HOPELESS:
            self._give_up_on(process, now)

    def _tell_of_trouble(self, process: Process, before: str) -> None:
        trouble, fields = process.signs.trouble, process.log_fields
        if trouble and not before:
            logger.error("%s %s", process.name, trouble, extra=fields)
        elif before and not trouble:
            logger.warning("%s is well again; it %s", process.name, before, extra=fields)
        if trouble != before:
            self.changed(self)

    def _give_up_on(self, process: Process, now: float) -> None:
        """It answers no more: it is killed, and says before where it is, which needs no lock of its
        interpreter's."""
        trouble = process.signs.trouble
        self.log.write(
            stuck_record(
                process.name,
                process.incarnation,
                trouble,
                time=self.wall_clock(),
                affected=process.affected,
            )
        )
        process.fault = Fault(ExitKind.STUCK, trouble)
        process.judge_at = None
        process.send(signal.SIGUSR1)
        process.kill_at = now + STACKS_SECONDS

    def _hurry(self) -> None:
        """Less time for each, and some for each: the last to stop has a checkpoint to write."""
        running = [process for process in self.processes if process.popen]
        self._begin_stop(IMPATIENT_SECONDS * len(running))
        for process in running:
            if process.was_asked and process.kill_at is not None:
                process.kill_at = min(process.kill_at, time.monotonic() + IMPATIENT_SECONDS)
                process.send(signal.SIGTERM)

    def _stop_next(self, now: float) -> None:
        """Ask the last running process to end, if it was not asked yet. Its predecessor waits for it."""
        running = [process for process in self.processes if process.popen]
        if running and not running[-1].was_asked and self._stop_by is not None:
            process = running[-1]
            process.was_asked = True
            process.kill_at = now + share_of_stop(self._stop_by - now, len(running))
            logger.info("%s is asked to stop", process.name, extra=process.log_fields)
            process.send(signal.SIGTERM)

    def _kill(self, process: Process) -> None:
        process.fault = process.fault or self._fault_of_late(process)
        logger.info("%s %s and is killed", process.name, process.fault.why, extra=process.log_fields)
        process.kill_at = None
        process.send(signal.SIGKILL)

    def _fault_of_late(self, process: Process) -> Fault:
        if process.was_asked or self._stop_by is not None:
            return Fault(ExitKind.KILLED, "did not stop in time")
        return Fault(ExitKind.START_TIMEOUT, f"was not ready within {self.start_timeout_seconds:g} s")

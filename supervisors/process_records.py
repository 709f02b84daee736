"""From the end of a process to a record of the restart log: a launcher decides, and tells, as supervisors do.

The launcher is `/launcher`, its processes are `/launcher/<name>`: their records have the fields of an
actor's, so that one reader reads both, in order of time. An exit code is a crash, a signal from outside a
kill, and what the launcher has done itself is told by its reason (not ready in time, stuck, did not stop in
time).

Only what was decided is a record. A process that ends as it was asked to has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from supervisors.intensity import RestartWindow
from supervisors.processes import Decision as Follows
from supervisors.processes import ExitCode, GiveUp, ProcessExit, RestartIn, Stop
from supervisors.records import Decision, LogEvent, RestartRecord
from supervisors.specs import Restart, Strategy
from wyld_actors import ExitKind

LAUNCHER: Final = "/launcher"


def path_of(name: str) -> str:
    """The address of a process in the restart log."""
    return f"{LAUNCHER}/{name}"


def end_records(
    name: str,
    incarnation: int,
    ended: ProcessExit,
    follows: Follows,
    *,
    time: float,
    consecutive: int,
    window: RestartWindow,
    affected: Mapping[str, object],
) -> list[RestartRecord]:
    """What is told of an end, the last of `consecutive`. `window` has counted the restart after it.

    `affected` is who noticed, as the process has said itself while it lived.
    """
    told = RestartRecord(
        event=LogEvent.CHILD_TERMINATED if ended.was_ready else LogEvent.START_ERROR,
        supervisor=LAUNCHER,
        path=path_of(name),
        time=time,
        incarnation=incarnation,
        uptime_s=ended.uptime_seconds,
        reason_class=ended.kind.value,
        exc_msg=ended.why,
        restarts_in_window=window.stamps,
        intensity=str(window),
        consecutive=consecutive,
        restart_type=Restart.PERMANENT.value,
        strategy=Strategy.ONE_FOR_ONE.value,
        affected=affected,
    )
    match follows:
        case Stop():
            is_in_order = ended.code in (ExitCode.CLEAN, ProcessExit.ASKED_EARLY)
            return [] if is_in_order else [told.replace(event=LogEvent.SHUTDOWN_ERROR, consecutive=0)]
        case RestartIn(0.0):
            return [told.replace(decision=Decision.RESTART_NOW)]
        case RestartIn(seconds):
            return [told.replace(decision=Decision.RESTART_LATER, delay_ms=seconds * 1000)]
        case GiveUp(_, why):
            return [told.replace(decision=Decision.ESCALATE), _last_record(told, f"{name}: {why}")]


def _last_record(told: RestartRecord, why: str) -> RestartRecord:
    """The launcher ends, and the server with it."""
    return RestartRecord(
        event=LogEvent.ESCALATED,
        supervisor=LAUNCHER,
        path=LAUNCHER,
        time=told.time,
        reason_class=ExitKind.CRASH.value,
        exc_msg=why,
        restarts_in_window=told.restarts_in_window,
        intensity=told.intensity,
        decision=Decision.ESCALATE,
    )


def restarted_record(name: str, incarnation: int, *, time: float, down_seconds: float) -> RestartRecord:
    """It serves again; until then nobody did."""
    return RestartRecord(
        event=LogEvent.RESTARTED,
        supervisor=LAUNCHER,
        path=path_of(name),
        time=time,
        incarnation=incarnation,
        down_ms=down_seconds * 1000,
    )


def stuck_record(
    name: str, incarnation: int, trouble: str, *, time: float, affected: Mapping[str, object]
) -> RestartRecord:
    """It is killed because of this trouble; its end is told next."""
    return RestartRecord(
        event=LogEvent.STUCK,
        supervisor=LAUNCHER,
        path=path_of(name),
        time=time,
        incarnation=incarnation,
        exc_msg=trouble,
        affected=affected,
    )

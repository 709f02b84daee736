"""What the restart log is told of a process, for each way to end."""

import signal

import pytest

from supervisors.intensity import RestartWindow
from supervisors.process_records import end_records, restarted_record, stuck_record
from supervisors.processes import Decision as Follows
from supervisors.processes import ExitCode, Fault, GiveUp, ProcessExit, RestartIn, Stop
from supervisors.records import Decision, LogEvent, RestartRecord
from wyld_actors import ExitKind


def told(ended: ProcessExit, follows: Follows) -> list[RestartRecord]:
    window = RestartWindow(3, 60.0)
    window.allows(0.0)
    affected = {"players": 7}
    return end_records(
        "world", 4, ended, follows, time=100.0, consecutive=2, window=window, affected=affected
    )


def ended(code: int, fault: Fault | None = None, *, was_ready: bool = True) -> ProcessExit:
    return ProcessExit(code, 12.5, was_asked=False, was_ready=was_ready, fault=fault)


def test_an_end_that_nobody_asked_for_is_told_with_its_decision() -> None:
    [record] = told(ended(-signal.SIGKILL), RestartIn(1.5))

    assert record == RestartRecord(
        event=LogEvent.CHILD_TERMINATED,
        supervisor="/launcher",
        path="/launcher/world",
        time=100.0,
        incarnation=4,
        uptime_s=12.5,
        reason_class="killed",
        exc_msg="SIGKILL",
        restarts_in_window=1,
        intensity="3 in 60 s",
        consecutive=2,
        decision=Decision.RESTART_LATER,
        delay_ms=1500.0,
        restart_type="permanent",
        strategy="one_for_one",
        affected={"players": 7},
    )


def test_a_restart_at_once_has_no_delay() -> None:
    [record] = told(ended(1), RestartIn(0.0))

    assert (record.decision, record.delay_ms) == (Decision.RESTART_NOW, None)


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (0, "normal", "exit code 0"),
        (3, "crash", "exit code 3"),
        (-signal.SIGTERM, "killed", "SIGTERM"),
        (-signal.SIGSEGV, "crash", "SIGSEGV"),
    ],
)
def test_an_exit_code_is_a_crash_and_a_signal_from_outside_a_kill(code: int, reason: str, words: str) -> None:
    [record] = told(ended(code), RestartIn(0.0))

    assert (record.reason_class, record.exc_msg) == (reason, words)


def test_what_the_launcher_has_ended_is_told_by_its_reason() -> None:
    fault = Fault(ExitKind.STUCK, "stands still for 30 s: /world/keeper")

    [record] = told(ended(-signal.SIGKILL, fault), RestartIn(0.0))

    assert record.reason_class == "stuck"
    assert record.exc_msg == "stands still for 30 s: /world/keeper (SIGKILL)"


def test_a_process_that_never_served_has_failed_to_start() -> None:
    [record] = told(ended(1, was_ready=False), RestartIn(0.0))

    assert record.event is LogEvent.START_ERROR


def test_giving_up_ends_the_launcher_which_is_told_as_well() -> None:
    child, launcher = told(ended(5), GiveUp(ExitCode.FAILED, "more restarts than 3 in 60 s"))

    assert (child.path, child.decision) == ("/launcher/world", Decision.ESCALATE)
    assert (launcher.path, launcher.event) == ("/launcher", LogEvent.ESCALATED)
    assert launcher.exc_msg == "world: more restarts than 3 in 60 s"
    assert launcher.is_final


@pytest.mark.parametrize("code", [0, -signal.SIGTERM])
def test_an_end_that_was_asked_for_is_no_record(code: int) -> None:
    assert told(ended(code), Stop()) == []


def test_an_end_that_was_asked_for_and_went_wrong_is_one() -> None:
    [record] = told(ended(-signal.SIGKILL, Fault(ExitKind.KILLED, "did not stop in time")), Stop())

    assert (record.event, record.decision) == (LogEvent.SHUTDOWN_ERROR, Decision.NONE)
    assert record.exc_msg == "did not stop in time (SIGKILL)"


def test_a_restart_says_how_long_nobody_served() -> None:
    record = restarted_record("world", 5, time=101.0, down_seconds=0.75)

    assert (record.event, record.path, record.incarnation) == (LogEvent.RESTARTED, "/launcher/world", 5)
    assert record.down_ms == 750.0


def test_a_process_that_does_not_turn_is_told_before_it_is_killed() -> None:
    record = stuck_record("world", 5, "gives no sign of life for 30 s", time=101.0, affected={"players": 7})

    assert (record.event, record.exc_msg) == (LogEvent.STUCK, "gives no sign of life for 30 s")
    assert record.affected == {"players": 7}

"""Real processes: tiny programs under the launcher's driver.

The programs use no library and no start-up file of Python's, so each starts in some 20 ms. `WATCH` waits for
what a test needs to happen; nothing here sleeps for luck.
"""

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from tempfile import NamedTemporaryFile

import gevent
import pytest
from gevent.event import Event

from supervisors.backoff import Backoff
from supervisors.child_process import ProcessSpec
from supervisors.process_group import ProcessGroup
from supervisors.processes import ExitCode, RestartPolicy
from supervisors.records import Decision, LogEvent

QUICK = Backoff(min_seconds=0.01, max_seconds=0.02, jitter=0.0, stable_after_seconds=60.0)
POLICY = RestartPolicy(QUICK, max_restarts=3, max_seconds=60.0)

PRELUDE = "import os, signal, sys, time; fd = int(sys.argv[1]);"
READY = "os.write(fd, b'{\"port\": 4000}\\n');"
SERVE = "signal.pause();"
STOP_CLEANLY = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0));"
IGNORE_SIGTERM = "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
GOOD = STOP_CLEANLY + READY + SERVE


def program(name: str, code: str) -> ProcessSpec:
    command = [sys.executable, "-S", "-c", PRELUDE + code]
    return ProcessSpec(name, lambda descriptor: [*command, str(descriptor)])


@dataclass
class Watched:
    """A group running in a greenlet, and a way to wait for what it does."""

    group: ProcessGroup
    log: list[str] = field(default_factory=list)
    _changed: Event = field(default_factory=Event)
    _running: "gevent.Greenlet[[], ExitCode]" = field(init=False)

    def __post_init__(self) -> None:
        self.group.changed = self._note
        self._running = gevent.spawn(self.group.run)

    def _note(self, group: ProcessGroup) -> None:
        self.log.append(
            " ".join(f"{p.name}{p.incarnation}{_state(p.popen, p.facts)}" for p in group.processes)
        )
        self._changed.set()

    def until(self, holds: Callable[[ProcessGroup], bool]) -> None:
        with gevent.Timeout(10):
            while not holds(self.group):
                self._changed.wait()
                self._changed.clear()

    def result(self) -> ExitCode:
        return self._running.get(timeout=10)

    def pid(self, index: int) -> int:
        pid = self.group.processes[index].pid
        assert pid is not None
        return pid


def _state(popen: object, facts: object) -> str:
    return "-" if popen is None else "*" if facts is None else "+"


@contextmanager
def watched(
    *specs: ProcessSpec,
    policy: RestartPolicy = POLICY,
    start_timeout_seconds: float = 10.0,
    shutdown_seconds: float = 5.0,
    blocked_restart_seconds: float = 0.0,
) -> Iterator[Watched]:
    group = ProcessGroup(
        specs,
        policy,
        start_timeout_seconds,
        shutdown_seconds,
        source=random.Random(1),
        blocked_restart_seconds=blocked_restart_seconds,
    )
    watched = Watched(group)
    try:
        yield watched
    finally:
        group.stop()
        group.stop()
        watched.result()


def told(server: Watched) -> list[tuple[str, str, str | None, str]]:
    """Event, path, reason and decision of each record."""
    return [
        (record.event.value, record.path, record.reason_class, record.decision.value)
        for record in server.group.log.recent()
    ]


def is_ready(group: ProcessGroup) -> bool:
    return group.is_ready


def test_the_group_is_ready_when_every_process_has_said_so() -> None:
    with watched(program("world", GOOD), program("gateway", GOOD)) as server:
        server.until(is_ready)

        assert [process.facts for process in server.group.processes] == [{"port": 4000}] * 2
        assert server.log[0].startswith("world1*")


def test_processes_stop_one_after_the_other_in_reverse_order_and_cleanly() -> None:
    with watched(program("world", GOOD), program("gateway", GOOD)) as server:
        server.until(is_ready)

        server.group.stop()

        assert server.result() is ExitCode.CLEAN
        assert server.log[-2:] == ["world1+ gateway1-", "world1- gateway1-"]


def test_a_killed_process_is_started_again_and_the_other_is_left_alone() -> None:
    with watched(program("world", GOOD), program("gateway", GOOD)) as server:
        server.until(is_ready)
        gateway = server.pid(1)

        os.kill(server.pid(0), signal.SIGKILL)
        server.until(lambda group: group.is_ready and group.processes[0].incarnation == 2)

        assert server.pid(1) == gateway
        assert server.group.processes[1].incarnation == 1


def test_a_kill_its_restart_and_the_time_without_it_are_in_the_restart_log() -> None:
    with watched(program("world", GOOD)) as server:
        server.until(is_ready)

        os.kill(server.pid(0), signal.SIGKILL)
        server.until(lambda group: group.is_ready and group.processes[0].incarnation == 2)

        assert told(server) == [
            ("child_terminated", "/launcher/world", "killed", "restart_now"),
            ("restarted", "/launcher/world", None, "none"),
        ]
        ended, back = server.group.log.recent()
        assert ended.cause == back.cause
        assert back.incarnation == 2
        assert back.down_ms == pytest.approx((back.time - ended.time) * 1000, abs=5.0)


@pytest.mark.parametrize(
    ("other", "code"), [(STOP_CLEANLY, ExitCode.FORCED), (IGNORE_SIGTERM, ExitCode.FAILED)]
)
def test_a_stop_that_a_process_calls_forced_is_told_from_a_clean_one_and_from_a_kill(
    other: str, code: ExitCode
) -> None:
    forced = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3));" + READY + SERVE
    halves = program("world", other + READY + SERVE), program("gateway", forced)
    with watched(*halves, shutdown_seconds=1.0) as server:
        server.until(is_ready)

        server.group.stop()

        assert server.result() is code
        assert told(server)[0] == ("shutdown_error", "/launcher/gateway", "crash", "none")


def test_who_noticed_the_end_of_a_process_is_what_it_said_last_while_it_lived() -> None:
    said = [b'{"affected": {"players": 3}}', b'{"affected": {"players": 7}}', b'{"affected": "odd"}']
    signs = "".join(f"os.write(fd, {line!r} + b'\\n');" for line in said)
    with watched(program("world", STOP_CLEANLY + READY + signs + "os.kill(os.getpid(), 9)")) as server:
        server.until(lambda group: group.processes[0].incarnation == 2)

        assert server.group.log.recent()[0].affected == {"players": 7}
        assert server.group.processes[0].affected == {}, "the next incarnation has nobody yet"


def test_the_time_without_a_process_lasts_over_starts_that_fail() -> None:
    twice = "import pathlib\nseen = pathlib.Path(sys.argv[2])\n" + (
        "seen.write_text(seen.read_text() + '.')\nif len(seen.read_text()) in (2, 3): sys.exit(3)\n"
    )
    with NamedTemporaryFile() as file:
        spec = program("world", "\n" + twice + GOOD)
        with watched(ProcessSpec("world", lambda fd: [*spec.command(fd), file.name])) as server:
            server.until(is_ready)
            os.kill(server.pid(0), signal.SIGKILL)
            server.until(lambda group: group.is_ready and group.processes[0].incarnation == 4)

    ended, *failed, back = server.group.log.recent()
    assert [record.event.value for record in failed] == ["start_error", "start_error"]
    assert back.event is LogEvent.RESTARTED
    assert back.down_ms == pytest.approx((back.time - ended.time) * 1000, abs=5.0)


def test_a_process_that_ends_with_code_0_unasked_is_started_again() -> None:
    with watched(program("world", GOOD)) as server:
        server.until(is_ready)

        os.kill(server.pid(0), signal.SIGTERM)

        server.until(lambda group: group.is_ready and group.processes[0].incarnation == 2)
        assert server.group.processes[0].history.failures == 1


def test_a_process_that_always_ends_is_given_up_and_the_others_are_stopped() -> None:
    with watched(program("world", GOOD), program("gateway", "sys.exit(5)")) as server:
        assert server.result() is ExitCode.FAILED

        assert server.group.processes[1].incarnation == 1 + POLICY.max_restarts
        assert server.log[-1] == "world1- gateway4-"
        *crashes, last, launcher = told(server)
        decisions = ["restart_now", "restart_in_ms", "restart_in_ms"]
        assert crashes == [("start_error", "/launcher/gateway", "crash", decision) for decision in decisions]
        assert last == ("start_error", "/launcher/gateway", "crash", "escalate")
        assert launcher == ("escalated", "/launcher", "crash", "escalate")


def test_ends_that_were_only_counted_are_told_when_the_server_ends() -> None:
    with watched(program("world", "sys.exit(5)"), policy=replace(POLICY, max_restarts=9)) as server:
        server.result()

    later = [record for record in server.group.log.recent() if record.decision is Decision.RESTART_LATER]
    assert len(later) < 8
    assert sum(1 + record.repeated for record in later) == 8


def test_a_configuration_error_ends_the_server_without_a_restart() -> None:
    with watched(program("world", GOOD), program("gateway", "sys.exit(78)")) as server:
        assert server.result() is ExitCode.CONFIGURATION

        assert server.group.processes[1].incarnation == 1


def test_a_process_that_does_not_stop_is_killed_and_the_stop_is_not_clean() -> None:
    with watched(program("world", IGNORE_SIGTERM + READY + SERVE), shutdown_seconds=0.1) as server:
        server.until(is_ready)

        server.group.stop()

        assert server.result() is ExitCode.FAILED
        assert told(server) == [("shutdown_error", "/launcher/world", "killed", "none")]


def test_a_process_that_fails_while_stopping_makes_the_stop_not_clean() -> None:
    failing = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5));" + READY + SERVE
    with watched(program("world", failing)) as server:
        server.until(is_ready)

        server.group.stop()

        assert server.result() is ExitCode.FAILED
        assert server.group.processes[0].incarnation == 1


def test_a_second_stop_shortens_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supervisors.process_group.IMPATIENT_SECONDS", 0.05)
    with watched(program("world", IGNORE_SIGTERM + READY + SERVE), shutdown_seconds=3600.0) as server:
        server.until(is_ready)

        server.group.stop()
        server.group.stop()

        assert server.result() is ExitCode.FAILED


def test_a_stop_before_ready_is_clean() -> None:
    with watched(program("world", "time.sleep(60)")) as server:
        server.until(lambda group: group.processes[0].popen is not None)

        server.group.stop()

        assert server.result() is ExitCode.CLEAN


def test_a_stop_before_the_start_starts_nothing() -> None:
    group = ProcessGroup([program("world", GOOD)], POLICY, 10.0, 5.0)
    group.stop()

    assert group.run() is ExitCode.CLEAN
    assert group.processes[0].incarnation == 0


def test_a_stop_while_a_restart_waits_starts_nothing() -> None:
    slow = RestartPolicy(
        Backoff(min_seconds=3600.0, max_seconds=3600.0, jitter=0.0), max_restarts=9, max_seconds=60.0
    )
    with watched(program("world", "sys.exit(1)"), policy=slow) as server:
        server.until(
            lambda group: group.processes[0].restart_at is not None and group.processes[0].incarnation == 2
        )

        server.group.stop()

        assert server.result() is ExitCode.CLEAN
        assert server.group.processes[0].incarnation == 2


def test_a_process_that_is_not_ready_in_time_is_ended_and_started_again() -> None:
    with watched(program("world", "time.sleep(60)"), start_timeout_seconds=0.1) as server:
        server.until(lambda group: group.processes[0].incarnation == 2)

        assert server.group.processes[0].history.failures == 1
        record = server.group.log.recent()[0]
        assert (record.reason_class, record.exc_msg) == (
            "start_timeout",
            "was not ready within 0.1 s (SIGKILL)",
        )


def test_a_program_that_is_not_there_is_tried_again_and_given_up() -> None:
    nothing = ProcessSpec("world", lambda descriptor: ["/nonexistent/python"])
    with watched(nothing) as server:
        assert server.result() is ExitCode.FAILED
        record = server.group.log.recent()[0]
        assert record.reason_class == "start_failed"
        assert "/nonexistent/python" in str(record.exc_msg)


def test_a_ready_line_that_is_no_json_counts_as_ready_with_nothing_said() -> None:
    with watched(program("world", STOP_CLEANLY + "os.write(fd, b'hello\\n');" + SERVE)) as server:
        server.until(is_ready)

        assert server.group.processes[0].facts == {}


def test_a_child_is_out_of_reach_of_the_terminal_s_interrupt() -> None:
    with watched(program("world", GOOD)) as server:
        server.until(is_ready)

        assert os.getsid(server.pid(0)) != os.getsid(0)


def test_a_grandchild_that_holds_the_socket_does_not_hide_the_end() -> None:
    leave_behind = "os.fork() or time.sleep(5) or os._exit(0);" + "sys.exit(78)"
    with watched(program("world", leave_behind)) as server:
        assert server.result() is ExitCode.CONFIGURATION


SILENT = STOP_CLEANLY + "os.write(fd, b'{\"gives_signs\": true}\\n');" + SERVE


@pytest.mark.slow
def test_a_process_that_promised_signs_of_life_and_gives_none_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("supervisors.process_group.SIGN_SECONDS", 0.02)
    with watched(program("world", SILENT), blocked_restart_seconds=0.1) as server:
        server.until(lambda group: group.processes[0].incarnation > 1)

        assert told(server)[:2] == [
            ("stuck", "/launcher/world", None, "none"),
            ("child_terminated", "/launcher/world", "stuck", "restart_now"),
        ]


@pytest.mark.slow
def test_a_process_that_says_that_it_stands_still_is_in_trouble_until_it_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("supervisors.process_group.SIGN_SECONDS", 0.02)
    sign = 'os.write(fd, b\'{"blocked_seconds": 9.0, "blocked": "by an npc"}\\n\');'
    well = "os.write(fd, b'{\"blocked_seconds\": 0.0}\\n')"
    code = f"signal.signal(signal.SIGUSR1, lambda *_: {well});" + STOP_CLEANLY + READY + sign
    with watched(program("world", code + "\nwhile True: signal.pause()")) as server:
        server.until(lambda group: "by an npc" in group.processes[0].signs.trouble)

        server.group.pass_on(signal.SIGUSR1)

        server.until(lambda group: not group.processes[0].signs.trouble)


def test_a_second_stop_asks_again_so_that_who_is_slow_may_hurry() -> None:
    count = (
        "asked = []\n"
        "def heard(*_):\n    asked.append(1)\n    if len(asked) > 1: sys.exit(0)\n"
        '    os.write(fd, b\'{"blocked": "asked once"}\\n\')\n'
        "signal.signal(signal.SIGTERM, heard)\n"
    )
    with watched(program("world", "\n" + count + READY + "\nwhile True: signal.pause()")) as server:
        server.until(is_ready)

        server.group.stop()
        with gevent.Timeout(10):
            while server.group.processes[0].signs._by != "asked once":
                gevent.sleep(0.005)
        server.group.stop()

        assert server.result() is ExitCode.CLEAN

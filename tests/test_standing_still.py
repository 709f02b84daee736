"""Real processes that stand still, that are asked what they do, and that are told to stop."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from run_link import HALVES

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[1]
LIMIT_SECONDS = 60.0
LOOK_SECONDS = 0.05
MODULE = "tests.launcher_with_small_halves"


class Server:
    """A launcher with small halves, and what can be seen of it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        names = ("GATEWAY__TELNET__PORT", "GATEWAY__WEB__PORT", "ADMIN__GATEWAY_PORT", "ADMIN__WORLD_PORT")
        ports = {f"WYLD_{name}": "0" for name in names}
        given = {f"WYLD_{key}": value for key, value in settings.items()}
        self.environment = os.environ | ports | {"WYLD_DATA_DIR": str(folder)} | given
        self.words_file = folder.parent / "words"
        with self.words_file.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                cwd=PROJECT,
                env=self.environment,
                stdout=words,
                stderr=subprocess.STDOUT,
            )
        self.until((folder / "run.json").exists)

    def until(self, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.words
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_SECONDS)
                assert holds(), f"the launcher has ended: {self.words}"

    @property
    def words(self) -> str:
        return self.words_file.read_text(encoding="utf-8")

    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return content

    def pid(self, name: str) -> int:
        return int(self.content()["pids"][name] or 0)

    def does(self, half: str, what: str) -> None:
        """Let the labourer of that half do this, and return when it has begun."""
        file = self.folder / f"do-{half}"
        file.with_suffix(".new").write_text(what)
        file.with_suffix(".new").replace(file)
        self.until(lambda: not file.exists())

    def readiness(self, half: str, seconds: float = 1.0) -> tuple[int, dict[str, Any]] | None:
        """The answer of `/readyz`; None when it does not come in the time that a probe has."""
        parts = urlsplit(self.content()["addresses"][f"{half}-admin"])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except OSError:
            return None
        finally:
            connection.close()

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", MODULE, *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return done.stdout

    def restarts(self, half: str) -> list[dict[str, Any]]:
        file = self.folder / "log" / f"{half}-restarts.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def dumps(self, process: str) -> list[str]:
        """The dumps that its log has named."""
        log = self.folder / "log" / f"{process}.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        events = [str(json.loads(line)["event"]) for line in lines]
        paths = [event.rpartition(" are in ")[2] for event in events if event.startswith("SIGUSR1: the tree")]
        return [Path(path).read_text(encoding="utf-8") for path in paths]

    def end(self) -> int:
        return self.process.wait(LIMIT_SECONDS)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    begun: list[Server] = []

    def begin(**settings: str) -> Server:
        begun.append(Server(tmp_path / "data", **settings))
        return begun[-1]

    yield begin
    for server in begun:
        family = [server.process.pid, *(child.pid for child in _children(server.process.pid))]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.process.wait(LIMIT_SECONDS)


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


# Handlers that do not give way -----------------------------------------------------------------------------


def test_a_handler_that_computes_for_ever_costs_its_actor_an_incarnation_and_nothing_else(
    servers: Callable[..., Server],
) -> None:
    server = servers()
    before = server.content()["pids"]

    server.does("world", "spin")
    server.until(lambda: any(record["event"] == "restarted" for record in server.restarts("world")))

    stuck, terminated = server.restarts("world")[:2]
    assert (stuck["event"], stuck["path"], stuck["message_type"]) == ("stuck", "/world/labourer", "Tick")
    assert "in spin" in stuck["stack"]
    assert (terminated["event"], terminated["reason_class"]) == ("child_terminated", "stuck")
    assert "the loop stands still for 0." in server.words
    assert {record["path"] for record in server.restarts("world")} == {"/world/labourer"}
    assert server.content()["pids"] == before


def test_a_call_that_heeds_no_signal_makes_the_process_unready_and_names_its_actor(
    servers: Callable[..., Server],
) -> None:
    server = servers()
    ready = server.readiness("world")
    assert ready is not None
    assert ready[0] == 200

    server.does("world", "deaf_call")
    server.until(lambda: (answer := server.readiness("world")) is not None and answer[1].get("is_blocked"))

    answer = server.readiness("world")
    assert answer is not None
    assert answer[0] == 503
    assert "by /world/labourer in Tick" in answer[1]["error"]
    assert server.readiness("gateway", LIMIT_SECONDS) is not None
    assert "the world does not answer: blocked for" in server.command("doctor")


def test_a_process_whose_interpreter_is_held_is_killed_and_started_again(
    servers: Callable[..., Server],
) -> None:
    server = servers(WATCHDOG__RESTART_AFTER_SECONDS="14")
    before = server.content()["pids"]

    server.does("world", "greedy_call")
    server.until(lambda: server.content()["troubles"])
    assert server.readiness("world") is None
    assert "gives no sign of life" in server.content()["troubles"]["world"]
    assert "the launcher says: world gives no sign of life" in server.command("doctor")
    server.until(lambda: server.pid("world") not in {0, before["world"]})

    assert server.pid("gateway") == before["gateway"]
    # Put aside by its successor.
    stacks = server.folder / "log" / "world-stacks.1.txt"
    server.until(stacks.exists)
    assert "in greedy_call" in stacks.read_text()


def test_a_process_that_is_stopped_by_a_signal_is_told_and_left_alone(
    servers: Callable[..., Server],
) -> None:
    server = servers(WATCHDOG__RESTART_AFTER_SECONDS="5.5")
    before = server.content()["pids"]

    os.kill(before["world"], signal.SIGSTOP)
    server.until(lambda: "world is stopped, by SIGSTOP or a debugger" in server.words)
    time.sleep(2.0)
    os.kill(before["world"], signal.SIGCONT)
    server.until(lambda: "world is well again" in server.words)

    assert server.content()["pids"] == before
    assert not server.restarts("world")
    assert "kept everybody waiting" not in server.words


# SIGUSR1 ---------------------------------------------------------------------------------------------------


def test_sigusr1_to_a_half_writes_its_tree_and_all_stacks_and_the_game_goes_on(
    servers: Callable[..., Server],
) -> None:
    server = servers()
    before = server.content()["pids"]

    os.kill(before["world"], signal.SIGUSR1)
    server.until(lambda: server.dumps("world"))

    [dump] = server.dumps("world")
    assert "/world/labourer Labourer running, incarnation 1" in dump
    assert "Thread " in dump
    assert "Greenlets here: " in dump
    assert server.dumps("gateway") == []
    assert server.readiness("world", LIMIT_SECONDS) is not None
    assert server.content()["pids"] == before


def test_sigusr1_to_the_launcher_is_passed_on(servers: Callable[..., Server]) -> None:
    server = servers()

    server.process.send_signal(signal.SIGUSR1)
    server.until(lambda: all(server.dumps(name) for name in ("launcher", *HALVES)))

    assert "world: process " in server.dumps("launcher")[0]
    assert server.process.poll() is None


def test_sigusr1_tells_the_stack_also_of_what_holds_the_interpreter(servers: Callable[..., Server]) -> None:
    server = servers()

    server.does("world", "greedy_call")
    os.kill(server.pid("world"), signal.SIGUSR1)

    stacks = server.folder / "log" / "world-stacks.txt"
    server.until(lambda: "in greedy_call" in stacks.read_text())


# The end ---------------------------------------------------------------------------------------------------


def test_sigterm_lets_an_actor_finish_its_stop_and_the_exit_code_is_0(servers: Callable[..., Server]) -> None:
    server = servers()
    server.does("world", "short_stop")

    server.process.terminate()

    assert server.end() == 0
    assert server.restarts("world") == []


def test_a_second_sigterm_shortens_the_stop(servers: Callable[..., Server]) -> None:
    server = servers(LAUNCHER__SHUTDOWN_SECONDS="80")
    server.does("gateway", "slow_stop")

    server.process.terminate()
    server.until(lambda: "gateway is asked to stop" in server.words)
    assert server.process.poll() is None
    server.process.terminate()

    began = time.monotonic()
    assert server.end() == 3
    assert time.monotonic() - began < 20.0
    # It was the half that hurried: nobody had to kill the process, and the actor's end is on record.
    assert [record["event"] for record in server.restarts("gateway")] == ["shutdown_error"]


def test_what_does_not_die_is_marked_leaked_and_does_not_keep_the_process(
    servers: Callable[..., Server],
) -> None:
    server = servers(LAUNCHER__SHUTDOWN_SECONDS="12")
    server.does("world", "immortal")

    server.process.terminate()

    assert server.end() == 3
    assert "/world/labourer did not stop by itself" in server.words
    leaked = [record for record in server.restarts("world") if record["event"] == "leaked"]
    assert [record["path"] for record in leaked] == ["/world/labourer"]


def test_a_tree_that_gives_up_ends_its_process_and_at_last_the_server_with_code_1(
    servers: Callable[..., Server],
) -> None:
    server = servers(LAUNCHER__MAX_RESTARTS="0")
    (server.folder / "do-world").write_text("give_up")

    assert server.end() == 1
    told = [
        (record["event"], record["path"], record.get("exc_msg")) for record in server.restarts("launcher")
    ]
    assert told[-2][1:] == ("/launcher/world", "exit code 1")
    assert told[-1][:2] == ("escalated", "/launcher")

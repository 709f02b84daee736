"""The command line, and the launcher with real signals over tiny halves."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import psutil
import pytest
from click.testing import CliRunner, Result

import run
from run_link import HALVES
from run_options import version

PROJECT = Path(__file__).parents[1]
LIMIT_SECONDS = 30
# How often run.json is looked at while the launcher is expected to go on running.
LOOK_SECONDS = 0.02


def command(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(run.main, list(arguments), env=environment, catch_exceptions=False)


class Launcher:
    """A launcher in a process of its own, its words, and its run.json."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.run_file = data_dir / "run.json"
        names = ("GATEWAY__TELNET__PORT", "GATEWAY__WEB__PORT", "ADMIN__GATEWAY_PORT", "ADMIN__WORLD_PORT")
        ports = {f"WYLD_{name}": "0" for name in names}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.launcher_with_tiny_halves"],
            cwd=PROJECT,
            env=os.environ | ports | {"WYLD_DATA_DIR": str(data_dir)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.run_file.read_text(encoding="utf-8"))
        return content

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with gevent.Timeout(LIMIT_SECONDS):
            while not (self.run_file.exists() and holds(content := self.content())):
                try:
                    self.process.wait(LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
                pytest.fail(f"the launcher ended: {self.end()}")
            return content

    def end(self) -> tuple[int, str]:
        words, _ = self.process.communicate(timeout=LIMIT_SECONDS)
        return self.process.returncode, words


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path / "data")
    yield launcher
    launcher.process.kill()
    launcher.process.wait(LIMIT_SECONDS)


def serves(content: dict[str, Any]) -> bool:
    return all(content["pids"].values())


def test_a_dump_that_is_asked_of_a_process_which_still_starts_does_not_end_it(tmp_path: Path) -> None:
    (tmp_path / "gevent.py").write_text(
        "import os, signal\n"
        "for number in (signal.SIGUSR1, signal.SIGUSR2):\n"
        "    os.kill(os.getpid(), number)\n"
        "raise SystemExit(7)\n"
    )

    ended = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), "version"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=False,
    )

    assert ended.returncode == 7, "its first import was reached, and survived both"


def test_a_python_that_has_none_of_the_packages_says_which_one_has() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(PROJECT / "run.py"), "doctor"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 78
    assert "`make run`" in ended.stderr
    assert "`.venv/bin/python run.py COMMAND`" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_launcher_says_where_to_connect_and_stops_cleanly_on_sigterm(launcher: Launcher) -> None:
    content = launcher.until(serves)

    launcher.process.terminate()

    code, words = launcher.end()
    assert code == 0
    assert "telnet localhost 4000" in words
    assert "http://localhost:8080/" in words
    assert content["pids"]["launcher"] == launcher.process.pid
    assert content["ports"] == {"telnet": 4000, "web": 8080}
    assert not launcher.run_file.exists()
    assert not any(psutil.pid_exists(pid) for pid in content["pids"].values())


@pytest.mark.slow
def test_a_killed_half_is_replaced_and_its_new_id_is_published(launcher: Launcher) -> None:
    before = launcher.until(serves)["pids"]

    os.kill(before["world"], signal.SIGKILL)

    after = launcher.until(lambda content: serves(content) and content["pids"]["world"] != before["world"])[
        "pids"
    ]
    assert after["gateway"] == before["gateway"]
    assert after["launcher"] == before["launcher"]


@pytest.mark.slow
def test_a_second_start_in_the_same_data_dir_is_refused_with_the_pid_of_the_first(launcher: Launcher) -> None:
    launcher.until(serves)

    code, words = Launcher(launcher.run_file.parent).end()

    assert code == 78
    assert f"process {launcher.process.pid} is already running with {launcher.run_file.parent}" in words
    assert launcher.process.poll() is None


@pytest.mark.slow
def test_the_halves_end_when_the_launcher_is_killed(launcher: Launcher) -> None:
    pids = launcher.until(serves)["pids"]
    halves = [psutil.Process(pids[name]) for name in HALVES]

    launcher.process.kill()

    _, alive = psutil.wait_procs(halves, timeout=LIMIT_SECONDS)
    assert alive == []


@pytest.mark.slow
def test_a_launcher_starts_again_after_it_was_killed(launcher: Launcher) -> None:
    launcher.until(serves)
    launcher.process.kill()
    launcher.process.wait(LIMIT_SECONDS)

    second = Launcher(launcher.run_file.parent)
    second.until(lambda content: serves(content) and content["pids"]["launcher"] == second.process.pid)
    second.process.send_signal(signal.SIGINT)

    assert second.end()[0] == 0


@pytest.mark.slow
def test_a_port_in_use_is_told_at_once_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, words = Launcher(tmp_path, WYLD_GATEWAY__WEB__PORT=str(port)).end()

    assert code == 78
    assert f"variable WYLD_GATEWAY__WEB__PORT: gateway.web.port = {port}: is in use on 127.0.0.1" in words
    assert "started" not in words


def test_the_help_names_every_command_and_the_exit_codes() -> None:
    text = command("--help").output

    for word in ("gateway", "world", "config", "version", "--config", "WYLD_", "run.json", "78"):
        assert word in text


def test_the_version_is_that_of_the_metadata() -> None:
    assert command("version").output == f"{version()}\n"


def test_the_effective_settings_are_shown_with_their_origins(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[world]\nname = 'there'\n")

    result = command("--config", str(file), "config", environment={"WYLD_GATEWAY__TELNET__PORT": "4001"})

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert any(line.split() == f'world.name = "there" # {file}, line 2'.split() for line in lines)
    assert any(
        "gateway.telnet.port = 4001" in line and "WYLD_GATEWAY__TELNET__PORT" in line for line in lines
    )


@pytest.mark.parametrize("arguments", [["config"], [], ["world"], ["gateway"]])
def test_a_wrong_setting_ends_every_command_with_its_message_and_code_78(
    arguments: list[str], tmp_path: Path
) -> None:
    result = command(
        *arguments, environment={"WYLD_GATEWAY__TELNET__PORT": "4001O", "WYLD_DATA_DIR": str(tmp_path)}
    )

    assert result.exit_code == 78
    assert 'gateway.telnet.port = "4001O": must be a whole number from 0 to 65535' in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("WYLD_DATA_DIR", "{tmp}/file/data", "data_dir = "),
        ("WYLD_WORLD__FILES", "{tmp}/nowhere", "world.files: is no folder"),
        ("WYLD_WORLD__FILES", "{tmp}/world", "town.toml: line 1 is not UTF-8 text"),
        ("WYLD_WORLD__FILES", "{tmp}/slip", "town.toml:1: "),
        ("WYLD_WORLD__BEHAVIOURS", "nosuch", "nosuch"),
        ("WYLD_GATEWAY__TELNETS__CERTFILE", "{tmp}/no.pem", "gateway.telnets.certfile = "),
        ("WYLD_LINK__ADDRESS", "ipc://{tmp}/nowhere/link", "there is no folder"),
        ("WYLD_DATABASE__DSN", "host.example.org", "database.dsn = (hidden): must be a connection string"),
    ],
)
def test_what_can_never_work_is_told_before_anything_is_started(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "town.toml").write_bytes(b"\xff")
    (tmp_path / "slip").mkdir()
    (tmp_path / "slip" / "town.toml").write_text("nam =\n")
    given = {variable: value.format(tmp=tmp_path)}
    if "TELNETS" in variable:
        given |= {"WYLD_GATEWAY__TELNETS__ENABLED": "true", "WYLD_GATEWAY__TELNETS__PORT": "0"}

    code, said = Launcher(tmp_path / "data", **given).end()

    assert code == 78
    assert "telnet localhost" not in said
    assert words in said
    assert "Traceback" not in said
    assert not (tmp_path / "data" / "postgres").exists()


def test_an_unknown_command_is_a_wrong_command_line() -> None:
    assert command("dance").exit_code == 2

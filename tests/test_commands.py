"""The operators' commands: against nothing, and against a real server with a player in it."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click
import pytest
from click.testing import CliRunner, Result

import run
from tests.play.kit import PROJECT, Server, folder

slow = pytest.mark.slow
Found = TypeVar("Found")


def command(data_dir: Path, *arguments: str, **settings: str) -> Result:
    environment = {"WYLD_DATA_DIR": str(data_dir), **settings}
    return CliRunner().invoke(run.main, list(arguments), env=environment, catch_exceptions=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with folder() as path, Server(path).start() as server:
        server.telnet("ann").signs_up()
        yield server


def wait_until(look: Callable[[], Found]) -> Found:
    """What is found, as soon as there is something."""
    deadline = time.monotonic() + 60.0
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing was found within a minute"
        time.sleep(0.05)
    return found


def readyz(port: int) -> tuple[int, list[str]]:
    """The status of `/readyz` and what fails, for who has no token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, json.loads(response.read())["failing"]
    finally:
        connection.close()


def answer(server: Server, *arguments: str) -> str:
    result = command(server.data_dir, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def read(server: Server, *arguments: str) -> Any:
    return json.loads(answer(server, *arguments, "--json"))


@pytest.mark.parametrize("name", ["tree", "restarts", "top", "letters", "sessions", "doctor"])
def test_without_a_server_a_command_says_so_and_how_to_start_one(tmp_path: Path, name: str) -> None:
    result = command(tmp_path, name)

    assert result.exit_code == 1
    assert f"no server is running with {tmp_path}" in result.output


@pytest.mark.parametrize("bare", ["5", "5.5", "-5"])
def test_a_number_without_its_unit_is_no_time_for_restarts(tmp_path: Path, bare: str) -> None:
    result = command(tmp_path, "restarts", f"--since={bare}")

    assert result.exit_code == 2
    assert f"{bare} of what? Write 30s, 15m, 2h or 1d." in result.output
    assert command(tmp_path, "restarts", "--since=1790000000").exit_code == 1


def test_a_server_that_is_gone_without_a_word_is_told_from_one_that_runs(tmp_path: Path) -> None:
    addresses = {f"{half}-admin": "http://localhost:1/" for half in ("gateway", "world")}
    (tmp_path / "run.json").write_text(json.dumps({"addresses": addresses}), encoding="utf-8")
    (tmp_path / "admin.key").write_text("token", encoding="ascii")

    result = command(tmp_path, "tree")

    assert result.exit_code == 1
    assert "the gateway does not answer" in result.output


def test_a_path_belongs_to_one_of_the_halves(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    (tmp_path / "admin.key").write_text("token", encoding="ascii")

    result = command(tmp_path, "actor", "/nowhere")

    assert result.exit_code == 1
    assert "paths begin with /world or /gateway" in result.output


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command without commands of its own, by all of its words."""
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from leaves(below, f"{name} {word}".strip())
    else:
        yield name, command


def test_every_operator_s_command_is_machine_readable() -> None:
    serving = {"world", "gateway", "config", "version"}

    without = [
        name
        for name, found in leaves(run.main, "")
        if name not in serving and not any("--json" in option.opts for option in found.params)
    ]

    assert without == []


@slow
def test_the_tree_shows_both_halves_or_what_is_asked_for(server: Server) -> None:
    both = answer(server, "tree")
    one = answer(server, "tree", "/gateway/sessions")

    assert "/gateway Supervisor" in both
    assert "character:ann Character running" in both
    assert "/gateway/sessions DynamicSupervisor" in one
    assert "/world" not in one
    assert set(read(server, "tree")) == {"gateway", "world"}


@slow
def test_sessions_name_the_players(server: Server) -> None:
    found = read(server, "sessions")["gateway"]

    assert found["by_state"] == {"playing": 1}
    assert (found["sessions"][0]["character"], found["sessions"][0]["protocol"]) == ("Ann", "telnet")
    assert "Ann" in answer(server, "sessions")


@slow
def test_the_doctor_finds_a_running_server_well(server: Server) -> None:
    checks = [check for half in read(server, "doctor").values() for check in half]

    assert {"loop", "tree", "link", "store", "checkpoint", "disk", "keys"} <= {
        check["name"] for check in checks
    }
    assert not [check for check in checks if check["health"] == "failing"]


@slow
def test_a_crash_on_purpose_is_in_the_restarts_and_the_audit(server: Server) -> None:
    assert "incarnation" in answer(server, "actor", "/gateway/pool", "restart")
    answer(server, "chaos", "crash", "/gateway/pool")

    assert "/gateway/pool" in answer(server, "restarts", "--path", "/gateway/pool", "--since", "5m")
    assert [record["path"] for record in read(server, "restarts", "--path", "/gateway/pool")["gateway"]]
    audit = (server.data_dir / "log" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["action"] for line in audit[-2:]] == ["restart", "chaos crash"]
    assert "Pool" in answer(server, "actor", "/gateway/pool")


@slow
def test_a_mistaken_path_is_answered_with_what_was_meant(server: Server) -> None:
    result = command(server.data_dir, "actor", "/gateway/poll")

    assert result.exit_code == 1
    assert "did you mean /gateway/pool?" in result.output


@slow
def test_a_wrong_token_is_told(server: Server) -> None:
    result = command(server.data_dir, "top", WYLD_ADMIN__TOKEN="wrong")

    assert result.exit_code == 1
    assert "does not accept the token of admin.token" in result.output


@slow
def test_the_key_is_for_its_owner_only(server: Server) -> None:
    assert (server.data_dir / "admin.key").stat().st_mode & 0o777 == 0o600


@slow
def test_who_follows_reads_a_restart_as_it_happens(server: Server) -> None:
    arguments = [sys.executable, str(PROJECT / "run.py"), "restarts", "--follow", "--json", "--limit", "1"]
    with subprocess.Popen(
        arguments, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as follower:
        assert follower.stdout is not None
        follower.stdout.readline()
        answer(server, "actor", "/gateway/telnet", "restart")
        record = json.loads(follower.stdout.readline())
        follower.send_signal(signal.SIGINT)

    assert (record["half"], record["path"]) == ("gateway", "/gateway/telnet")


@slow
def test_a_half_that_is_away_is_told_and_the_other_answers(server: Server) -> None:
    content = json.loads((server.data_dir / "run.json").read_text(encoding="utf-8"))
    half_gone = server.data_dir / "half"
    half_gone.mkdir(exist_ok=True)
    content["addresses"]["world-admin"] = "http://localhost:1/"
    (half_gone / "run.json").write_text(json.dumps(content), encoding="utf-8")
    (half_gone / "admin.key").write_text(
        (server.data_dir / "admin.key").read_text(encoding="ascii"), encoding="ascii"
    )

    result = command(half_gone, "top")

    assert result.exit_code == 0
    assert "the world does not answer" in result.stderr
    assert "/gateway/" in result.stdout


@slow
def test_restarts_tell_what_was_before_a_restart_of_everything_also_without_the_files() -> None:
    with folder() as path, Server(path).start() as server:
        for part in ("/gateway/pool", "/world/presence"):
            answer(server, "chaos", "crash", part)
        assert server.stop() == 0
        for half in ("gateway", "world"):
            (server.data_dir / "log" / f"{half}-restarts.jsonl").unlink()
        server.start()

        found = read(server, "restarts", "--since", "24h")

        for half, part in (("gateway", "/gateway/pool"), ("world", "/world/presence")):
            ended, restarted = [record for record in found[half] if record["path"] == part][:2]
            assert (ended["exc_type"], restarted["event"]) == ("ChaosError", "restarted")
            assert ended["cause"] == restarted["cause"]
            assert ended["affected"] == {"players": 0}


@slow
def test_restarts_of_a_world_that_was_killed_are_told_by_the_next_one() -> None:
    with folder() as path, Server(path).start() as server:

        def told() -> list[dict[str, Any]]:
            result = command(server.data_dir, "restarts", "--path", "/world/presence", "--json")
            records: list[dict[str, Any]] = json.loads(result.stdout)["world"] if not result.exit_code else []
            return records

        answer(server, "chaos", "crash", "/world/presence")
        wait_until(told)
        server.kill_and_wait("world")

        assert wait_until(told)[0]["event"] == "child_terminated"


def of_the_launcher_without_its_file(server: Server) -> list[dict[str, Any]]:
    """What the table has by now, which is what comes of a second or so ago."""
    file = server.data_dir / "log" / "launcher-restarts.jsonl"
    away = file.rename(file.with_suffix(".away"))
    try:
        found: list[dict[str, Any]] = read(server, "restarts", "--path", "/launcher")["launcher"]
        return found
    finally:
        away.rename(file)


@slow
def test_a_killed_world_and_its_return_are_in_the_restarts_in_order_of_time() -> None:
    with folder() as path, Server(path).start() as server:
        answer(server, "chaos", "crash", "/gateway/pool")
        server.kill("world")
        wait_until(lambda: len(read(server, "restarts", "--path", "/launcher")["launcher"]) == 2)
        answer(server, "chaos", "crash", "/gateway/pool")

        found = read(server, "restarts")["launcher"]
        lines = answer(server, "restarts").splitlines()
        alone = read(server, "restarts", "--path", "/launcher/world")
        # The pool, crashed twice, may wait to be started: that fails, and is not asked for here.
        from_table = wait_until(lambda: len(told := of_the_launcher_without_its_file(server)) == 2 and told)
        examined = json.loads(command(server.data_dir, "doctor", "--json").stdout)["world"]
        checks = {check["name"]: check for check in examined}

    assert checks["process"]["health"] == "warning"
    assert "SIGKILL" in checks["process"]["finding"]
    assert from_table == found
    ended, back = found
    assert alone == {"launcher": found}
    assert (ended["event"], ended["path"], ended["incarnation"]) == ("child_terminated", "/launcher/world", 1)
    assert (ended["reason_class"], ended["exc_msg"]) == ("killed", "SIGKILL")
    assert ended["decision"] == "restart_now"
    assert (back["event"], back["incarnation"]) == ("restarted", 2)
    assert back["down_ms"] == pytest.approx((back["time"] - ended["time"]) * 1000, abs=20.0)
    crashes = [at for at, line in enumerate(lines) if "child_terminated /gateway/pool" in line]
    [killed] = [
        at for at, line in enumerate(lines) if "child_terminated /launcher/world killed: SIGKILL" in line
    ]
    [returned] = [at for at, line in enumerate(lines) if "/launcher/world after" in line]
    assert crashes[0] < killed < returned < crashes[1]


@slow
def test_who_follows_reads_that_the_world_was_killed_and_came_back(server: Server) -> None:
    arguments = [sys.executable, str(PROJECT / "run.py"), "restarts", "--follow", "--json", "--limit", "1"]
    with subprocess.Popen(
        arguments, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as follower:
        assert follower.stdout is not None
        follower.stdout.readline()
        server.kill_and_wait("world")
        records = [json.loads(line) for line in islice(follower.stdout, 2)]
        follower.send_signal(signal.SIGINT)

    assert [(record["half"], record["path"], record["event"]) for record in records] == [
        ("launcher", "/launcher/world", "child_terminated"),
        ("launcher", "/launcher/world", "restarted"),
    ]


@slow
def test_without_its_database_a_server_is_unready_and_restarts_are_read_from_the_file() -> None:
    with folder() as path, Server(path).start() as server:
        answer(server, "chaos", "crash", "/gateway/pool")
        wait_until(lambda: read(server, "restarts", "--path", "/gateway/pool")["gateway"])
        before = server.pid("gateway")
        server.kill("gateway")
        server.until(lambda content: content["pids"]["gateway"] not in (None, before))

        def told() -> Any:
            result = command(server.data_dir, "restarts", "--path", "/gateway/pool", "--json")
            return json.loads(result.stdout)["gateway"] if not result.exit_code else None

        def failing() -> set[str]:
            result = command(server.data_dir, "doctor", "--json")
            checks = json.loads(result.stdout).get("world", [])
            return {check["name"] for check in checks if check["health"] == "failing"}

        wait_until(told)
        with server.without_database():
            assert "store" in wait_until(failing)
            assert readyz(server.port("world-admin")) == (503, ["store"])
            assert next(record["event"] for record in told()) == "child_terminated"


def test_keys_are_made_once_for_their_owner_only_and_no_secret_is_shown(tmp_path: Path) -> None:
    first, second = command(tmp_path, "keys"), command(tmp_path, "keys")
    files = sorted(tmp_path.iterdir())

    assert first.output == second.output
    assert [file.name for file in files] == ["gateway-curve.key", "world-curve.key"]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text(encoding="ascii").strip() not in first.output
    assert json.loads(command(tmp_path, "keys", "--json").output)["world"]["public"] in first.output


def test_keys_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    command(tmp_path, "keys")
    (tmp_path / "world-curve.key").chmod(0o644)

    result = command(tmp_path, "keys")

    assert result.exit_code == 78
    assert "others may read it (mode 0644)" in result.output

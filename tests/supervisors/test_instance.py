"""One server for each data directory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import gevent
import pytest

from supervisors.instance import AlreadyRunning, Lock, RunFile


def test_a_second_claim_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "data" / "launcher.lock"

    with Lock(path), pytest.raises(AlreadyRunning) as caught:
        Lock(path)

    assert caught.value.pid == os.getpid()
    assert str(caught.value) == (
        f"process {os.getpid()} is already running with {tmp_path / 'data'} (it holds launcher.lock); "
        "stop it, or choose another data_dir"
    )


def test_a_claim_that_was_given_back_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "launcher.lock"
    Lock(path).close()

    with Lock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_claim_ends_with_its_process_even_when_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "world.lock"
    code = (
        "import fcntl, os, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(AlreadyRunning):
            Lock(path)
        other.kill()

    Lock(path).close()


def test_a_claim_can_be_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "world.lock"
    first = Lock(path)
    told: list[AlreadyRunning] = []

    def let_go(error: AlreadyRunning) -> None:
        told.append(error)
        gevent.spawn(first.close)

    Lock.after_others(path, timeout_seconds=5.0, waiting=let_go).close()

    assert len(told) == 1


def test_waiting_for_a_claim_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "world.lock"

    with Lock(path), pytest.raises(AlreadyRunning):
        Lock.after_others(path, timeout_seconds=0.06, waiting=lambda error: None)


def test_the_run_file_is_replaced_as_a_whole_and_removed(tmp_path: Path) -> None:
    run_file = RunFile(tmp_path / "run.json")

    run_file.write({"pids": {"launcher": 1}})
    run_file.write({"pids": {"launcher": 2}})

    assert json.loads(run_file.path.read_text()) == {"pids": {"launcher": 2}}
    run_file.remove()
    run_file.remove()
    assert list(tmp_path.iterdir()) == []

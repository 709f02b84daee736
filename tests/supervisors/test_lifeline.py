"""The child's end of the socket to the launcher, in real processes."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

START = """
import sys, signal, os
from supervisors.lifeline import Lifeline
line = Lifeline(int(sys.argv[1]), limit_seconds=float(sys.argv[2]))
"""
READY = "line.report_ready({'port': 4000})\n"


def start(code: str, limit_seconds: float = 30.0) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-c", START + code, str(theirs.fileno()), str(limit_seconds)],
            pass_fds=[theirs.fileno()],
            cwd=PROJECT,
        )
    ours.settimeout(20)
    return child, ours


def first_line(ours: socket.socket) -> object:
    received = b""
    while not received.endswith(b"\n"):
        piece = ours.recv(4096)
        assert piece
        received += piece
    return json.loads(received)


@pytest.mark.slow
def test_a_child_says_that_it_is_ready_and_where() -> None:
    child, ours = start(READY)

    with ours, child:
        assert first_line(ours) == {"port": 4000}
        assert child.wait(20) == 0


@pytest.mark.slow
def test_a_child_whose_launcher_is_gone_stops_as_if_asked_to() -> None:
    code = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + READY + "signal.pause()\n"
    child, ours = start(code)

    with child:
        with ours:
            first_line(ours)

        assert child.wait(20) == 7


@pytest.mark.slow
def test_a_child_that_does_not_heed_the_end_of_its_launcher_is_killed() -> None:
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + "while True: pass\n"
    child, ours = start(code, limit_seconds=0.05)

    with child:
        with ours:
            first_line(ours)

        assert child.wait(20) == -signal.SIGKILL


@pytest.mark.slow
def test_processes_started_by_a_child_do_not_hold_its_line() -> None:
    code = "import subprocess\nprint(subprocess.run(['true'], close_fds=False).returncode)\n" + READY
    code += "assert not os.get_inheritable(int(sys.argv[1]))\n"
    child, ours = start(code)

    with ours, child:
        first_line(ours)

        assert child.wait(20) == 0

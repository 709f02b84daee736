"""What the system does with a process or a thread."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from supervisors.scheduling import is_asleep, is_stopped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@pytest.fixture
def child() -> Iterator[int]:
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield process.pid
    process.kill()
    process.communicate()


def comes_true(look: Callable[[], bool]) -> bool:
    """A signal has its effect a moment later."""
    end = time.monotonic() + 10.0
    while not look() and time.monotonic() < end:
        pass
    return look()


def test_a_process_is_stopped_from_one_signal_to_the_other(child: int) -> None:
    assert not is_stopped(child)

    os.kill(child, signal.SIGSTOP)
    assert comes_true(lambda: is_stopped(child))

    os.kill(child, signal.SIGCONT)
    assert comes_true(lambda: not is_stopped(child))


def test_a_thread_that_asks_is_not_asleep() -> None:
    assert not is_asleep(threading.get_native_id())


def test_who_is_gone_is_neither() -> None:
    gone = 2**22 + 1  # past the largest id that Linux gives

    assert not is_stopped(gone)
    assert not is_asleep(gone)

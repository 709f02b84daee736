"""A real launcher, for tests, whose halves are programs of three lines and whose database is none.

`python -m tests.launcher_with_tiny_halves [arguments of run.py]`. A half serves at once, and ends on
SIGTERM and when its launcher is gone.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

from gevent.event import Event

import run
import run_launcher

HALF = """
import json, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
fd = int(sys.argv[2]); os.set_blocking(fd, True)
addresses = {"telnet": ["127.0.0.1", 4000], "web": ["0.0.0.0", 8080]} if sys.argv[1] == "gateway" else {}
os.write(fd, json.dumps({"addresses": addresses}).encode() + b"\\n")
os.read(fd, 1)
"""


def tiny_half(_common: Sequence[str], name: str, descriptor: int) -> Sequence[str]:
    return [sys.executable, "-S", "-c", HALF, name, str(descriptor)]


class NoDatabase:
    def __init__(self, _dsn: str, _data_dir: Path) -> None:
        pass

    def open(self, _stopping: Event) -> str:
        return "postgresql://nobody@nowhere/nothing"

    def close(self, _timeout_seconds: float, *, is_needed: Callable[[], bool] = lambda: False) -> None:
        pass


if __name__ == "__main__":
    with mock.patch.multiple(run_launcher, child_command=tiny_half, Provision=NoDatabase):
        run.main()

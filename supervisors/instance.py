"""One server for each data directory: the locks that make it so, and `run.json` that tells where it is.

A lock is `flock` on a file that holds the owner's process id. The kernel gives it back when its owner ends in
whatever way, so nothing stale is ever left, and the file itself stays: removing it would let two processes
lock two files of the same name.

`run.json` is written whole or not at all (a rename), after everything serves, again at each change, and is
removed at the end. One that is left behind by a SIGKILL names processes that are not there any more.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import gevent

# How often a lock that is waited for is tried again: unnoticed by a person, nothing for a processor.
RETRY_SECONDS = 0.05


class AlreadyRunning(Exception):
    """Another process holds the lock. `pid` is None if it has not written its own yet."""

    def __init__(self, path: Path, pid: int | None) -> None:
        super().__init__(path, pid)
        self.path = path
        self.pid = pid

    def __str__(self) -> str:
        who = f"process {self.pid}" if self.pid else "a process"
        holds = f"{who} is already running with {self.path.parent} (it holds {self.path.name})"
        return f"{holds}; stop it, or choose another data_dir"


class Lock:
    """An exclusive claim on a name in a folder, for as long as this object is open."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises AlreadyRunning if another has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(os.read(self._descriptor, 32))
            os.close(self._descriptor)
            raise AlreadyRunning(path, pid) from None
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    @classmethod
    def after_others(
        cls, path: Path, *, timeout_seconds: float, waiting: Callable[[AlreadyRunning], None]
    ) -> Self:
        """Take the lock when its owner lets go of it. `waiting` is called once if it is not free at once.

        Raises AlreadyRunning after the time-out.
        """
        try:
            return cls(path)
        except AlreadyRunning as error:
            waiting(error)
        give_up_at = time.monotonic() + timeout_seconds
        while True:
            gevent.sleep(RETRY_SECONDS)
            try:
                return cls(path)
            except AlreadyRunning:
                if time.monotonic() >= give_up_at:
                    raise

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def is_anyone(paths: Iterable[Path]) -> bool:
    """Whether another process holds one of these locks."""
    try:
        for path in paths:
            Lock(path).close()
    except AlreadyRunning:
        return True
    return False


class RunFile:
    """The JSON file that tells other programs the ids, ports and addresses of a running server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_written = False

    def write(self, content: dict[str, Any]) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.path)
        self.is_written = True

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.is_written = False


def _pid(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None

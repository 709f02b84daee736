"""What `postmaster.pid` says, and whether to believe it.

The file outlives a server that was killed, and the process id in it may by now belong to
somebody else: after a restart of a container the same small numbers come again, and then PostgreSQL
itself refuses to start ("lock file already exists"). A server works in its data folder as
its current directory, so that is what is asked for.

Format: `src/include/utils/pidfile.h` of PostgreSQL; line 1 process id, 2 data folder, 3 start time,
4 port, 5 first socket folder, 6 listen address, 7 shared memory key, 8 status.
"""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
from pathlib import Path

__all__ = ["Postmaster", "parse", "read_postmaster", "read_stale"]

_SOCKET_LINE = 4
# A negative one is of a server without a postmaster. Digits of other scripts are none.
_PID = re.compile(r"-?[0-9]{1,10}")
_STATUS_LINE = 7
_PROCESSES = Path("/proc")


@dataclasses.dataclass(frozen=True, slots=True)
class Postmaster:
    """A server process that was alive when its file was read."""

    pid: int
    data: Path
    socket_folder: Path | None
    status: str

    @property
    def is_ready(self) -> bool:
        return self.status == "ready" and self.socket_folder is not None

    def is_alive(self) -> bool:
        """Whether the process exists and is a server on this data. False for a zombie."""
        # Root in a container may lack the capability to see another user's current folder.
        return _current_folder(self.pid) == self.data or str(self.data) in _command(self.pid)

    def may_be_a_server(self) -> bool:
        """Whether the process could be a PostgreSQL at all: then only PostgreSQL may judge its file."""
        command = _command(self.pid)
        return bool(command) and Path(command[0]).name.startswith("postgres")

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone needs none."""
        if self.is_alive():
            os.kill(self.pid, number)


def parse(text: str, data: Path) -> Postmaster | None:
    """The content of a file, or None while it is not yet written."""
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not _PID.fullmatch(lines[0]):
        return None
    lines += [""] * (_STATUS_LINE + 1 - len(lines))
    socket_folder = Path(lines[_SOCKET_LINE]) if lines[_SOCKET_LINE] else None
    return Postmaster(abs(int(lines[0])), data, socket_folder, lines[_STATUS_LINE])


def read_stale(data: Path) -> Postmaster | None:
    """What the file says, be it true or not."""
    try:
        text = (data / "postmaster.pid").read_text()
    except FileNotFoundError:
        return None
    return parse(text, data.resolve())


def read_postmaster(data: Path) -> Postmaster | None:
    """The server running on `data`, if there is one."""
    postmaster = read_stale(data)
    return postmaster if postmaster is not None and postmaster.is_alive() else None


def _current_folder(pid: int) -> Path | None:
    try:
        return _PROCESSES.joinpath(str(pid), "cwd").readlink()
    except OSError:
        return None


def _command(pid: int) -> list[str]:
    """The command line of a process; empty when it is gone, or a zombie."""
    if _PROCESSES.joinpath("self", "cmdline").exists():
        try:
            return _PROCESSES.joinpath(str(pid), "cmdline").read_text(errors="replace").split("\0")
        except OSError:
            return []
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    return listed.stdout.split()

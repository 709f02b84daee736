"""What the system does with a process or a thread, in the letters of Linux. Source: proc_pid_stat(5).

Elsewhere (macOS) the system does not tell, and nothing is said to be asleep or stopped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["is_asleep", "is_stopped"]

# In a system call that blocks: one that a signal ends, or a disk's.
_ASLEEP: Final = frozenset({b"S", b"D"})
# By SIGSTOP, or by a debugger.
_STOPPED: Final = frozenset({b"T", b"t"})


def is_asleep(thread: int) -> bool:
    """Whether this thread of our own process is in a system call that blocks."""
    return _state(Path(f"/proc/self/task/{thread}/stat")) in _ASLEEP


def is_stopped(pid: int) -> bool:
    """Whether a signal or a debugger holds this process."""
    return _state(Path(f"/proc/{pid}/stat")) in _STOPPED


def _state(status: Path) -> bytes:
    try:
        content = status.read_bytes()
    except OSError:
        return b""
    # The second field is the name in brackets, and may hold anything.
    return content.rpartition(b") ")[2][:1]

"""What one thread did with its time, as the system tells any other thread of the process.

Processor time by POSIX, whether it sleeps by `scheduling`. Where the system does not tell (macOS), time on
the wall stands for processor time.
"""

from __future__ import annotations

import threading
import time

from gevent import monkey

from supervisors.scheduling import is_asleep

_thread_ident = monkey.get_original("_thread", "get_ident")


class ThreadClock:
    """Of the thread that makes it; may be read from everywhere."""

    def __init__(self) -> None:
        find_clock = getattr(time, "pthread_getcpuclockid", None)
        self._clock: int | None = None if find_clock is None else find_clock(_thread_ident())
        self._thread = threading.get_native_id()

    def processor_seconds(self) -> float:
        """Only differences mean anything."""
        return time.monotonic() if self._clock is None else time.clock_gettime(self._clock)

    def sleeps(self) -> bool:
        """Whether it is in a system call that blocks."""
        return is_asleep(self._thread)

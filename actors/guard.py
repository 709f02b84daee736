"""What watches a whole process from the side: its watchdog, and all that hears of it.

- A report goes to the log at once, from the watchdog's thread (`say`), and to the restart log when the loop
  turns.
- While the loop stands still for too long, the stand-in answers on the operators' port.
- Every second the launcher gets a sign of life, which says since when the loop stands still, because of whom,
  and how many would notice the end of the process.
- SIGUSR1 writes everything that can be seen into a file. What a thread is doing in C code that holds the
  interpreter is written by `faulthandler` at once, into `<process>-stacks.txt`, the rest as soon as the loop
  turns.
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import gevent

from actors.admin.server import admin_descriptor
from actors.admin.stand_in import StandIn
from supervisors.dump import Greenlets, busy_greenlets, tree_lines, write_dump
from supervisors.vital_signs import SIGN_SECONDS
from supervisors.watchdog import Blocked, Watchdog, WatchdogOptions
from wyld_actors import ActorSystem, StuckReport

logger = logging.getLogger(__name__)

# The level, the text and the fields of a line for the log, from a thread that may not use logging.
Say = Callable[[str, str, Mapping[str, object]], None]
Sign = Callable[[Mapping[str, object]], None]
Affected = Callable[[], Mapping[str, object]]


class Guard:
    """Of one half. Made and used in the main thread; `start` before the half, `watch` when it is up."""

    def __init__(
        self, process: str, options: WatchdogOptions, folder: Path, *, say: Say, sign: Sign | None
    ) -> None:
        """`folder` is that of the logs; `sign` reaches the launcher, None without one."""
        self._process = process
        self._options = options
        self._folder = folder
        self._say = say
        self._sign = sign
        self._sign_at = 0.0
        self._affected: Affected = dict
        self._stand_in: StandIn | None = None
        self._dumps = Dumps(process, folder)
        self._dog = Watchdog(options, tell=self._tell, pulse=self._pulse)

    def start(self) -> None:
        """Watch the loop, and heed SIGUSR1."""
        self._dumps.begin()
        self._dog.start()

    def watch(self, system: ActorSystem, affected: Affected = dict) -> None:
        """The half is up, with this system. Any thread may ask who is `affected` if the process ended now."""
        self._affected = affected
        system.call_slow_from(self._options.slow_after_seconds)
        system.slow_handlers.answers_for = self._dog.answers_for
        self._dumps.system = system
        descriptor = admin_descriptor(system, self._process)
        self._stand_in = None if descriptor is None else StandIn(descriptor)

    def stop(self) -> None:
        """The half has ended."""
        self._dog.stop()
        stand_in, self._stand_in = self._stand_in, None
        if stand_in is not None:
            stand_in.close()

    # In the watchdog's thread ---------------------------------------------------------------------------

    def _tell(self, report: StuckReport) -> None:
        path = None if report.cell is None else report.cell.path
        caught = ", and caught its interruption" if report.catches else ""
        who = f"{path} in {report.message_type or 'a hook'}" if path else "something that is no actor"
        fields = {
            "logger": __name__,
            "path": path,
            "message_type": report.message_type,
            "seconds": round(report.seconds, 3),
            "stack": report.stack,
        }
        text = f"the loop stands still for {report.seconds:.2f} s: {who}{caught}"
        self._say("error", text, {name: value for name, value in fields.items() if value is not None})

    def _pulse(self, blocked: Blocked | None) -> None:
        if blocked is not None and blocked.is_unready and self._stand_in is not None:
            self._stand_in.answer(str(blocked))
        now = time.monotonic()
        if self._sign is not None and now >= self._sign_at:
            self._sign_at = now + SIGN_SECONDS
            seconds, why = (0.0, "") if blocked is None else (blocked.seconds, str(blocked))
            # Who is killed can say nothing any more: the launcher has it from the last sign.
            affected = dict(self._affected())
            self._sign({"blocked_seconds": round(seconds, 3), "blocked": why, "affected": affected})


class Dumps:
    """Writes everything that can be seen of this process into a file, at SIGUSR1."""

    def __init__(self, process: str, folder: Path, lines: Callable[[], Iterable[str]] = lambda: ()) -> None:
        """`lines` is what a dump says first of a process without actors."""
        self.system: ActorSystem | None = None
        self._lines = lines
        self._process = process
        self._folder = folder
        self._greenlets = Greenlets()
        self.stacks = _open_stacks(folder / f"{process}-stacks.txt")
        """For `faulthandler`; kept open."""

    def begin(self) -> None:
        """Heed the signal from now on."""
        gevent.signal_handler(signal.SIGUSR1, self.write)
        # After gevent's, which it calls: this one needs no loop, nor the interpreter's lock.
        faulthandler.register(signal.SIGUSR1, file=self.stacks, all_threads=True, chain=True)

    def write(self) -> None:
        """In a greenlet of its own: the game goes on meanwhile."""
        system = self.system
        busy = [] if system is None else busy_greenlets(system)
        lines = self._lines if system is None else lambda: tree_lines(system)
        try:
            path = write_dump(self._folder, self._process, [*self._greenlets, *busy], lines)
        except OSError as error:
            logger.error("SIGUSR1: the tree and all stacks cannot be written: %s", error)
        else:
            logger.warning("SIGUSR1: the tree and all stacks are in %s", path)


def _open_stacks(path: Path) -> IO[str]:
    """Put aside what an earlier life has left: it may have been killed for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size:
        path.replace(path.with_suffix(".1.txt"))
    return path.open("a", encoding="utf-8")

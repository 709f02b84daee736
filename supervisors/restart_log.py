"""Where restart records go: a ring in memory, sinks such as a file of JSON lines, and the log.

Never silent: a record that a sink cannot take (disk full, folder gone) is counted, said once in
the log of the process, and stays in the ring; a supervisor never fails because of its log. Every
record also goes to `logging` at its own level, so a console shows it without any set-up.

Each record gets its cause (`causes`), and repetitions are counted instead of written (`repeats`); what was
counted is told when its time has come, also when nothing happens any more. Listeners, who count
themselves, get every record.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final, Protocol

import msgspec

from supervisors.causes import Causes
from supervisors.records import RestartRecord
from supervisors.repeats import SUMMARY_SECONDS, Repeats
from wyld_actors import Clock, RealClock
from wyld_actors.clock import ScheduledCall

logger = logging.getLogger(__name__)

# Records kept in memory for the tree view and `restarts`: some 600 bytes each.
RING_RECORDS: Final = 1000

# 10 MiB and five old files: a crash with its stack is some 2 KiB, so about 30,000 crashes are at hand.
FILE_LIMIT_BYTES: Final = 10 * 1024 * 1024
FILES_KEPT: Final = 5


class Sink(Protocol):
    """Takes one record after the other; may raise OSError, must not block for long."""

    def __call__(self, record: RestartRecord, /) -> None: ...


class RestartLog:
    """Takes every record of a tree of supervisors."""

    def __init__(
        self, sinks: Iterable[Sink] = (), *, clock: Clock | None = None, ring_records: int = RING_RECORDS
    ) -> None:
        self._sinks = list(sinks)
        self._listeners: list[Sink] = []
        self._ring: deque[RestartRecord] = deque(maxlen=ring_records)
        self._failed_sinks: set[Sink] = set()
        self._clock: Clock = clock or RealClock()
        self._causes = Causes()
        self._repeats = Repeats()
        self._timer: ScheduledCall | None = None
        # No two records of whatever process and start have the same id.
        self._life = secrets.token_hex(4)
        self.taken = 0
        """Records that were handed in."""
        self.written = 0
        """Records that were handed on, each of which may stand for more."""
        self.lost = 0
        """Records that some sink did not take."""

    def add_sink(self, sink: Sink) -> Callable[[], None]:
        """Let `sink` have what is written from now on. Returns what takes it off again."""
        self._sinks.append(sink)
        return lambda: self._sinks.remove(sink)

    def add_listener(self, listener: Sink) -> Callable[[], None]:
        """Let `listener` have every record, also those that are only counted."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def write(self, record: RestartRecord) -> None:
        """Keep and hand on one record, or count it. Never raises because of a sink."""
        self.taken += 1
        now = self._clock.now()
        completed = self._causes.complete(record, now)
        self._hand_to(self._listeners, completed)
        for written in self._repeats.take(completed, now):
            self._hand_on(written)
        self._wait_for_summary()

    def flush(self) -> None:
        """Tell what was counted so far; for the end of the process."""
        for summary in self._repeats.flush(self._clock.now()):
            self._hand_on(summary)

    def recent(self, limit: int | None = None) -> list[RestartRecord]:
        """The last records, oldest first."""
        records = list(self._ring)
        return records if limit is None else records[-limit:] if limit else []

    def _wait_for_summary(self) -> None:
        if self._timer is None and self._repeats.is_pending:
            self._timer = self._clock.call_later(SUMMARY_SECONDS, self._tell_summaries)

    def _tell_summaries(self) -> None:
        self._timer = None
        for summary in self._repeats.due(self._clock.now()):
            self._hand_on(summary)
        self._wait_for_summary()

    def _hand_on(self, record: RestartRecord) -> None:
        self.written += 1
        record = record.replace(id=f"{self._life}-{self.written}")
        self._ring.append(record)
        logger.log(record.level, "%s", record, extra={"restart_record": record})
        self._hand_to(self._sinks, record)

    def _hand_to(self, sinks: Iterable[Sink], record: RestartRecord) -> None:
        for sink in tuple(sinks):
            try:
                sink(record)
            except Exception:  # noqa: BLE001 - a log must not end a supervisor; it is counted and said
                self._sink_failed(sink)
            else:
                self._failed_sinks.discard(sink)

    def _sink_failed(self, sink: Sink) -> None:
        self.lost += 1
        if sink not in self._failed_sinks:
            self._failed_sinks.add(sink)
            logger.exception("restart records cannot be written by %r; they are kept in memory only", sink)


class JsonLinesFile:
    """A sink: one JSON object a line, appended; the file is rotated by size.

    `restarts.jsonl` is the newest, `restarts.jsonl.1` the one before. The file is opened for each record:
    records are rare, and so nothing has to be closed and an outside rotation is no problem.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        limit_bytes: int = FILE_LIMIT_BYTES,
        files_kept: int = FILES_KEPT,
    ) -> None:
        self.path = Path(path)
        self.limit_bytes = limit_bytes
        self.files_kept = files_kept

    def __repr__(self) -> str:
        return f"JsonLinesFile({str(self.path)!r})"

    def __call__(self, record: RestartRecord) -> None:
        line = msgspec.json.encode(record.as_fields(), enc_hook=str) + b"\n"
        try:
            self._append(line)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._append(line)

    def _append(self, line: bytes) -> None:
        with self.path.open("ab+") as file:
            if file.tell() + len(line) <= self.limit_bytes:
                file.write(line if _ends_with_a_line(file) else b"\n" + line)
                return
        self._rotate()
        with self.path.open("ab") as file:
            file.write(line)

    def _rotate(self) -> None:
        for number in range(self.files_kept - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                os.replace(older, self._numbered(number + 1))
        if self.files_kept and self.path.exists():
            os.replace(self.path, self._numbered(1))
        elif self.path.exists():
            self.path.unlink()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _ends_with_a_line(file: IO[bytes]) -> bool:
    """Not so when the disk was full, or the process was killed, in the middle of the last one."""
    if not file.tell():
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"

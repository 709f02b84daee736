"""Where restart records go: a ring in memory, sinks such as a file of JSON lines, and the log.

Never silent: a record that a sink cannot take (disk full, folder gone) is counted, said once in
the log of the process, and stays in the ring; a supervisor never fails because of its log. Every
record also goes to `logging` at its own level, so a console shows it without any set-up.

A limit by fingerprint belongs into `RestartLog.write`, before the sinks: `RestartRecord.fingerprint` and
its field `repeated` are there for it.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from supervisors.records import RestartRecord

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

    def __init__(self, sinks: Iterable[Sink] = (), *, ring_records: int = RING_RECORDS) -> None:
        self._sinks = list(sinks)
        self._ring: deque[RestartRecord] = deque(maxlen=ring_records)
        self._failed_sinks: set[Sink] = set()
        self.written = 0
        self.lost = 0
        """Records that some sink did not take."""

    def add_sink(self, sink: Sink) -> Callable[[], None]:
        """Let `sink` have every record from now on. Returns what takes it off again."""
        self._sinks.append(sink)
        return lambda: self._sinks.remove(sink)

    def write(self, record: RestartRecord) -> None:
        """Keep and hand on one record. Never raises because of a sink."""
        self.written += 1
        self._ring.append(record)
        logger.log(record.level, "%s", record, extra={"restart_record": record})
        for sink in tuple(self._sinks):
            try:
                sink(record)
            except Exception:  # noqa: BLE001 - a log must not end a supervisor; it is counted and said
                self._sink_failed(sink)
            else:
                self._failed_sinks.discard(sink)

    def recent(self, limit: int | None = None) -> list[RestartRecord]:
        """The last records, oldest first."""
        records = list(self._ring)
        return records if limit is None else records[-limit:] if limit else []

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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._size() + len(line) > self.limit_bytes:
            self._rotate()
        with self.path.open("ab") as file:
            file.write(line)

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

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

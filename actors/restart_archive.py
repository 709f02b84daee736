"""The restart log's way into the database, where it outlives the process, its files and its machine.

    RestartLog --add--> RestartArchive (bounded, in memory) --> Archivist --> store --> restart_records

A supervisor only appends to a queue. The archivist takes a batch each second and waits for the store; a batch
of which nobody knows whether it was written is written again, which is harmless, as records have ids. While
the database is away records wait; past the limit the oldest are given up, counted and said, and the
file on disk still has them. So the file is the truth when the process dies; what it had not brought into
the table then, the next start brings from there.

The launcher has no connection to the database. Its file is followed by the gateway's half, with an archive
and an archivist of its own.

Each process writes over a store of its own, also the gateway, which needs one for nothing else: sent over the
link, records about the loss of the link would be those that are missing.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import gevent
import msgspec

from actors.admin.archive import ArchiveStatus
from actors.admin.restarts import Fields, read_tail
from actors.restart_table import RestartTable
from actors.storage.errors import StoreCrashed, StoreUnavailable
from actors.storage.requests import SaveRestarts, TrimRestarts
from actors.storage.restart_records import RestartRow
from actors.storage.store import STORE_NAME
from supervisors import Budget, ChildSpec, GiveUp, RestartRecord, worker
from wyld_actors import Actor, ActorDeadError, ActorError, ActorSystem, Context, every

__all__ = ["ARCHIVE", "ArchiveOptions", "Archivist", "RestartArchive", "archive_child"]

logger = logging.getLogger(__name__)

ARCHIVE: Final = "archive"
# Records that wait for the database: an hour of a storm with all its causes, some 5 MB.
WAITING_LIMIT: Final = 5_000
BATCH_ROWS: Final = 200
WRITE_SECONDS: Final = 1.0
# After a batch that was not written. The store looks for its database by itself meanwhile.
RETRY_SECONDS: Final = 5.0
STORE_SECONDS: Final = 15.0
# At the end of the process the store is still there, and if not, the file is.
LAST_WORDS_SECONDS: Final = 2.0
TRIM_EVERY_ROWS: Final = 500
# Of the file, what an earlier life may not have brought into the table: some 500 records.
EARLIER_BYTES: Final = 256 * 1024


_FileState = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """`process` names the rows in the table ("world:main"); `file` is the restart log on disk.

    `is_followed`: another process writes the file, so that it is looked into all the time, and not only for
    what was there at the start.
    """

    process: str
    file: Path | None = None
    is_followed: bool = False
    store: str = STORE_NAME


class RestartArchive:
    """The records of one process, on their way to the table and in it. Outlasts the archivist's crashes."""

    def __init__(self, options: ArchiveOptions, system: ActorSystem, limit: int = WAITING_LIMIT) -> None:
        self.options = options
        self.problem = ""
        self.written = 0
        self.dropped = 0
        self._table = RestartTable(options.process, system, options.store)
        self._limit = limit
        self._waiting: deque[RestartRow] = deque()
        # How the file was when it was read last, and which records were at its end then.
        self._has_read = False
        self._state: _FileState | None = None
        self._known: frozenset[str] = frozenset()
        # Rows to be written one by one: the store crashed over a batch of them.
        self._suspects = 0

    def add(self, record: RestartRecord) -> None:
        """A sink for the restart log."""
        self._put(_row(record.as_fields()))

    def read_file(self) -> None:
        """Let the last records of the file wait as well, whose table may not have them: once, or, of a file
        that is followed, whenever it has changed."""
        file, is_followed = self.options.file, self.options.is_followed
        if file is None or (self._has_read and not is_followed):
            return
        # The disk may be slow; the game goes on.
        pool = gevent.get_hub().threadpool
        state = pool.apply(_state_of, (file,))
        if self._has_read and state == self._state:
            return
        found = pool.apply(read_tail, (file, EARLIER_BYTES))
        self._has_read, self._state = True, state
        here = {row.id for row in self._waiting} | self._known
        rows = [_row(fields) for fields in found if fields.get("id") and fields["id"] not in here]
        if is_followed:
            self._known = frozenset(fields.get("id", "") for fields in found)
            self._waiting.extend(rows)
        else:
            self._waiting.extendleft(reversed(rows))
        self._give_up_oldest()

    def first(self) -> tuple[RestartRow, ...]:
        """The batch to write next."""
        return tuple(islice(self._waiting, 1 if self._suspects else BATCH_ROWS))

    def done(self, batch: Sequence[RestartRow]) -> None:
        """These are in the table. What was given up meanwhile is not there any more."""
        self.written += len(batch)
        self.problem = ""
        self._remove(batch)

    def crashed(self, batch: Sequence[RestartRow]) -> str:
        """The store crashed over these; what becomes of them.

        It may have been a row, which the store would crash over for ever, or have had nothing to do with
        them: one by one it will show.
        """
        if not batch:
            return "the trimming of restart records, which is tried again"
        if len(batch) > 1:
            self._suspects = len(batch)
            return f"{len(batch)} restart records, which are tried one by one"
        self.dropped += 1
        self._remove(batch)
        return "a restart record, which is given up; the file has it"

    def find(self, *, since: float, path: str, limit: int) -> list[Fields]:
        """What the table has that fits, and all that is on its way there. Raises NotAnswered."""
        found = self._table.find(since=since, path=path, limit=limit)
        return [*found, *(msgspec.json.decode(row.record) for row in self._waiting)]

    def status(self) -> ArchiveStatus:
        """For operators."""
        return ArchiveStatus(len(self._waiting), self.written, self.dropped, self.problem)

    def _put(self, row: RestartRow) -> None:
        self._waiting.append(row)
        self._give_up_oldest()

    def _give_up_oldest(self) -> None:
        while len(self._waiting) > self._limit:
            self._waiting.popleft()
            if not self.dropped % self._limit:
                logger.error("restart records do not reach the database and are given up; the file has them")
            self.dropped += 1

    def _remove(self, batch: Sequence[RestartRow]) -> None:
        self._suspects = max(self._suspects - len(batch), 0)
        ids = {row.id for row in batch}
        while self._waiting and self._waiting[0].id in ids:
            self._waiting.popleft()


class Archivist(Actor):
    """Writes what waits in the archive, batch by batch. Permanent."""

    def __init__(self, archive: RestartArchive) -> None:
        super().__init__()
        self._archive = archive
        self._retry_at = 0.0
        self._rows_to_trim = 0

    def on_start(self) -> None:
        self._archive.read_file()

    def on_stop(self) -> None:
        if not self._archive.problem:
            self._write(LAST_WORDS_SECONDS)

    @every(seconds=WRITE_SECONDS)
    def write(self, ctx: Context) -> None:
        if ctx.now >= self._retry_at:
            self._archive.read_file()
            self._write(STORE_SECONDS)

    def _write(self, timeout_seconds: float) -> None:
        """Batch after batch, until nothing waits or the store says no."""
        archive = self._archive
        batch: Sequence[RestartRow] = ()
        try:
            while batch := archive.first():
                self._ask(SaveRestarts(archive.options.process, batch), timeout_seconds)
                self._done(batch)
            if self._rows_to_trim <= 0:
                self._ask(TrimRestarts(archive.options.process), timeout_seconds)
                self._rows_to_trim = TRIM_EVERY_ROWS
        except StoreCrashed as error:
            logger.error("the store crashed over %s: %s", archive.crashed(batch), error)
            self._retry_at = self.ctx.now + RETRY_SECONDS
        except (ActorError, ActorDeadError) as error:
            self._failed(error)

    def _done(self, batch: Sequence[RestartRow]) -> None:
        if self._archive.problem:
            logger.info("the restart records reach the database again")
        self._archive.done(batch)
        self._rows_to_trim -= len(batch)

    def _ask(self, request: SaveRestarts | TrimRestarts, timeout_seconds: float) -> None:
        store = self.ctx.system.registry.whereis(self._archive.options.store)
        if store is None:
            raise StoreUnavailable("the store is not there")
        self.ctx.ask(store, request, timeout_seconds=timeout_seconds)

    def _failed(self, error: Exception) -> None:
        archive = self._archive
        self._retry_at = self.ctx.now + RETRY_SECONDS
        if not archive.problem:
            waiting = archive.status().waiting
            logger.warning("%s restart records wait for the database: %s", waiting, error)
        archive.problem = str(error)


def archive_child(archive: RestartArchive, name: str = ARCHIVE) -> ChildSpec:
    """The child for a tree, behind its store."""
    return worker(name, Archivist, archive, budget=Budget(then=GiveUp.QUARANTINE))


def _state_of(file: Path) -> _FileState | None:
    """What changes with every line, and when the file is rotated; None while it cannot be looked at."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _row(fields: Fields) -> RestartRow:
    encoded = msgspec.json.encode(fields, enc_hook=str).decode()
    return RestartRow(fields["id"], fields["time"], fields["event"], fields["path"], encoded)

"""The launcher's restart log, as each half reads it: what became of whole processes.

The launcher has no port and no database, so a half answers for it. Its newest records are in its file; what
is no longer there is in the table, into which the gateway's half brings it. Pages and followers ask all the
time: the table is asked only for what the file cannot know, and left alone for a while when it does not
answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import gevent

from actors.admin.archive import Table
from actors.admin.errors import NotAnswered
from actors.admin.restarts import Fields, chosen, read_tail
from wyld_actors.slices import in_slices

__all__ = ["LauncherLog", "records_of_file"]

logger = logging.getLogger(__name__)

# Of the file: some 500 ends and returns of processes.
TAIL_BYTES: Final = 256 * 1024
# Between two questions to a database that is away: each may take seconds to fail.
REST_SECONDS: Final = 10.0


class LauncherLog:
    """`now` is the steady clock of the actor system."""

    def __init__(self, file: Path | None, table: Table | None, now: Callable[[], float]) -> None:
        self._file = file
        self._table = table
        self._now = now
        self._rests_until = 0.0

    def find(self, *, since: float, path: str, limit: int) -> list[Fields]:
        """The newest `limit` that fit, oldest first."""
        newest = records_of_file(self._file, TAIL_BYTES)
        found = chosen(newest, since=since, path=path, limit=limit)
        if len(found) >= limit or (newest and newest[0].get("time", 0.0) <= since):
            return found
        kept = {record["id"]: record for record in [*self._older(since, path, limit), *found]}
        records = sorted(kept.values(), key=lambda record: float(record.get("time", 0.0)))
        return records[-limit:] if limit else []

    def _older(self, since: float, path: str, limit: int) -> list[Fields]:
        if self._table is None or self._now() < self._rests_until:
            return []
        try:
            return self._table.find(since=since, path=path, limit=limit)
        except NotAnswered as error:
            self._rests_until = self._now() + REST_SECONDS
            logger.info("admin: the launcher's restart log is read from its file: %s", error)
            return []


def records_of_file(file: Path | None, limit_bytes: int) -> list[Fields]:
    """The last records of a restart log on disk, each with an id."""
    # The disk may be slow; the game goes on.
    found = [] if file is None else gevent.get_hub().threadpool.apply(read_tail, (file, limit_bytes))
    return [{"id": f"line {number}", **record} for number, record in enumerate(in_slices(found))]

"""The database of one run: found or started, brought to the schema, looked after, stopped.

Either a DSN names a database somewhere, which is only waited for; or there is none, and the embedded
PostgreSQL of the data folder is this run's: started, started again should it end by itself, and stopped.
A database that is away is waited for with a message at each try, never a reason to end.
"""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable
from pathlib import Path

import gevent
import peewee
import psycopg2
from gevent.event import Event
from psycopg2.extensions import parse_dsn

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.errors import EmbeddedError
from actors.storage.migrations import migrate
from supervisors.backoff import Backoff

__all__ = ["Provision"]

logger = logging.getLogger(__name__)

# How often the embedded PostgreSQL is looked after: reading one small file.
LOOK_SECONDS = 1.0
PACE = Backoff(min_seconds=0.5, max_seconds=10.0)


class Provision:
    """Opens the database of a run. An empty `dsn` means the embedded one of `data_dir`."""

    def __init__(self, dsn: str, data_dir: Path) -> None:
        self._dsn = dsn
        self._embedded = None if dsn else EmbeddedPostgres(data_dir)
        self._guard: gevent.Greenlet[[EmbeddedPostgres], None] | None = None

    def open(self, stopping: Event) -> str | None:
        """Wait for the database, bring its schema up to date, and return its DSN.

        None when `stopping` was set before the database answered. Raises EmbeddedError, SchemaTooNew.
        """
        if self._embedded is not None:
            self._dsn = self._embedded.ensure_running()
            self._guard = gevent.spawn(_keep_running, self._embedded)
        source = random.Random()
        for attempt in itertools.count(1):
            try:
                steps = self._migrate()
            except peewee.DatabaseError as error:
                delay = PACE.delay(attempt, source)
                why = " ".join(str(error).split())
                logger.warning("%s does not answer, next try in %.1f s: %s", _named(self._dsn), delay, why)
                if stopping.wait(delay):
                    return None
            else:
                logger.info("the database is ready%s", f", new: {', '.join(steps)}" if steps else "")
                break
        return self._dsn

    def close(self, timeout_seconds: float, *, is_needed: Callable[[], bool] = lambda: False) -> None:
        """Stop the embedded one, unless somebody else needs it. A database with a DSN is not ours to stop."""
        if self._guard is not None:
            self._guard.kill()
        if self._embedded is not None and not is_needed():
            self._embedded.stop(timeout_seconds=timeout_seconds)

    def _migrate(self) -> list[str]:
        database = CooperativeDatabase(self._dsn)
        with database.connection_context():
            return migrate(database)


def _named(dsn: str) -> str:
    """The database of a DSN, in words without its password."""
    try:
        parts = parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        return "the database"
    at = f" on {parts['host']}" if "host" in parts else ""
    return f"the database {parts.get('dbname', '')}{at}{':' + parts['port'] if 'port' in parts else ''}"


def _keep_running(embedded: EmbeddedPostgres) -> None:
    while True:
        gevent.sleep(LOOK_SECONDS)
        if embedded.postmaster_pid is None:
            logger.error("the embedded PostgreSQL has ended by itself; it is started again")
            try:
                embedded.ensure_running()
            except EmbeddedError as error:
                logger.error("it did not start, next try in %s s: %s", LOOK_SECONDS, error)

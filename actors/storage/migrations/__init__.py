"""Bringing a database to the schema that this program knows.

Each step is a module `vNNNN_...` with one SQL script, runs in a transaction of its own together with the
record that it ran, and is never changed once it was released: what is wrong is mended by the next.
Any number of processes may migrate at once: an advisory lock puts them in order and the
later ones find nothing to do. A database that is newer than the program is refused untouched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import SchemaTooNew
from actors.storage.migrations import v0001_accounts_and_world, v0002_restart_records, v0003_sessions

__all__ = ["STEPS", "Step", "current_version", "migrate"]

# "wyldmigr" in ASCII, so that it is recognised in pg_locks.
_LOCK = 0x77796C646D696772
# A migration may rewrite a table; players wait for it anyway.
_STATEMENT_TIMEOUT_SECONDS = 3600


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema. Its number is its place in the list, from 1."""

    name: str
    script: str


STEPS: Sequence[Step] = (
    Step("accounts and world", v0001_accounts_and_world.SCRIPT),
    Step("restart records", v0002_restart_records.SCRIPT),
    Step("sessions", v0003_sessions.SCRIPT),
)

_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def current_version(database: CooperativeDatabase) -> int:
    """The number of the last step that was applied, 0 for an empty database."""
    if database.rows("SELECT to_regclass('schema_migrations') IS NULL")[0][0]:
        return 0
    return int(database.rows("SELECT coalesce(max(version), 0) FROM schema_migrations")[0][0])


def migrate(database: CooperativeDatabase, steps: Sequence[Step] = STEPS) -> list[str]:
    """Apply the steps that are missing, in order; the names of those. Raises SchemaTooNew.

    The connection must not be inside a transaction. A step that fails leaves those before it
    applied and itself without a trace.
    """
    database.rows("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        found = current_version(database)
        if found > len(steps):
            raise SchemaTooNew(found, len(steps))
        missing = list(enumerate(steps, start=1))[found:]
        for version, step in missing:
            _apply(database, version, step)
        return [step.name for _, step in missing]
    finally:
        # A connection that is gone has let go of the lock already.
        if database.is_usable():
            database.rows("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _apply(database: CooperativeDatabase, version: int, step: Step) -> None:
    with database.patience(_STATEMENT_TIMEOUT_SECONDS), database.atomic():
        database.rows(_HISTORY)
        database.rows(step.script)
        database.rows("INSERT INTO schema_migrations (version, name) VALUES (%s, %s)", [version, step.name])

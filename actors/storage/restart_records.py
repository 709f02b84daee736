"""The restart log in the database: written in batches, read by operators, bounded.

A record is JSON here; storage knows of it what can be asked for. Every process has its own rows, the newest
`ROWS_KEPT` of them, and nothing is kept beyond `DAYS_KEPT`, so that gateways which are gone for good leave
nothing behind. Trimming reads that many entries of an index, and is asked for every few hundred rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.storage.cooperative import CooperativeDatabase
from wyld_actors import Record

__all__ = ["RestartRow", "find_restarts", "save_restarts", "trim_restarts"]

# Of each process: some 10 MB with its stacks.
ROWS_KEPT: Final = 20_000
DAYS_KEPT: Final = 90

_INSERT = """
INSERT INTO restart_records (id, process, at, event, path, record)
SELECT id, %s, to_timestamp(at), event, path, record::jsonb
FROM unnest(%s::text[], %s::float8[], %s::text[], %s::text[], %s::text[]) AS new (id, at, event, path, record)
ON CONFLICT (id) DO NOTHING
"""
# What a summary stands for happened to its `others` as well.
_FIND = """
SELECT record FROM restart_records, (VALUES (%s, %s)) AS chosen (place, below)
WHERE process = %s AND at >= to_timestamp(%s) AND (
    place = '' OR path = place OR starts_with(path, below)
    OR EXISTS (
        SELECT FROM jsonb_array_elements_text(coalesce(record -> 'others', '[]')) AS other
        WHERE other = place OR starts_with(other, below)
    )
)
ORDER BY at DESC LIMIT %s
"""
_TRIM = """
DELETE FROM restart_records WHERE process = %s AND at < (
    SELECT at FROM restart_records WHERE process = %s ORDER BY at DESC OFFSET %s LIMIT 1
)
"""
_TRIM_OLD = "DELETE FROM restart_records WHERE at < now() - make_interval(days => %s)"


class RestartRow(Record, frozen=True, array_like=True):
    """One record; `at` is its wall clock time, `record` the whole of it as JSON."""

    id: str
    at: float
    event: str
    path: str
    record: str


def save_restarts(database: CooperativeDatabase, process: str, rows: Sequence[RestartRow]) -> None:
    """Write them. Those that are there already stay as they are."""
    columns = [[getattr(row, name) for row in rows] for name in RestartRow.__struct_fields__]
    database.rows(_INSERT, [process, *columns])


def find_restarts(
    database: CooperativeDatabase, process: str, *, since: float, path: str, limit: int
) -> list[dict[str, Any]]:
    """The newest `limit` records of a process since then about `path` or what is below it, oldest first."""
    if "\0" in path:
        return []  # PostgreSQL takes no such text, so nothing is kept under it.
    place = path.rstrip("/")
    found = database.rows(_FIND, [place, f"{place}/", process, since, limit])
    return [record for (record,) in reversed(found)]


def trim_restarts(
    database: CooperativeDatabase, process: str, *, rows: int = ROWS_KEPT, days: int = DAYS_KEPT
) -> None:
    """Drop all but the newest of this process, and what is too old of any."""
    database.rows(_TRIM, [process, process, rows - 1])
    database.rows(_TRIM_OLD, [days])

"""The gateways' sessions in the database. Plain functions over a connection.

Storage knows of a session what can be asked for; its states are words here. A gateway writes its sessions
behind, in batches, and reads those that are open when it starts. A closed session stays for `CLOSED_DAYS`,
so that who comes back to it can be told; it is never opened again, whatever is written later.

All times are wall clock seconds of the process that writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.session_tokens import TokenRow, delete_tokens, save_tokens, trim_tokens
from wyld_actors import Record

__all__ = ["SessionRow", "load_sessions", "save_sessions", "trim_sessions"]

CLOSED_DAYS: Final = 7
# Of gateways that are gone for good: no session lives for so long without a word of its own.
SILENT_DAYS: Final = 30
# A statement holds no lock for long, and stays far from its time-out after a year without trimming.
_TRIM_ROWS: Final = 5_000
# Building and parsing a statement holds the event loop: yield in between.
_WRITE_ROWS: Final = 200
_READ_ROWS: Final = 500

_COLUMNS = """id, state, left_state, protocol, peer, account_id, account, character_id, character, entity_id,
    metadata::text, extract(epoch FROM created_at)::float8, extract(epoch FROM changed_at)::float8,
    extract(epoch FROM touched_at)::float8"""
_UPSERT = """
INSERT INTO sessions (gateway, id, state, left_state, protocol, peer, account_id, account, character_id,
    character, entity_id, metadata, created_at, changed_at, touched_at)
SELECT %s, id, state, left_state, protocol, peer, account_id, account, character_id, character, entity_id,
    metadata::jsonb, to_timestamp(created_at), to_timestamp(changed_at), to_timestamp(touched_at)
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
    %s::bigint[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::float8[])
    AS new (id, state, left_state, protocol, peer, account_id, account, character_id, character, entity_id,
        metadata, created_at, changed_at, touched_at)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, left_state = excluded.left_state, protocol = excluded.protocol,
    peer = excluded.peer, account_id = excluded.account_id, account = excluded.account,
    character_id = excluded.character_id, character = excluded.character, entity_id = excluded.entity_id,
    metadata = excluded.metadata, changed_at = excluded.changed_at, touched_at = excluded.touched_at
WHERE sessions.closed_at IS NULL
"""
_CLOSE = """
UPDATE sessions SET state = 'closed', left_state = NULL, closed_at = now()
WHERE id = ANY(%s) AND closed_at IS NULL
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM sessions
WHERE gateway = %s AND closed_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""
_TRIM_CLOSED = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE closed_at < now() - make_interval(days => %s) LIMIT %s)
RETURNING id
"""
_TRIM_SILENT = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions
    WHERE closed_at IS NULL AND touched_at < now() - make_interval(days => %s) AND gateway <> %s LIMIT %s)
RETURNING id
"""


class SessionRow(Record, frozen=True, array_like=True):
    """One session. `metadata` is JSON."""

    id: int
    state: str
    left_state: str | None
    protocol: str
    peer: str
    account_id: int | None
    account: str | None
    character_id: int | None
    character: str | None
    entity_id: str | None
    metadata: str
    created_at: float
    changed_at: float
    touched_at: float


def save_sessions(
    database: CooperativeDatabase,
    gateway: str,
    rows: Sequence[SessionRow] = (),
    closed: Sequence[int] = (),
    tokens: Sequence[TokenRow] = (),
) -> frozenset[bytes]:
    """Write all of it in one transaction: the digests of those tokens that open something now.

    A session that is both changed and closed ends closed.
    After peewee.OperationalError nobody knows whether it was committed; writing the same again is right in
    both cases, also when tokens of it were used or revoked meanwhile.
    """
    with database.atomic():
        newest = sorted({row.id: row for row in rows}.values(), key=_id)
        for start in range(0, len(newest), _WRITE_ROWS):
            _upsert(database, gateway, newest[start : start + _WRITE_ROWS])
        good: frozenset[bytes] = save_tokens(database, tokens) if tokens else frozenset()
        if closed:
            database.rows(_CLOSE, [sorted(closed)])
            delete_tokens(database, closed)
    return good


def load_sessions(database: CooperativeDatabase, gateway: str) -> list[SessionRow]:
    """The open sessions of this gateway, oldest first."""
    found: list[SessionRow] = []
    with database.atomic("REPEATABLE READ"):
        while page := database.rows(_PAGE, [gateway, found[-1].id if found else -1, _READ_ROWS]):
            found.extend(SessionRow(*row) for row in page)
    return found


def trim_sessions(database: CooperativeDatabase, gateway: str) -> int:
    """Drop closed sessions and tokens that have had their time, and sessions of lost gateways: how many."""
    trim_tokens(database)
    return _all(database, _TRIM_CLOSED, [CLOSED_DAYS]) + _all(database, _TRIM_SILENT, [SILENT_DAYS, gateway])


def _all(database: CooperativeDatabase, statement: str, parameters: list[object]) -> int:
    deleted = 0
    while gone := len(database.rows(statement, [*parameters, _TRIM_ROWS])):
        deleted += gone
    return deleted


def _upsert(database: CooperativeDatabase, gateway: str, rows: Sequence[SessionRow]) -> None:
    columns: list[list[Any]] = [[getattr(row, name) for row in rows] for name in SessionRow.__struct_fields__]
    database.rows(_UPSERT, [gateway, *columns])


def _id(row: SessionRow) -> int:
    return row.id

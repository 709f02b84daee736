"""How far each session got: the half of a checkpoint that makes commands happen exactly once.

`applied` is the number of the session's last command whose effects are in the entity states of the same
checkpoint; `tail` is what the session had been sent and had not acknowledged, encoded by who wrote it;
`client` is the highest number that the client itself gave to one of those commands, 0 where clients do not
number.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2 import Binary

from actors.storage.cooperative import CooperativeDatabase
from wyld_actors import Record

__all__ = ["Position", "forget_positions", "load_positions", "save_positions"]

_UPSERT = """
INSERT INTO session_positions (session, applied, character, tail, client)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bytea[], %s::bigint[])
ON CONFLICT (session) DO UPDATE
SET applied = excluded.applied, character = excluded.character, tail = excluded.tail,
    client = excluded.client, updated = now()
"""
_SELECT = "SELECT session, applied, character, tail, client FROM session_positions ORDER BY session"


class Position(Record, frozen=True, array_like=True):
    """A session's place in its command stream. `session` is the 64 bit id, as the link has it."""

    session: int
    applied: int
    character: str | None = None
    tail: bytes = b""
    client: int = 0


def save_positions(database: CooperativeDatabase, positions: Sequence[Position]) -> None:
    """Write them, in the caller's transaction. The last one counts where a session comes twice."""
    newest = sorted({position.session: position for position in positions}.values(), key=_session)
    if newest:
        columns = (
            [position.session for position in newest],
            [position.applied for position in newest],
            [position.character for position in newest],
            [Binary(position.tail) for position in newest],
            [position.client for position in newest],
        )
        database.rows(_UPSERT, columns)


def load_positions(database: CooperativeDatabase) -> list[Position]:
    """All of them, by session."""
    rows = database.rows(_SELECT)
    return [
        Position(session, applied, character, bytes(tail), client)
        for session, applied, character, tail, client in rows
    ]


def forget_positions(database: CooperativeDatabase, sessions: Sequence[int]) -> None:
    """Drop those of sessions that are closed for good."""
    database.rows("DELETE FROM session_positions WHERE session = ANY(%s)", [list(sessions)])


def _session(position: Position) -> int:
    return position.session

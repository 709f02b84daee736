"""What opens a session again: digests of tokens and codes, consumed once. Plain functions over a connection.

A token is taken by one UPDATE, so of any number of takers one wins, whatever connections and processes they
come over. Why one is refused is looked up afterwards, and only for the words.

The row is found by its digest, which tells a guesser nothing: SHA-256 of what he sends is as random to him as
the one that is stored. What is found is compared again in constant time.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

from psycopg2 import Binary

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import NoSuchSession, SessionIsClosed, TokenExpired, TokenUsed, TokenWrong
from wyld_actors import Record

__all__ = [
    "TokenRow",
    "TokenTaken",
    "delete_tokens",
    "revoke_tokens",
    "save_tokens",
    "take_token",
    "trim_tokens",
]

# Joined with the sessions that are open: a token of one that is closed, or was never written, opens nothing.
# One that is kept already is good for longer; one that was used or revoked stays so.
_INSERT = """
INSERT INTO session_tokens (digest, session, kind, account_id, expires_at)
SELECT digest, session, kind, new.account_id, to_timestamp(expires_at)
FROM unnest(%s::bytea[], %s::bigint[], %s::text[], %s::bigint[], %s::float8[])
    AS new (digest, session, kind, account_id, expires_at)
JOIN sessions ON sessions.id = session AND closed_at IS NULL
ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at
WHERE session_tokens.session = excluded.session
    AND session_tokens.used_at IS NULL AND session_tokens.revoked_at IS NULL
"""
_REPLACE = """
UPDATE session_tokens AS old SET revoked_at = now()
FROM unnest(%s::bytea[], %s::bigint[], %s::text[]) AS new (digest, session, kind)
WHERE old.session = new.session AND old.kind = new.kind AND old.digest <> ALL(%s::bytea[])
    AND used_at IS NULL AND revoked_at IS NULL
"""
_TAKE = """
UPDATE session_tokens AS token SET used_at = now()
FROM sessions
WHERE digest = %s AND sessions.id = session AND gateway = %s AND session = coalesce(%s, session)
    AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() AND closed_at IS NULL
RETURNING digest, session, kind
"""
_WHY = """
SELECT session, used_at IS NOT NULL, revoked_at IS NOT NULL FROM session_tokens
JOIN sessions ON sessions.id = session
WHERE digest = %s AND gateway = %s AND session = coalesce(%s, session)
"""
_REVOKE = """
UPDATE session_tokens SET revoked_at = now()
WHERE (session = ANY(%s::bigint[]) OR account_id = %s) AND used_at IS NULL AND revoked_at IS NULL
"""


class TokenRow(Record, frozen=True, array_like=True):
    """A token to be kept. It takes the place of all others of its session and kind, if it `replaces`."""

    digest: bytes
    session: int
    kind: str
    account_id: int | None
    expires_at: float
    replaces: bool = True

    def __repr__(self) -> str:
        return f"TokenRow(digest=***, session={self.session}, kind={self.kind!r})"


class TokenTaken(Record, frozen=True):
    """The token was good for this session; it is used up now."""

    session: int
    kind: str


def save_tokens(database: CooperativeDatabase, tokens: Sequence[TokenRow]) -> None:
    """Write them, in the caller's transaction, behind their sessions.

    Of one that is there only the time is new; used or revoked it stays.
    """
    digests = [Binary(token.digest) for token in tokens]
    replacing = [token for token in tokens if token.replaces]
    if replacing:
        columns = [
            [Binary(token.digest) for token in replacing],
            [token.session for token in replacing],
            [token.kind for token in replacing],
        ]
        database.rows(_REPLACE, [*columns, digests])
    columns = [
        digests,
        [token.session for token in tokens],
        [token.kind for token in tokens],
        [token.account_id for token in tokens],
        [token.expires_at for token in tokens],
    ]
    database.rows(_INSERT, columns)


def take_token(
    database: CooperativeDatabase, gateway: str, digest: bytes, session: int | None = None
) -> TokenTaken:
    """Consume the token of this digest. `session` is what the token names; a code names none.

    Raises TokenExpired, TokenUsed, TokenWrong, NoSuchSession or SessionIsClosed: nothing was consumed then.
    """
    taken = database.rows(_TAKE, [Binary(digest), gateway, session])
    if taken and hmac.compare_digest(bytes(taken[0][0]), digest):
        return TokenTaken(taken[0][1], taken[0][2])
    raise _refusal(database, gateway, digest, session)


def revoke_tokens(
    database: CooperativeDatabase, sessions: Sequence[int] = (), account_id: int | None = None
) -> None:
    """Let no token of these sessions, or of any session of this account, open anything any more."""
    database.rows(_REVOKE, [sorted(sessions), account_id])


def delete_tokens(database: CooperativeDatabase, sessions: Sequence[int]) -> None:
    """Drop the tokens of sessions that are closed."""
    database.rows("DELETE FROM session_tokens WHERE session = ANY(%s)", [sorted(sessions)])


def trim_tokens(database: CooperativeDatabase) -> None:
    """Drop those whose time has been over for a day: until then they can be told from garbage."""
    database.rows("DELETE FROM session_tokens WHERE expires_at < now() - interval '1 day'")


def _refusal(database: CooperativeDatabase, gateway: str, digest: bytes, session: int | None) -> Exception:
    found: list[tuple[Any, ...]] = database.rows(_WHY, [Binary(digest), gateway, session])
    if found:
        [(owner, is_used, is_revoked)] = found
        if is_used:
            return TokenUsed(owner)
        return TokenWrong(owner) if is_revoked else TokenExpired(owner)
    if session is None:
        return TokenWrong(None)
    named = database.rows(
        "SELECT closed_at IS NOT NULL FROM sessions WHERE id = %s AND gateway = %s", [session, gateway]
    )
    if not named:
        return NoSuchSession(session)
    return SessionIsClosed(session) if named[0][0] else TokenWrong(session)

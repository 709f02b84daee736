"""What opens a session again: digests of tokens and codes, consumed once. Plain functions over a connection.

Tokens are taken by one UPDATE, so of any number of takers one wins, whatever connections and processes they
come over; and five hundred cost one commit. Why one is refused is looked up afterwards, only for the words.

Who takes one may name the digest of the next: the same statement keeps it, so there is no moment in which the
one is used up and the other is not there, whoever dies, and no answer that must arrive. It has what was left
of the time of the one before.

A row is found by its digest, which tells a guesser nothing: SHA-256 of what he sends is as random to him as
the one that is stored. What is found is compared again in constant time.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from psycopg2 import Binary

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import (
    NoSuchSession,
    SessionIsClosed,
    TokenExpired,
    TokenRefused,
    TokenUsed,
    TokenWrong,
)
from wyld_actors import Record

__all__ = [
    "TokenAsked",
    "TokenRow",
    "TokenTaken",
    "delete_tokens",
    "revoke_tokens",
    "save_tokens",
    "take_tokens",
    "trim_tokens",
]

# Joined with the sessions that are open: a token of one that is closed, or was never written, opens nothing.
# One that is kept already is good for longer; one that was used or revoked stays so, and replaces nothing.
_INSERT = """
INSERT INTO session_tokens (digest, session, kind, account_id, expires_at)
SELECT digest, session, kind, new.account_id, to_timestamp(expires_at)
FROM unnest(%s::bytea[], %s::bigint[], %s::text[], %s::bigint[], %s::float8[])
    AS new (digest, session, kind, account_id, expires_at)
JOIN sessions ON sessions.id = session AND closed_at IS NULL
ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at
WHERE session_tokens.session = excluded.session
    AND session_tokens.used_at IS NULL AND session_tokens.revoked_at IS NULL
RETURNING digest
"""
_REPLACE = """
UPDATE session_tokens AS old SET revoked_at = now()
FROM unnest(%s::bytea[], %s::bigint[], %s::text[]) AS new (digest, session, kind)
WHERE old.session = new.session AND old.kind = new.kind AND old.digest <> ALL(%s::bytea[])
    AND used_at IS NULL AND revoked_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM session_tokens AS over
        WHERE over.digest = new.digest AND (over.used_at IS NOT NULL OR over.revoked_at IS NOT NULL))
"""
# Of those who ask for one together the first gets it. Locked in the order of their digests, so no two takers
# wait for each other. A next one that is there already is somebody's: it is not given to anyone else.
_TAKE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::bytea[]) WITH ORDINALITY
        AS asked (digest, session, next_digest, number)
), first AS (
    SELECT DISTINCT ON (token.digest) token.digest, next_digest, number
    FROM session_tokens AS token JOIN asked ON token.digest = asked.digest
    WHERE token.session = coalesce(asked.session, token.session)
    ORDER BY token.digest, number
), found AS (
    SELECT token.digest, next_digest, number FROM session_tokens AS token
    JOIN first ON token.digest = first.digest
    JOIN sessions AS owner ON owner.id = token.session AND gateway = %s AND closed_at IS NULL
    WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
    ORDER BY token.digest FOR UPDATE OF token
), taken AS (
    UPDATE session_tokens AS token SET used_at = now() FROM found WHERE token.digest = found.digest
    RETURNING token.digest, session, kind, account_id, expires_at, next_digest, number
), named AS (
    INSERT INTO session_tokens (digest, session, kind, account_id, expires_at)
    SELECT next_digest, session, 'token', account_id, expires_at FROM taken
    WHERE next_digest IS NOT NULL ORDER BY next_digest
    ON CONFLICT (digest) DO NOTHING RETURNING digest, session
)
SELECT number, taken.digest, taken.session, kind, named.digest IS NOT NULL
FROM taken LEFT JOIN named ON named.digest = next_digest AND named.session = taken.session
"""
_WHY = """
SELECT
    CASE WHEN used_at IS NOT NULL THEN 'used' WHEN revoked_at IS NOT NULL THEN 'revoked'
        WHEN token.digest IS NOT NULL THEN 'expired' END,
    CASE WHEN named.closed_at IS NOT NULL THEN 'closed' WHEN named.id IS NOT NULL THEN 'open'
        WHEN asked.session IS NOT NULL THEN 'unknown' END
FROM unnest(%s::bytea[], %s::bigint[]) WITH ORDINALITY AS asked (digest, session, number)
LEFT JOIN (session_tokens AS token JOIN sessions AS owner ON owner.id = token.session AND owner.gateway = %s)
    ON token.digest = asked.digest AND token.session = coalesce(asked.session, token.session)
LEFT JOIN sessions AS named ON named.id = asked.session AND named.gateway = %s
ORDER BY number
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


class TokenAsked(Record, frozen=True, array_like=True):
    """What somebody shows. `session` is what a token names; a code names none. `next_digest` is of the token
    that is to open the session afterwards, if who shows this has made one."""

    digest: bytes
    session: int | None = None
    next_digest: bytes | None = None

    def __repr__(self) -> str:
        return f"TokenAsked(digest=***, session={self.session})"


class TokenTaken(Record, frozen=True):
    """The token was good for this session; it is used up now. `is_next_kept` if the one that was named next
    is good in its place."""

    session: int
    kind: str
    is_next_kept: bool = False


def save_tokens(database: CooperativeDatabase, tokens: Sequence[TokenRow]) -> frozenset[bytes]:
    """Write them, in the caller's transaction, behind their sessions: the digests of those that are good now.

    Of one that is there only the time is new; used or revoked it stays. The last one counts where a token
    comes twice.
    """
    tokens = list({token.digest: token for token in tokens}.values())
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
    return frozenset(bytes(digest) for (digest,) in database.rows(_INSERT, columns))


def take_tokens(
    database: CooperativeDatabase, gateway: str, asked: Sequence[TokenAsked]
) -> list[TokenTaken | TokenRefused]:
    """Consume these and keep those named next, in one transaction: for each whose it was, or why it was not
    consumed, in order."""
    columns = [
        [Binary(one.digest) for one in asked],
        [one.session for one in asked],
        [None if one.next_digest is None else Binary(one.next_digest) for one in asked],
    ]
    answers: list[TokenTaken | TokenRefused | None] = [None] * len(asked)
    for number, digest, session, kind, is_next_kept in database.rows(_TAKE, [*columns, gateway]):
        if hmac.compare_digest(bytes(digest), asked[number - 1].digest):
            answers[number - 1] = TokenTaken(session, kind, is_next_kept)
    left = [place for place, answer in enumerate(answers) if answer is None]
    if left:
        for place, refusal in zip(
            left, _refusals(database, gateway, [asked[one] for one in left]), strict=True
        ):
            answers[place] = refusal
    return [answer for answer in answers if answer is not None]


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


def _refusals(database: CooperativeDatabase, gateway: str, asked: Sequence[TokenAsked]) -> list[TokenRefused]:
    columns = [[Binary(one.digest) for one in asked], [one.session for one in asked]]
    found = database.rows(_WHY, [*columns, gateway, gateway])
    return [_refusal(*why)(one.session) for one, why in zip(asked, found, strict=True)]


def _refusal(token: str | None, session: str | None) -> type[TokenRefused]:
    """What is known of the token, and of the session that it names."""
    if token is not None:
        return {"used": TokenUsed, "revoked": TokenWrong}.get(token, TokenExpired)
    return {"unknown": NoSuchSession, "closed": SessionIsClosed}.get(session or "", TokenWrong)

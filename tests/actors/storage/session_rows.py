"""Rows of sessions and tokens for tests."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.session_tokens import TokenAsked, TokenRow, TokenTaken, take_tokens
from actors.storage.sessions import SessionRow

__all__ = ["digest", "session_row", "take_token", "token_row"]


def session_row(number: int, **changes: Any) -> SessionRow:
    """A session in play."""
    row = SessionRow(
        id=number,
        state="playing",
        left_state=None,
        protocol="telnet",
        peer="203.0.113.7:4000",
        account_id=1,
        account="ann",
        character_id=2,
        character="Ann",
        entity_id="character:ann",
        metadata='{"terminal": "xterm"}',
        created_at=1_800_000_000.25,
        changed_at=1_800_000_001.5,
        touched_at=1_800_000_002.75,
    )
    return row.replace(**changes)


def digest(number: int) -> bytes:
    """A digest of its own for each number."""
    return hashlib.sha256(str(number).encode()).digest()


def token_row(number: int, session: int = 1, *, seconds: float = 900.0, **changes: Any) -> TokenRow:
    """A token that is good for `seconds` from now, and leaves others as they are."""
    row = TokenRow(digest(number), session, "token", 1, time.time() + seconds, replaces=False)
    return row.replace(**changes)


def take_token(
    database: CooperativeDatabase, gateway: str, digest: bytes, session: int | None = None
) -> TokenTaken:
    """Take a single one. Raises its TokenRefused."""
    [answer] = take_tokens(database, gateway, [TokenAsked(digest, session)])
    if isinstance(answer, TokenTaken):
        return answer
    raise answer

"""Records of sessions for tests."""

from __future__ import annotations

from actors.gateway.session_record import AccountOf, CharacterOf, SessionId, SessionRecord
from actors.gateway.session_states import SessionState

__all__ = ["connecting", "disconnected", "playing", "selecting"]


def connecting(number: int, now: float = 0.0) -> SessionRecord:
    """One that has just come."""
    return SessionRecord.begin(SessionId(number), protocol="telnet", peer="203.0.113.7:4000", now=now)


def selecting(number: int, account: int = 1, now: float = 0.0) -> SessionRecord:
    """One that has logged in."""
    record = connecting(number, now).moved_to(SessionState.AUTHENTICATING, now=now)
    record = record.with_account(AccountOf(account, f"account {account}"))
    return record.moved_to(SessionState.CHARACTER_SELECTION, now=now)


def playing(number: int, account: int = 1, now: float = 0.0) -> SessionRecord:
    """One whose character is in the world."""
    record = selecting(number, account, now).moved_to(SessionState.PLAYING, now=now)
    return record.with_character(CharacterOf(number, f"Hero {number}", f"character:{number}"))


def disconnected(number: int, account: int = 1, now: float = 0.0) -> SessionRecord:
    """One whose client has gone from play."""
    return playing(number, account, now).moved_to(SessionState.DISCONNECTED, now=now)

"""What each request means: a table from request to function, for the worker that holds a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.storage import (
    accounts,
    characters,
    entities,
    ownership,
    positions,
    requests,
    restart_records,
    session_tokens,
    sessions,
)
from actors.storage.accounts import AccountRecord
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import WrongCredentials
from actors.storage.passwords import PasswordHasher
from actors.storage.requests import StoreRequest

__all__ = ["REQUESTS", "perform"]


def perform(database: CooperativeDatabase, hasher: PasswordHasher, request: StoreRequest) -> Any:
    """Do what was asked on this connection. Raises a StorageRefused, or peewee's errors."""
    return _PERFORMERS[type(request)](database, hasher, request)


def _create_account(
    database: CooperativeDatabase, hasher: PasswordHasher, request: requests.CreateAccount
) -> AccountRecord:
    # Looked up before the expensive hash; the unique index has the last word.
    accounts.refuse_taken_name(database, request.name)
    return accounts.create_account(database, request.name, hasher.hash(request.password))


def _authenticate(
    database: CooperativeDatabase, hasher: PasswordHasher, request: requests.Authenticate
) -> AccountRecord:
    account, known, needs_rehash = _verified(database, hasher, request.name, request.password)
    if needs_rehash:
        accounts.replace_password_hash(database, account.id, known, hasher.hash(request.password))
    accounts.record_login(database, account.id)
    return account


def _change_password(
    database: CooperativeDatabase, hasher: PasswordHasher, request: requests.ChangePassword
) -> AccountRecord:
    account, known, _ = _verified(database, hasher, request.name, request.password)
    password_hash = hasher.hash(request.new_password)
    with database.atomic():
        if not accounts.replace_password_hash(database, account.id, known, password_hash):
            raise WrongCredentials(request.name)
        # Whoever changes a password may have lost more than that.
        session_tokens.revoke_tokens(database, account_id=account.id)
    return account


def _verified(
    database: CooperativeDatabase, hasher: PasswordHasher, name: str, password: str
) -> tuple[AccountRecord, str, bool]:
    """The account, the hash that the password fits, and whether that one is to be replaced."""
    found = accounts.find_account(database, name)
    account, password_hash = found or (None, None)
    verdict = hasher.verify(password_hash, password)
    if account is None or password_hash is None or not verdict.is_right:
        raise WrongCredentials(name)
    return account, password_hash, verdict.needs_rehash


_PERFORMERS: dict[type[StoreRequest], Callable[[CooperativeDatabase, PasswordHasher, Any], Any]] = {
    requests.CreateAccount: _create_account,
    requests.Authenticate: _authenticate,
    requests.ChangePassword: _change_password,
    requests.ListCharacters: lambda db, _, r: characters.list_characters(db, r.account_id),
    requests.CreateCharacter: lambda db, _, r: characters.create_character(
        db, r.account_id, r.name, r.background
    ),
    requests.SelectCharacter: lambda db, _, r: characters.select_character(db, r.account_id, r.name),
    requests.LoadEntities: lambda db, _, r: entities.load_entities(db, r.kinds),
    requests.FindEntities: lambda db, _, r: entities.find_entities(db, r.ids),
    requests.LoadPositions: lambda db, _, r: positions.load_positions(db),
    requests.ForgetPositions: lambda db, _, r: positions.forget_positions(db, r.sessions),
    requests.SaveCheckpoint: lambda db, _, r: entities.checkpoint(
        db, r.entities, r.deleted, r.positions, r.forgotten
    ),
    requests.NextEpoch: lambda db, _, r: ownership.next_epoch(db, r.name),
    requests.ClaimWorld: lambda db, _, r: ownership.claim_world(
        db, r.world, wait_seconds=r.wait_seconds, epoch=r.epoch
    ),
    requests.SaveRestarts: lambda db, _, r: restart_records.save_restarts(db, r.process, r.rows),
    requests.TrimRestarts: lambda db, _, r: restart_records.trim_restarts(db, r.process),
    requests.FindRestarts: lambda db, _, r: restart_records.find_restarts(
        db, r.process, since=r.since, path=r.path, limit=r.limit
    ),
    requests.SaveSessions: lambda db, _, r: sessions.save_sessions(db, r.gateway, r.rows, r.closed, r.tokens),
    requests.LoadSessions: lambda db, _, r: sessions.load_sessions(db, r.gateway),
    requests.TakeTokens: lambda db, _, r: session_tokens.take_tokens(db, r.gateway, r.asked),
    requests.RevokeTokens: lambda db, _, r: session_tokens.revoke_tokens(db, r.sessions, r.account_id),
    requests.TrimSessions: lambda db, _, r: sessions.trim_sessions(db, r.gateway),
    requests.ReleaseWorld: lambda db, _, r: ownership.release_world(db, r.world),
}

REQUESTS: tuple[type[StoreRequest], ...] = tuple(_PERFORMERS)
"""Every type of request that `perform` knows."""

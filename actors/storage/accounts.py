"""Accounts: who may log in. Plain functions over a database connection."""

from __future__ import annotations

import datetime

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import NameTaken, UnusableName
from actors.storage.models import Account
from actors.storage.names import name_key
from wyld_actors import Record

__all__ = [
    "AccountRecord",
    "account_exists",
    "create_account",
    "find_account",
    "record_login",
    "refuse_taken_name",
    "replace_password_hash",
]


class AccountRecord(Record, frozen=True):
    """An account, without its password."""

    id: int
    name: str
    created_at: datetime.datetime
    last_login_at: datetime.datetime | None = None


def create_account(database: CooperativeDatabase, name: str, password_hash: str) -> AccountRecord:
    """A new account. Raises NameTaken, UnusableName."""
    query = (
        Account.insert(name=name, name_key=name_key(name), password_hash=password_hash, created_at=_now())
        .on_conflict(conflict_target=[Account.name_key], action="ignore")
        .returning(Account.id, Account.created_at)
    )
    created = database.all(query)
    if not created:
        raise NameTaken(name)
    return AccountRecord(created[0].id, name, created[0].created_at)


def refuse_taken_name(database: CooperativeDatabase, name: str) -> None:
    """Raise NameTaken if the name is taken now; it may still be taken before it is created."""
    if find_account(database, name) is not None:
        raise NameTaken(name)


def find_account(database: CooperativeDatabase, name: str) -> tuple[AccountRecord, str] | None:
    """The account of this name, whatever its case, and its password hash; None if there is none."""
    try:
        key = name_key(name)
    except UnusableName:
        return None
    found = database.all(Account.select().where(Account.name_key == key))
    if not found:
        return None
    [account] = found
    return _record(account), account.password_hash


def account_exists(database: CooperativeDatabase, account_id: int) -> bool:
    """Whether there is an account of this id."""
    return bool(database.all(Account.select(Account.id).where(Account.id == account_id)))


def replace_password_hash(database: CooperativeDatabase, account_id: int, before: str, after: str) -> bool:
    """A new password, or the same one hashed with newer parameters, in the place of `before`. False if
    somebody has replaced that meanwhile: hashing takes its time."""
    is_before = (Account.id == account_id) & (Account.password_hash == before)
    return bool(database.run(Account.update(password_hash=after).where(is_before)))


def record_login(database: CooperativeDatabase, account_id: int) -> None:
    """Note that the account has logged in now. A crash of the machine may lose the note."""
    # One message, and no wait for the disk: that would halve the logins a second.
    database.rows(
        "SET LOCAL synchronous_commit = off; UPDATE accounts SET last_login_at = now() WHERE id = %s",
        [account_id],
    )


def _record(account: Account) -> AccountRecord:
    return AccountRecord(account.id, account.name, account.created_at, account.last_login_at)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)

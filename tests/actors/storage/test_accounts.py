"""Names are unique whatever their case; an account has its characters and nobody else's."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable

import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.storage.accounts import create_account, find_account, record_login, replace_password_hash
from actors.storage.characters import create_character, list_characters, select_character
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import NameTaken, NoSuchAccount, NoSuchCharacter, UnusableName, WrongCredentials
from actors.storage.names import name_key
from actors.storage.passwords import PasswordHasher, PasswordOptions
from actors.storage.performing import perform
from actors.storage.requests import Authenticate, ChangePassword, CreateAccount, StoreRequest


@given(st.text())
def test_a_name_has_a_key_that_can_be_kept_or_is_refused(name: str) -> None:
    try:
        key = name_key(name)
    except UnusableName:
        return
    assert name_key(key) == key
    assert "\0" not in key.encode().decode()


@pytest.mark.parametrize("name", ["", "  ", "A\0nn", "A\x1bnn", "A\ud800nn", "a" * 101])
def test_what_is_no_name_is_refused_and_found_nowhere(database: CooperativeDatabase, name: str) -> None:
    account = create_account(database, "Ann", "hash")

    with pytest.raises(UnusableName):
        create_account(database, name, "hash")
    with pytest.raises(UnusableName):
        create_character(database, account.id, name, "sailor")
    with pytest.raises(NoSuchCharacter):
        select_character(database, account.id, name)
    assert find_account(database, name) is None


@pytest.mark.parametrize("twin", ["ann", "ANN", " Ann ", "Ａｎｎ"])
def test_names_that_look_the_same_are_the_same(twin: str) -> None:
    assert name_key(twin) == name_key("Ann")


def test_an_account_is_found_whatever_the_case(database: CooperativeDatabase) -> None:
    account = create_account(database, "Änne", "hash")

    assert find_account(database, "ÄNNE") == (account, "hash")
    assert find_account(database, "Anne") is None


def test_a_taken_account_name_is_refused(database: CooperativeDatabase) -> None:
    create_account(database, "Ann", "hash")

    with pytest.raises(NameTaken, match="the name ANN is taken"):
        create_account(database, "ANN", "another")


def test_of_many_who_want_a_name_one_gets_it(database_dsn: str) -> None:
    databases = [CooperativeDatabase(database_dsn) for _ in range(5)]

    def attempt(database: CooperativeDatabase) -> bool:
        database.connect()
        try:
            create_account(database, "Ann", "hash")
        except NameTaken:
            return False
        finally:
            database.close()
        return True

    greenlets = [gevent.spawn(attempt, database) for database in databases]

    assert sorted(greenlet.get() for greenlet in greenlets) == [False] * 4 + [True]


def test_a_login_is_noted(database: CooperativeDatabase) -> None:
    account = create_account(database, "Ann", "hash")

    record_login(database, account.id)

    found = find_account(database, "Ann")
    assert found is not None
    assert account.last_login_at is None
    assert found[0].last_login_at is not None
    assert datetime.datetime.now(datetime.UTC) - found[0].last_login_at < datetime.timedelta(minutes=1)


def test_a_password_hash_is_replaced(database: CooperativeDatabase) -> None:
    account = create_account(database, "Ann", "old")

    assert replace_password_hash(database, account.id, "old", "new")
    assert not replace_password_hash(database, account.id, "old", "newer"), "somebody was quicker"

    assert find_account(database, "Ann") == (account, "new")


def test_an_account_lists_its_own_characters_in_the_order_they_were_made(
    database: CooperativeDatabase,
) -> None:
    ann, bob = (create_account(database, name, "hash") for name in ("Ann", "Bob"))
    first = create_character(database, ann.id, "Morgan", "sailor")
    create_character(database, bob.id, "Ash", "smith")
    second = create_character(database, ann.id, "Alba", "scholar")

    assert list_characters(database, ann.id) == [first, second]
    assert list_characters(database, 12345) == []


def test_a_character_name_is_taken_for_every_account(database: CooperativeDatabase) -> None:
    ann, bob = (create_account(database, name, "hash") for name in ("Ann", "Bob"))
    create_character(database, ann.id, "Morgan", "sailor")

    with pytest.raises(NameTaken):
        create_character(database, bob.id, "MORGAN", "smith")


def test_a_character_needs_an_account(database: CooperativeDatabase) -> None:
    with pytest.raises(NoSuchAccount):
        create_character(database, 12345, "Morgan", "sailor")


def test_a_chosen_character_is_noted_as_played(database: CooperativeDatabase) -> None:
    account = create_account(database, "Ann", "hash")
    made = create_character(database, account.id, "Morgan", "sailor")

    chosen = select_character(database, account.id, "MORGAN")

    assert made.last_played_at is None
    assert chosen.last_played_at is not None
    assert chosen.replace(last_played_at=None) == made


def test_nobody_chooses_the_character_of_another(database: CooperativeDatabase) -> None:
    ann, bob = (create_account(database, name, "hash") for name in ("Ann", "Bob"))
    create_character(database, ann.id, "Morgan", "sailor")

    with pytest.raises(NoSuchCharacter, match="Morgan"):
        select_character(database, bob.id, "Morgan")


class Meanwhile(PasswordHasher):
    """While it hashes, somebody else does something."""

    def __init__(self, options: PasswordOptions, happens: Callable[[], None]) -> None:
        super().__init__(options)
        self._happens = happens

    def hash(self, password: str) -> str:
        self._happens()
        return super().hash(password)


@pytest.mark.parametrize(
    "request_", [Authenticate("Ann", "old"), ChangePassword("Ann", "old", "mine")], ids=["login", "change"]
)
def test_a_password_that_is_changed_while_the_old_one_is_hashed_stays_changed(
    database: CooperativeDatabase, request_: StoreRequest
) -> None:
    cheap, cheaper = PasswordOptions(memory_kib=128, passes=1), PasswordOptions(memory_kib=64, passes=1)
    others, first = PasswordHasher(cheap), PasswordHasher(cheaper)
    perform(database, first, CreateAccount("Ann", "old"))
    hasher = Meanwhile(cheap, lambda: perform(database, others, ChangePassword("Ann", "old", "new")))

    # A login whose password is to be hashed anew, or another change.
    with contextlib.suppress(WrongCredentials):
        perform(database, hasher, request_)

    assert perform(database, others, Authenticate("Ann", "new")).name == "Ann"
    for wrong in ("old", "mine"):
        with pytest.raises(WrongCredentials):
            perform(database, others, Authenticate("Ann", wrong))
    for used in (others, first, hasher):
        used.close()

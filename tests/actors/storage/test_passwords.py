"""Hashing is slow on purpose, and yet stops nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest

from actors.storage.errors import StoreBusy
from actors.storage.passwords import PasswordHasher, PasswordOptions, Verdict

CHEAP = PasswordOptions(memory_kib=64, passes=1, threads=1)


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher(CHEAP)
    yield hasher
    hasher.close()


def test_the_default_is_argon2id_with_19_mib_and_two_passes() -> None:
    hasher = PasswordHasher()

    assert hasher.hash("secret").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    hasher.close()


def test_only_the_right_password_is_right(hasher: PasswordHasher) -> None:
    kept = hasher.hash("secret")

    assert hasher.verify(kept, "secret") == Verdict(is_right=True)
    assert hasher.verify(kept, "Secret") == Verdict(is_right=False)


@pytest.mark.parametrize("password", ["", "\0", "p\ud800", "é" * 1000])
def test_any_text_can_be_a_password(hasher: PasswordHasher, password: str) -> None:
    assert hasher.verify(hasher.hash(password), password).is_right


def test_a_password_is_the_same_in_either_normal_form(hasher: PasswordHasher) -> None:
    assert hasher.verify(hasher.hash("caf\u00e9"), "cafe\u0301").is_right


def test_two_hashes_of_a_password_differ(hasher: PasswordHasher) -> None:
    assert hasher.hash("secret") != hasher.hash("secret")


def test_a_hash_with_other_parameters_is_good_and_to_be_replaced(hasher: PasswordHasher) -> None:
    other = PasswordHasher(PasswordOptions(memory_kib=128, passes=2, threads=1))
    kept = hasher.hash("secret")

    assert other.verify(kept, "secret") == Verdict(is_right=True, needs_rehash=True)
    assert other.verify(kept, "wrong") == Verdict(is_right=False)
    other.close()


def test_nobody_logs_into_an_account_that_does_not_exist(hasher: PasswordHasher) -> None:
    assert hasher.verify(None, "") == Verdict(is_right=False)


@pytest.mark.slow
def test_an_unknown_account_costs_the_work_of_a_wrong_password() -> None:
    hasher = PasswordHasher()
    kept = hasher.hash("secret")

    known = min(seconds_for(hasher, kept) for _ in range(5))
    unknown = min(seconds_for(hasher, None) for _ in range(5))

    assert known / 4 < unknown < known * 4
    hasher.close()


@pytest.mark.slow
def test_other_greenlets_run_while_passwords_are_hashed() -> None:
    hasher = PasswordHasher()
    work = [gevent.spawn(hasher.hash, "secret") for _ in range(8)]
    turns = 0

    while not all(greenlet.ready() for greenlet in work):
        gevent.sleep(0.002)
        turns += 1

    assert turns > 2
    hasher.close()


def test_too_many_waiting_are_refused_at_once() -> None:
    hasher = PasswordHasher(PasswordOptions(memory_kib=1024, passes=1, threads=1, queue_limit=2))
    work = [gevent.spawn(hasher.hash, "secret") for _ in range(6)]

    gevent.joinall(work)

    refused = [greenlet for greenlet in work if isinstance(greenlet.exception, StoreBusy)]
    assert len(refused) == 3
    assert hasher.waiting == 0
    hasher.close()


def seconds_for(hasher: PasswordHasher, kept: str | None) -> float:
    began = time.perf_counter()
    hasher.verify(kept, "wrong")
    return time.perf_counter() - began

"""Passwords: argon2id in a few threads, with a bound on how many may wait.

Hashing takes about 20 ms of a processor on purpose. It runs in threads of the event loop's own pool
(the C code lets go of Python's lock), no more of them than processors, and when too many wait the
next one is refused at once: a flood of logins slows logins, and nothing else.

An unknown account costs the same work as a wrong password: both verify one hash.

Parameters: OWASP Password Storage Cheat Sheet, argon2id, 19 MiB, 2 passes, 1 lane. A hash made with
others is still good and says so, to be replaced at the next login.
"""

from __future__ import annotations

import dataclasses
import os
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

import argon2
import gevent.threadpool
from argon2.low_level import ARGON2_VERSION

from actors.storage.errors import StoreBusy

__all__ = ["PasswordHasher", "PasswordOptions", "Verdict"]

Result = TypeVar("Result")

_SALT_BYTES, _DIGEST_BYTES = argon2.DEFAULT_RANDOM_SALT_LENGTH, argon2.DEFAULT_HASH_LENGTH


@dataclasses.dataclass(frozen=True, slots=True)
class PasswordOptions:
    """Cost of a hash, and how much of the machine hashing may take."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1
    threads: int = max(1, min(4, os.cpu_count() or 1))
    # At 60 a second the last one waits two seconds: about what a person puts up with.
    queue_limit: int = 128


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying a password. `needs_rehash`: right, but hashed with old parameters."""

    is_right: bool
    needs_rehash: bool = False


class PasswordHasher:
    """Hashes and verifies without stopping the event loop. One for a process."""

    def __init__(self, options: PasswordOptions | None = None) -> None:
        self.options = options or PasswordOptions()
        self._argon2 = argon2.PasswordHasher(
            time_cost=self.options.passes,
            memory_cost=self.options.memory_kib,
            parallelism=self.options.lanes,
            type=argon2.Type.ID,
        )
        self._threads = gevent.threadpool.ThreadPool(self.options.threads)
        self._under_way = 0
        self._nobody = _hash_of_nobody(self.options)

    @property
    def waiting(self) -> int:
        """How many hashes are asked for and not yet begun."""
        return max(0, self._under_way - self.options.threads)

    def hash(self, password: str) -> str:
        """The hash to keep of a password. Raises StoreBusy."""
        return self._in_thread(lambda: self._argon2.hash(_prepared(password)))

    def verify(self, password_hash: str | None, password: str) -> Verdict:
        """Whether the password is right; None stands for an account that does not exist.

        Raises StoreBusy, and argon2.exceptions.InvalidHashError for a hash that is none.
        """
        kept = password_hash if password_hash is not None else self._nobody
        is_right = (
            self._in_thread(lambda: self._matches(kept, _prepared(password))) and password_hash is not None
        )
        return Verdict(is_right, is_right and self._argon2.check_needs_rehash(kept))

    def close(self) -> None:
        """Let the threads go."""
        self._threads.kill()

    def _matches(self, password_hash: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self.waiting >= self.options.queue_limit:
            raise StoreBusy("logins", self.options.queue_limit)
        self._under_way += 1
        try:
            result: Result = self._threads.apply(work)
            return result
        finally:
            self._under_way -= 1


def _hash_of_nobody(options: PasswordOptions) -> str:
    """Costs what every hash costs to verify, and no password fits: its digest was drawn, not computed.

    So a process does not hash before it serves.
    """
    salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (_SALT_BYTES, _DIGEST_BYTES))
    cost = f"m={options.memory_kib},t={options.passes},p={options.lanes}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


def _prepared(password: str) -> bytes:
    # RFC 8265 4.2: normalised, so that two keyboards type the same password. What was no text on the
    # wire arrives as lone surrogates and stays distinct.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")

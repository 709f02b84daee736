"""What serves one request of a gateway has in common: the store, the link, and how to say no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.entrance.excuses import Excuses
from actors.entrance.play import Play
from actors.storage import requests as store
from actors.storage.characters import CharacterRecord
from actors.storage.errors import (
    NameTaken,
    NoSuchAccount,
    NoSuchCharacter,
    StoreBusy,
    StoreCrashed,
    UnusableName,
    WrongCredentials,
)
from actors.world_link.messages import SessionLeft
from transports.link.protocol import FailureCode
from wyld_actors import Actor, Context, Ref

__all__ = ["ClerkOptions", "No", "Service", "code_of"]

# A login waits for its turn to be hashed; the gateway gives up after its own deadline.
STORE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class ClerkOptions:
    """What the world allows to an account."""

    store_name: str = "store"
    # As many as a list on a phone shows without scrolling.
    characters_per_account: int = 8
    # NIST SP 800-63B 5.1.1.2: "at least 8 characters in length".
    password_characters: int = 8
    # Longer ones only cost time to hash.
    password_characters_at_most: int = 128


class No(Exception):
    """Ends a request with a Failure. `text` is for the player, `cause` for the log."""

    def __init__(self, code: FailureCode, text: str = "", *, cause: str = "") -> None:
        super().__init__(code, text, cause)
        self.code = code
        self.text = text
        self.cause = cause

    def __str__(self) -> str:
        return self.cause or self.text or self.code.name


class Service(Actor):
    """Base of a clerk."""

    def __init__(self, options: ClerkOptions, play: Play, excuses: Excuses) -> None:
        super().__init__()
        self._options = options
        self._play = play
        self._excuses = excuses

    def _store(self, ctx: Context, request: store.StoreRequest) -> Any:
        target = ctx.system.registry.whereis(self._options.store_name)
        if target is None:
            raise No(FailureCode.UNAVAILABLE, cause="the store is not up")
        return ctx.ask(target, request, timeout_seconds=STORE_SECONDS)

    def _characters(self, ctx: Context, account: int) -> list[CharacterRecord]:
        records: list[CharacterRecord] = self._store(ctx, store.ListCharacters(account))
        return records

    def _outlet(self) -> Ref:
        outlet = self._play.outlet
        if outlet is None:
            raise No(FailureCode.UNAVAILABLE, cause="the link is not up")
        return outlet


_CODES: tuple[tuple[type[Exception], FailureCode], ...] = (
    (WrongCredentials, FailureCode.BAD_CREDENTIALS),
    (NameTaken, FailureCode.NAME_TAKEN),
    (UnusableName, FailureCode.NAME_INVALID),
    (NoSuchAccount, FailureCode.NOT_PERMITTED),
    (NoSuchCharacter, FailureCode.NO_SUCH_CHARACTER),
    (SessionLeft, FailureCode.NO_SUCH_SESSION),
    (StoreBusy, FailureCode.OVERLOADED),
    (StoreCrashed, FailureCode.INTERNAL),
)


def code_of(error: Exception) -> FailureCode:
    """What a "no" of another part of the world is called on the link; UNAVAILABLE when it may pass by
    itself."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return FailureCode.UNAVAILABLE

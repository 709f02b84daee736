"""What a "no" inside the world is called on the link."""

import pytest

from actors.entrance.play import NotStarted
from actors.entrance.service import code_of
from actors.storage.errors import (
    NameTaken,
    NoSuchAccount,
    NoSuchCharacter,
    StoreBusy,
    StoreCrashed,
    StoreUnavailable,
    UnusableName,
    WrongCredentials,
)
from actors.world_link.messages import SessionLeft
from transports.link.protocol import FailureCode
from wyld_actors import ActorDeadError, AskTimeout


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongCredentials("Ann"), FailureCode.BAD_CREDENTIALS),
        (NameTaken("Ann"), FailureCode.NAME_TAKEN),
        (UnusableName(""), FailureCode.NAME_INVALID),
        (NoSuchAccount(7), FailureCode.NOT_PERMITTED),
        (NoSuchCharacter("Ann"), FailureCode.NO_SUCH_CHARACTER),
        (SessionLeft(7), FailureCode.NO_SUCH_SESSION),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_a_no_for_a_reason_has_a_code_of_its_own(error: Exception, code: FailureCode) -> None:
    assert code_of(error) is code


@pytest.mark.parametrize(
    "error",
    [StoreUnavailable("gone"), NotStarted("ann", "no"), ActorDeadError("gone"), AskTimeout("store", 15.0)],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_by_itself_may_be_tried_again(error: Exception) -> None:
    assert code_of(error) is FailureCode.UNAVAILABLE


def test_a_store_that_is_full_or_broken_is_not_taken_for_one_that_is_away() -> None:
    assert code_of(StoreBusy("the queue", 10)) is FailureCode.OVERLOADED
    assert code_of(StoreCrashed("bug")) is FailureCode.INTERNAL

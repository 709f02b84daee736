"""Rules that hold for all records of the protocol."""

import typing

import msgspec
import pytest

from transports.link import protocol
from transports.link.protocol import (
    Authenticate,
    ChangePassword,
    CreateAccount,
    Frame,
    OutputBody,
    ReplyBody,
    RequestBody,
    kind_of,
)

RECORDS = [
    record
    for name in protocol.__all__
    if isinstance(record := getattr(protocol, name), type)
    and issubclass(record, msgspec.Struct)
    and record not in (protocol.Compact, protocol.Open)
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_record_is_frozen_and_explained(record: type[msgspec.Struct]) -> None:
    assert record.__struct_config__.frozen
    assert record.__doc__


@pytest.mark.parametrize("union", [Frame, RequestBody, ReplyBody, OutputBody, protocol.StateUpdate])
def test_every_kind_of_a_union_has_a_tag_of_its_own(union: object) -> None:
    tags = [kind.__struct_config__.tag for kind in typing.get_args(union)]

    assert None not in tags
    assert len(tags) == len(set(tags))


def test_there_are_more_than_fifty_honest_records() -> None:
    assert len(RECORDS) > 50


@pytest.mark.parametrize(
    "asked",
    [
        Authenticate("ann", "s3cret-of-ann", peer="127.0.0.1"),
        CreateAccount("ann", "s3cret-of-ann", peer="127.0.0.1"),
        ChangePassword("ann", "s3cret-of-ann", "new-s3cret", peer="127.0.0.1"),
    ],
)
def test_a_password_is_never_shown(asked: Authenticate | CreateAccount | ChangePassword) -> None:
    frame = protocol.Request(1, 7, 1000, asked)

    assert "s3cret" not in f"{asked} {asked!r} {frame} {frame!r}"
    assert "ann" in repr(asked)


def test_a_record_is_named_by_its_kind() -> None:
    assert kind_of(protocol.Performed(1)) == "Performed"

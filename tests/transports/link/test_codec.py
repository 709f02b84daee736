"""The codec: every record survives, every other byte gives one family of errors."""

import contextlib
import typing
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transports.link.strategies import FRAME_KINDS, frames, records
from transports.link.codec import (
    MAX_BATCH_FRAMES,
    PROTOCOL_VERSION,
    BatchCounter,
    decode,
    decode_batch,
    encode,
    pack,
)
from transports.link.errors import (
    BatchError,
    BatchTooLarge,
    ForeignBatch,
    FrameTooLarge,
    MalformedBatch,
    TruncatedBatch,
    Unencodable,
    UnknownKind,
    VersionMismatch,
)
from transports.link.protocol import (
    Command,
    EntityStateChanged,
    Frame,
    Output,
    OutputBody,
    Reply,
    ReplyBody,
    Request,
    RequestBody,
    StateUpdate,
    StructuredOutput,
    TextOutput,
)

COMMAND = Command(7, 1, "look")

# Each with the frame that it crosses in.
BODY_KINDS: dict[Any, Callable[[Any], Frame]] = {
    **dict.fromkeys(typing.get_args(RequestBody), lambda body: Request(1, 7, 1000, body)),
    **dict.fromkeys(typing.get_args(ReplyBody), lambda body: Reply(1, body)),
    **dict.fromkeys(typing.get_args(OutputBody), lambda body: Output(7, 1, 0, body)),
    **dict.fromkeys(
        typing.get_args(StateUpdate), lambda update: Output(7, 1, 0, EntityStateChanged("", update))
    ),
}


def decode_or_refuse(data: bytes) -> None:
    """Raises whatever is not a BatchError."""
    with contextlib.suppress(BatchError):
        assert isinstance(decode(data), list)


@pytest.mark.parametrize("kind", FRAME_KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_frame_comes_back_as_it_was(kind: type[msgspec.Struct]) -> None:
    # The first record of a kind is slow to make.
    @settings(deadline=None)
    @given(records(kind))
    def check(frame: Any) -> None:
        assert decode(encode([frame])) == [frame]

    check()


@pytest.mark.parametrize("kind", BODY_KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_request_reply_and_output_comes_back_as_it_was(kind: type[msgspec.Struct]) -> None:
    # The first record of a kind is slow to make.
    @settings(deadline=None)
    @given(records(kind))
    def check(body: Any) -> None:
        frame = BODY_KINDS[kind](body)
        assert decode(encode([frame])) == [frame]

    check()


@given(st.lists(frames, max_size=5), st.integers(0, 2**32))
def test_a_batch_keeps_its_frames_in_order_and_its_number(batch: list[Frame], sequence: int) -> None:
    assert decode_batch(encode(batch, sequence=sequence)) == (sequence, batch)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x93\x01\x05\xdd\xff\xff\xff\xff")
@example(b"\x93\x01\x05\x91" + b"\x91" * 5_000)
@example(b"\x93\x01\x05\x91\x95\xa3out\x01\x01\x01\x93\xa1s\xa0\x81\xa0" + b"\x91" * 100_000)
@example(b"\x93\x01\x05\x91\x94\xa3cmd\x01\x01\xa1\xff")
def test_any_bytes_give_frames_or_a_batch_error(data: bytes) -> None:
    decode_or_refuse(data)


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_good_beginning_give_frames_or_a_batch_error(data: bytes) -> None:
    decode_or_refuse(bytes([0x93, PROTOCOL_VERSION]) + data)


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_a_damaged_batch_gives_frames_or_a_batch_error(batch: list[Frame], data: st.DataObject) -> None:
    damaged = bytearray(encode(batch))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    decode_or_refuse(bytes(damaged))


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_a_batch_cut_anywhere_is_refused(batch: list[Frame], data: st.DataObject) -> None:
    whole = encode(batch)

    with pytest.raises(BatchError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_batch_that_ends_in_the_middle_is_called_truncated() -> None:
    with pytest.raises(TruncatedBatch):
        decode(encode([COMMAND])[:-1])


def test_another_version_is_refused_with_both_versions_named() -> None:
    with pytest.raises(VersionMismatch, match=r"version 9.*version 1") as caught:
        decode(encode([COMMAND], version=9))
    assert (caught.value.ours, caught.value.theirs) == (PROTOCOL_VERSION, 9)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x00", b"{}", b"\x93\xa1x\x00\x90"]
)
def test_what_is_no_batch_at_all_is_called_foreign(data: bytes) -> None:
    with pytest.raises(ForeignBatch):
        decode(data)


def test_an_unknown_kind_of_frame_is_refused_and_named() -> None:
    with pytest.raises(UnknownKind, match="teleport"):
        decode(msgspec.msgpack.encode((PROTOCOL_VERSION, 1, [("teleport", 1, 2)])))


def test_an_unknown_kind_of_request_is_refused_and_named() -> None:
    body = {"type": "rule_the_world"}

    with pytest.raises(UnknownKind, match="rule_the_world"):
        decode(msgspec.msgpack.encode((PROTOCOL_VERSION, 1, [("ask", 1, 2, 3, body)])))


def test_unknown_fields_are_ignored_in_both_shapes() -> None:
    command = ("cmd", 7, 1, "look", 0, "a field of a later release")
    request = ("ask", 1, 2, 3, {"type": "list_characters", "account": 4, "later": True})

    first, second = decode(msgspec.msgpack.encode((PROTOCOL_VERSION, 1, [command, request])))

    assert first == COMMAND
    assert second.body.account == 4  # type: ignore[union-attr]


def test_a_value_of_the_wrong_type_is_refused_with_its_place() -> None:
    with pytest.raises(MalformedBatch, match="Expected `str`"):
        decode(msgspec.msgpack.encode((PROTOCOL_VERSION, 1, [("cmd", 7, 1, 3)])))


def test_the_size_is_checked_before_anything_is_decoded() -> None:
    with pytest.raises(BatchTooLarge) as caught:
        decode(b"\xff" * 101, limit_bytes=100)
    assert (caught.value.size_bytes, caught.value.limit_bytes) == (101, 100)


def test_more_frames_than_a_batch_may_have_are_refused() -> None:
    data = encode([COMMAND] * (MAX_BATCH_FRAMES + 1))

    with pytest.raises(MalformedBatch):
        decode(data)


@pytest.mark.parametrize("value", [2**70, "\ud800", object()], ids=["int", "surrogate", "object"])
def test_what_msgpack_cannot_hold_is_an_encoding_error_that_names_the_frame(value: object) -> None:
    frame = Output(7, 1, 0, StructuredOutput("Char.Vitals", {"value": value}))

    with pytest.raises(Unencodable, match="Output of StructuredOutput"):
        encode([frame])


@given(st.lists(frames, max_size=30), st.integers(40, 400))
def test_packing_splits_above_the_size_and_keeps_order_and_numbers(
    batch: list[Frame], split_bytes: int
) -> None:
    packed, rejected = pack(batch, sequence=5, split_bytes=split_bytes)

    assert not rejected
    decoded = [decode_batch(data) for data in packed]
    assert [sequence for sequence, _ in decoded] == list(range(5, 5 + len(packed)))
    assert [frame for _, part in decoded for frame in part] == batch
    assert all(
        len(data) <= split_bytes or len(part) == 1 for data, (_, part) in zip(packed, decoded, strict=True)
    )


def test_one_bad_frame_does_not_take_the_others_with_it() -> None:
    bad = Output(7, 1, 0, TextOutput("\ud800"))
    large = Command(7, 2, "x" * 500)

    packed, rejected = pack([COMMAND, bad, COMMAND, large, COMMAND], sequence=1, limit_bytes=200)

    assert [frame for data in packed for frame in decode(data)] == [COMMAND] * 3
    assert [type(error) for _, error in rejected] == [Unencodable, FrameTooLarge]


def test_a_hole_in_the_numbers_of_batches_is_counted() -> None:
    counter = BatchCounter()

    assert [counter.arrived(sequence) for sequence in (4, 5, 9, 10, 1, 2)] == [0, 0, 3, 0, 0, 0]

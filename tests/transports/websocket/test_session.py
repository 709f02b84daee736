"""The protocol core: whole messages out of any cut of the bytes, limits, and fast failure."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from tests.transports.websocket.frames import RSV1, deflated, frame, session, text
from transports.websocket.options import WebOptions
from transports.websocket.session import (
    BinaryMessage,
    CloseReceived,
    PeerFailed,
    PingFrame,
    PongFrame,
    ServerSession,
    SocketEvent,
    TextMessage,
    shorten_reason,
    unmasked_frame,
)

RAW = WebOptions(subprotocols=(), message_limit_bytes=1000)
DEFLATE = "permessage-deflate"


def feed(connection: ServerSession, data: bytes, now: float = 0.0) -> list[SocketEvent]:
    return list(connection.receive_data(data, now))


def failure(connection: ServerSession, data: bytes) -> int:
    """The close code with which these bytes fail the connection."""
    event = feed(connection, data)[-1]
    assert isinstance(event, PeerFailed)
    assert connection.is_finished
    return event.code


# Messages


def test_a_text_message_is_one_event() -> None:
    assert feed(session(), text("look ☃")) == [TextMessage("look ☃")]


def test_a_binary_message_is_one_event() -> None:
    assert feed(session(), frame(Opcode.BINARY, b"\x00\xff")) == [BinaryMessage(b"\x00\xff")]


def test_fragments_are_one_message_with_a_ping_between_them() -> None:
    connection = session()
    snowman = "☃".encode()

    events = feed(
        connection,
        frame(Opcode.TEXT, snowman[:1], fin=False)
        + frame(Opcode.PING, b"now")
        + frame(Opcode.CONT, snowman[1:2], fin=False)
        + frame(Opcode.CONT, snowman[2:]),
    )

    assert events == [PingFrame(b"now"), TextMessage("☃")]
    assert connection.data_to_send() == bytes([0x80 | Opcode.PONG, 3]) + b"now"


@pytest.mark.parametrize("behind", [frame(Opcode.CLOSE), frame(11)], ids=["a close frame", "a bad frame"])
def test_a_message_can_be_answered_whatever_comes_behind_it(behind: bytes) -> None:
    connection = session()
    for event in connection.receive_data(text("first") + text("second") + behind, 0.0):
        if isinstance(event, TextMessage):
            connection.send_text(event.text.encode())
    assert connection.data_to_send().startswith(b"\x81\x05first\x81\x06second\x88")


def test_a_ping_is_answered_with_its_payload() -> None:
    connection = session()
    assert feed(connection, frame(Opcode.PING, b"x" * 125)) == [PingFrame(b"x" * 125)]
    assert connection.data_to_send() == bytes([0x80 | Opcode.PONG, 125]) + b"x" * 125


def test_a_pong_is_an_event_and_has_no_answer() -> None:
    connection = session()
    assert feed(connection, frame(Opcode.PONG, b"late")) == [PongFrame(b"late")]
    assert connection.data_to_send() == b""


script = st.lists(
    st.one_of(
        st.text(max_size=40).map(text),
        st.binary(max_size=400).map(lambda data: frame(Opcode.BINARY, data)),
        st.binary(max_size=125).map(lambda data: frame(Opcode.PING, data)),
        st.tuples(st.binary(max_size=40), st.binary(max_size=40)).map(
            lambda parts: frame(Opcode.BINARY, parts[0], fin=False) + frame(Opcode.CONT, parts[1])
        ),
        st.text(min_size=1, max_size=20).map(
            lambda content: (
                frame(Opcode.TEXT, content.encode()[:1], fin=False) + frame(Opcode.CONT, content.encode()[1:])
            )
        ),
        st.binary(max_size=60),  # garbage
    ),
    max_size=6,
).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(borders)]


@given(script, st.lists(st.integers(min_value=0), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_events_and_answers(data: bytes, places: list[int]) -> None:
    whole, parts = session(RAW), session(RAW)

    expected = feed(whole, data)
    got = [event for piece in cut(data, places) for event in feed(parts, piece)]

    # Bad text in a frame that is not complete fails at once: the position in the reason may differ.
    assert [simplified(event) for event in got] == [simplified(event) for event in expected]
    if not whole.is_finished:
        assert parts.data_to_send() == whole.data_to_send()


def simplified(event: SocketEvent) -> SocketEvent:
    return PeerFailed(event.code, "") if isinstance(event, PeerFailed) else event


@given(st.binary(max_size=300), st.booleans())
def test_garbage_never_raises(data: bytes, compressed: bool) -> None:
    connection = session(RAW, Sec_WebSocket_Extensions=DEFLATE if compressed else "")
    feed(connection, data)
    connection.receive_eof()
    connection.data_to_send()


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=6))
def test_a_message_is_never_larger_than_the_limit(fragments: list[bytes]) -> None:
    connection = session(RAW)
    data = frame(Opcode.BINARY, fragments[0], fin=False)
    data += b"".join(frame(Opcode.CONT, fragment, fin=False) for fragment in fragments[1:])

    events = feed(connection, data + frame(Opcode.CONT))

    if sum(map(len, fragments)) <= RAW.message_limit_bytes:
        assert events == [BinaryMessage(b"".join(fragments))]
    else:
        assert [simplified(event) for event in events] == [PeerFailed(CloseCode.MESSAGE_TOO_BIG, "")]


# Limits


def test_a_frame_that_announces_too_much_is_refused_at_its_header() -> None:
    header = frame(Opcode.BINARY, b"x" * 1001)[:4]
    assert failure(session(RAW), header) == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("size", [1001, 10_000, 5_000_000])
def test_a_message_that_inflates_beyond_the_limit_is_refused(size: int) -> None:
    connection = session(RAW, Sec_WebSocket_Extensions=DEFLATE)
    assert failure(connection, deflated(b"\x00" * size)) == CloseCode.MESSAGE_TOO_BIG


def test_a_message_that_inflates_to_the_limit_is_taken() -> None:
    connection = session(RAW, Sec_WebSocket_Extensions=DEFLATE)
    assert feed(connection, deflated(b"\x00" * 1000)) == [BinaryMessage(b"\x00" * 1000)]


def test_fragments_of_a_bomb_are_counted_together() -> None:
    connection = session(RAW, Sec_WebSocket_Extensions=DEFLATE)
    whole = deflated(b"\x00" * 900)[6:]  # without header and mask: unmask, cut, and send in two fragments
    inflated = bytes(byte ^ (0x11, 0x22, 0x33, 0x44)[index % 4] for index, byte in enumerate(whole))

    events = feed(
        connection,
        frame(Opcode.BINARY, inflated + b"\x00\x00\xff\xff", fin=False, reserved=RSV1)
        + frame(Opcode.CONT, inflated),
    )

    assert [simplified(event) for event in events] == [PeerFailed(CloseCode.MESSAGE_TOO_BIG, "")]


def test_a_flood_of_pings_spends_the_budget_and_ends_the_connection() -> None:
    connection = session()
    pings = frame(Opcode.PING) * 600

    events = feed(connection, pings)

    assert sum(isinstance(event, PingFrame) for event in events) == 500
    assert simplified(events[-1]) == PeerFailed(CloseCode.POLICY_VIOLATION, "")


def test_the_budget_fills_up_with_time() -> None:
    connection = session()
    for second in range(100):
        assert feed(connection, frame(Opcode.PING) * 20, now=float(second)) == [PingFrame(b"")] * 20


def test_empty_fragments_are_counted_in_the_budget() -> None:
    connection = session()
    data = frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 600
    assert failure(connection, data) == CloseCode.POLICY_VIOLATION


def test_small_fragments_with_content_are_not_counted_in_the_budget() -> None:
    connection = session()
    data = frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, b"a", fin=False) * 2000
    assert feed(connection, data + frame(Opcode.CONT)) == [TextMessage("a" * 2001)]


# Failing fast


@pytest.mark.parametrize("reserved", [0x10, 0x20, 0x40, 0x70])
def test_reserved_bits_are_refused_before_the_payload(reserved: int) -> None:
    header = frame(Opcode.TEXT, b"hello", reserved=reserved)[:2]
    assert failure(session(), header) == CloseCode.PROTOCOL_ERROR


def test_the_compression_bit_is_refused_on_a_continuation() -> None:
    connection = session(Sec_WebSocket_Extensions=DEFLATE)
    data = frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, b"b", reserved=RSV1)
    assert failure(connection, data) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    "header",
    [
        frame(Opcode.PING, b"x" * 126)[:2],
        frame(Opcode.PING, b"x", fin=False)[:2],
        frame(3)[:2],
        frame(11)[:2],
        frame(Opcode.TEXT, b"x", masked=False)[:2],
    ],
    ids=["long control frame", "cut control frame", "opcode 3", "opcode 11", "no mask"],
)
def test_an_illegal_header_is_refused_at_once(header: bytes) -> None:
    assert failure(session(), header) == CloseCode.PROTOCOL_ERROR


def test_a_continuation_of_nothing_is_refused() -> None:
    assert failure(session(), frame(Opcode.CONT, b"x")) == CloseCode.PROTOCOL_ERROR


def test_a_new_message_within_a_message_is_refused() -> None:
    assert failure(session(), frame(Opcode.TEXT, b"x", fin=False) + text("y")) == CloseCode.PROTOCOL_ERROR


def test_bad_text_is_refused_in_the_middle_of_a_frame() -> None:
    data = frame(Opcode.TEXT, b"\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80" + b"edited" * 10)
    assert feed(session(), data[: 6 + 6]) == []
    assert failure(session(), data[: 6 + 7]) == CloseCode.INVALID_DATA


def test_bad_text_is_refused_in_the_fragment_that_has_it() -> None:
    connection = session()
    assert feed(connection, frame(Opcode.TEXT, b"\xf4", fin=False)) == []
    assert failure(connection, frame(Opcode.CONT, b"\x90", fin=False)) == CloseCode.INVALID_DATA


def test_text_that_ends_within_a_character_is_refused() -> None:
    assert failure(session(), frame(Opcode.TEXT, b"\xe2\x98")) == CloseCode.INVALID_DATA
    connection = session()
    feed(connection, frame(Opcode.TEXT, b"\xe2", fin=False))
    assert failure(connection, frame(Opcode.CONT, b"\x98")) == CloseCode.INVALID_DATA


def test_binary_fragments_are_not_judged_as_text() -> None:
    data = frame(Opcode.BINARY, b"\xff", fin=False) + frame(Opcode.CONT, b"\xff")
    assert feed(session(), data) == [BinaryMessage(b"\xff\xff")]


# Closing


def test_a_close_frame_is_answered_with_its_code() -> None:
    connection = session()

    events = feed(connection, frame(Opcode.CLOSE, (1001).to_bytes(2) + b"bye") + text("too late"))

    assert events == [CloseReceived(1001, "bye")]
    assert connection.data_to_send() == unmasked_frame(Opcode.CLOSE, (1001).to_bytes(2) + b"bye")
    assert connection.is_finished
    assert not connection.is_open


def test_a_close_frame_without_a_code_has_the_code_1005() -> None:
    assert feed(session(), frame(Opcode.CLOSE)) == [CloseReceived(1005, "")]


@pytest.mark.parametrize("payload", [b"\x03", (1004).to_bytes(2), (1006).to_bytes(2), (999).to_bytes(2)])
def test_a_bad_close_frame_is_a_protocol_error(payload: bytes) -> None:
    assert failure(session(), frame(Opcode.CLOSE, payload)) == CloseCode.PROTOCOL_ERROR


def test_a_close_reason_that_is_not_text_is_refused() -> None:
    assert failure(session(), frame(Opcode.CLOSE, (1000).to_bytes(2) + b"\xff")) == CloseCode.INVALID_DATA


def test_our_close_is_answered_by_the_peer() -> None:
    connection = session()
    connection.close(1000, "good night")
    connection.send_text(b"dropped")

    assert connection.data_to_send() == unmasked_frame(Opcode.CLOSE, (1000).to_bytes(2) + b"good night")
    assert feed(connection, frame(Opcode.CLOSE, (1000).to_bytes(2))) == [CloseReceived(1000, "")]
    assert connection.is_finished


def test_the_end_of_the_stream_without_a_close_is_a_failure() -> None:
    connection = session()
    assert [simplified(event) for event in connection.receive_eof()] == [PeerFailed(1006, "")]
    assert connection.receive_eof() == []


def test_the_end_of_the_stream_after_a_close_is_silent() -> None:
    connection = session()
    feed(connection, frame(Opcode.CLOSE))
    assert connection.receive_eof() == []


@given(st.text())
def test_a_close_reason_fits_into_its_frame(reason: str) -> None:
    shortened = shorten_reason(reason)
    assert len(shortened.encode("utf-8", "replace")) <= 123
    assert reason.startswith(shortened)


# Sending


@given(st.binary(max_size=70_000), st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
def test_a_frame_of_ours_is_read_by_a_client(data: bytes, opcode: Opcode) -> None:
    client = ClientProtocol(parse_uri("ws://mud.example/"), state=OPEN)
    client.receive_data(unmasked_frame(opcode, data))
    assert client.events_received() == [Frame(opcode, bytearray(data))]


def test_a_long_message_is_compressed_and_a_short_one_is_not() -> None:
    connection = session(Sec_WebSocket_Extensions=DEFLATE)
    connection.send_text(b"a" * 1023)
    assert len(connection.data_to_send()) == 1023 + 4

    connection.send_text(b"a" * 1024)
    sent = connection.data_to_send()
    assert len(sent) < 50
    assert sent[0] & RSV1


def test_nothing_is_sent_on_a_failed_connection() -> None:
    connection = session()
    feed(connection, b"\xff\xff")
    connection.data_to_send()
    connection.send_text(b"x")
    connection.send_binary(b"x")
    connection.send_ping()
    connection.close(1000)
    connection.fail(1011)
    assert connection.data_to_send() == b""

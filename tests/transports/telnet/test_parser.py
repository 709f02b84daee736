"""The parser: any bytes give tokens, any split gives the same ones, and nothing a player meant is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.telnet.strategies import garbage, splits
from transports.telnet.commands import Command, Option, subnegotiation
from transports.telnet.parser import (
    CommandSeen,
    LineTooLong,
    NegotiationSeen,
    Parser,
    SubnegotiationSeen,
    Token,
    Violation,
)

LIMIT = 32


def parse(*pieces: bytes, limit: int = LIMIT) -> list[Token]:
    parser = Parser(limit, limit)
    return [token for piece in pieces for token in parser.receive(piece)]


def lines(*pieces: bytes) -> list[bytes]:
    return [token for token in parse(*pieces) if isinstance(token, bytes)]


# -- any bytes, any split -----------------------------------------------------


@given(garbage)
def test_any_bytes_give_tokens_and_never_an_exception(data: bytes) -> None:
    for token in parse(data):
        assert isinstance(
            token, bytes | CommandSeen | NegotiationSeen | SubnegotiationSeen | LineTooLong | Violation
        )


@given(st.data(), garbage)
def test_any_split_of_the_bytes_gives_the_same_tokens(data: st.DataObject, stream: bytes) -> None:
    pieces = data.draw(splits(stream))

    assert parse(*pieces) == parse(stream)


@given(garbage)
def test_byte_by_byte_gives_the_same_tokens(stream: bytes) -> None:
    assert parse(*(bytes((byte,)) for byte in stream)) == parse(stream)


@given(garbage)
def test_no_token_holds_more_than_the_limit(stream: bytes) -> None:
    for token in parse(stream, limit=5):
        assert not isinstance(token, bytes) or len(token) <= 5
        assert not isinstance(token, SubnegotiationSeen) or len(token.payload) <= 5


@given(garbage)
def test_no_line_holds_a_control_character(stream: bytes) -> None:
    for line in lines(stream):
        assert not [byte for byte in line if byte < 0x20 or byte == 0x7F]


@given(st.data(), garbage)
def test_the_fast_path_gives_what_the_states_give(data: st.DataObject, stream: bytes) -> None:
    pieces = [*data.draw(splits(stream)), b"look\r\n", b"\r\n", b"say hi\r\n", b"x" * (LIMIT + 1) + b"\r\n"]
    fast = Parser(LIMIT, LIMIT)
    tokens: list[Token] = []
    for piece in pieces:
        text = fast.whole_line(piece)
        tokens += fast.receive(piece) if text is None else [text.encode("ascii")]

    assert tokens == parse(*pieces)


# -- lines --------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\r\n", b"\r\0", b"\n", b"\r", b"\n\r"])
def test_every_line_end_is_one_line_end(end: bytes) -> None:
    stream = b"look" + end + b"north" + end + end + b"south" + end

    assert lines(stream) == [b"look", b"north", b"", b"south"]
    assert lines(*(bytes((byte,)) for byte in stream)) == [b"look", b"north", b"", b"south"]


def test_a_telnet_command_between_cr_and_lf_makes_no_second_line() -> None:
    assert lines(b"look\r\xff\xf1\nnorth\r\n") == [b"look", b"north"]


def test_a_telnet_answer_behind_the_password_is_no_line() -> None:
    # The transcript that gives an extra empty line where telnet is taken out after cutting lines.
    assert parse(b"secret\r\n\xff\xfe\x01") == [b"secret", NegotiationSeen(Command.DONT, Option.ECHO)]


def test_backspace_and_delete_take_the_last_character_away() -> None:
    assert lines(b"loop\x08k\r\n") == [b"look"]
    assert lines(b"loop\x7fk\r\n") == [b"look"]
    assert lines(b"\x08\x7flook\r\n") == [b"look"]


def test_backspace_takes_a_whole_character_of_utf_8() -> None:
    for character in ("é", "€", "🐺"):
        assert lines(b"caf" + character.encode() + b"\x08e\r\n") == [b"cafe"]


def test_backspace_takes_one_byte_where_the_text_is_not_utf_8() -> None:
    assert lines(b"\xe9\xbc\x08\r\n") == [b"\xe9"]


def test_erase_commands_edit_the_line() -> None:
    assert lines(b"loop\xff\xf7k\r\n") == [b"look"]
    assert lines(b"north\xff\xf8south\r\n") == [b"south"]


def test_an_interrupt_drops_the_line_that_was_begun() -> None:
    # What inetutils telnet sends for ^C: IAC IP, IAC DM.
    assert lines(b"drop all\xff\xf4\xff\xf2look\r\n") == [b"look"]


def test_a_tab_becomes_a_space() -> None:
    assert lines(b"say\thello\r\n") == [b"say hello"]


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[A",
        b"\x1b[1;5D",
        b"\x1bOP",
        b"\x1b]0;title\x07",
        b"\x1b]0;title\x1b\\",
        b"\x1bP1$r\x1b\\",
        b"\x1b(B",
        b"\x1bc",
        b"\x1b[31m",
        b"\x01\x02\x03\x04",
    ],
)
def test_escape_sequences_and_controls_leave_nothing_in_a_line(sequence: bytes) -> None:
    assert lines(b"lo" + sequence + b"ok\r\n") == [b"look"]


@pytest.mark.parametrize("broken", [b"\x1b", b"\x1b[", b"\x1b[12", b"\x1b]0;title", b"\x1bO", b"\x1bPx\x1b"])
def test_a_broken_escape_sequence_ends_with_its_line(broken: bytes) -> None:
    assert lines(b"look" + broken + b"\r\nnorth\r\n") == [b"look", b"north"]


def test_a_doubled_iac_is_a_byte_of_text() -> None:
    assert lines(b"\xff\xff\r\n") == [b"\xff"]


def test_a_line_over_the_limit_is_refused_as_a_whole_and_nothing_else_is_lost() -> None:
    stream = b"look\r\n" + b"x" * (LIMIT + 1) + b"yz\r\nnorth\r\n"

    assert parse(stream) == [b"look", LineTooLong(LIMIT), b"north"]


def test_a_line_at_the_limit_is_taken() -> None:
    assert parse(b"x" * LIMIT + b"\r\n") == [b"x" * LIMIT]


def test_telnet_goes_on_inside_a_line_that_is_refused() -> None:
    stream = b"x" * (LIMIT + 1) + b"\xff\xfd\x19" + b"x\r\n"

    assert parse(stream) == [LineTooLong(LIMIT), NegotiationSeen(Command.DO, Option.EOR)]


# -- telnet -------------------------------------------------------------------


@pytest.mark.parametrize("command", [Command.WILL, Command.WONT, Command.DO, Command.DONT])
def test_negotiations_carry_their_option(command: Command) -> None:
    assert parse(bytes((255, command, 31))) == [NegotiationSeen(command, Option.NAWS)]


@given(st.integers(0, 254), st.binary(max_size=LIMIT))
def test_a_subnegotiation_survives_the_wire(option: int, payload: bytes) -> None:
    assert parse(subnegotiation(option, payload)) == [SubnegotiationSeen(option, payload)]


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\xff"])
def test_a_subnegotiation_may_be_empty_or_tiny(payload: bytes) -> None:
    assert parse(subnegotiation(Option.LINEMODE, payload)) == [SubnegotiationSeen(Option.LINEMODE, payload)]


def test_a_subnegotiation_over_the_limit_is_dropped_and_the_stream_goes_on() -> None:
    stream = subnegotiation(Option.GMCP, b"x" * 100) + b"look\r\n"

    tokens = parse(stream)

    assert [type(token) for token in tokens] == [Violation, bytes]
    assert tokens[1] == b"look"


def test_a_command_inside_a_subnegotiation_ends_it_and_counts() -> None:
    tokens = parse(b"\xff\xfa\x1f\x00\xff\xfd\x19look\r\n")

    assert isinstance(tokens[0], Violation)
    assert tokens[1:] == [NegotiationSeen(Command.DO, Option.EOR), b"look"]


def test_a_subnegotiation_that_does_not_end_can_be_given_up() -> None:
    parser = Parser(LIMIT, LIMIT)
    assert parser.receive(b"\xff\xfa\x1f\x00look\r\n") == []
    assert parser.in_subnegotiation

    given_up = parser.abandon_subnegotiation()

    assert [type(token) for token in given_up] == [Violation]
    assert parser.receive(b"look\r\n") == [b"look"]
    assert parser.abandon_subnegotiation() == []


def test_a_byte_behind_a_lone_iac_is_kept() -> None:
    tokens = parse(b"hello\xff\r\n")

    assert [type(token) for token in tokens] == [Violation, bytes]
    assert tokens[1] == b"hello"


def test_se_out_of_place_and_a_subnegotiation_of_nothing_are_violations() -> None:
    assert [type(token) for token in parse(b"\xff\xf0")] == [Violation]
    assert [type(token) for token in parse(b"\xff\xfa\xff\xf0")] == [Violation, Violation]


@pytest.mark.parametrize("code", [236, 237, 239, 241, 242, 245, 246, 249])
def test_commands_without_an_option_are_seen(code: int) -> None:
    assert parse(bytes((255, code))) == [CommandSeen(code)]

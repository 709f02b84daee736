"""Payloads: as in the specifications' examples; whatever else comes is a value or refused."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.telnet.errors import MalformedError
from transports.telnet.subnegotiations import (
    ASK_CHARSET,
    ASK_ENVIRON,
    ASK_TTYPE,
    Status,
    charset_answer,
    charset_offered,
    environ_variables,
    gmcp_message,
    gmcp_payload,
    mssp_payload,
    terminal_type,
    window_size,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "read", [window_size, terminal_type, charset_offered, environ_variables, gmcp_message]
)
@given(payload=st.binary(max_size=200))
def test_any_payload_is_read_or_refused(read: Callable[[bytes], object], payload: bytes) -> None:
    with suppress(MalformedError):
        read(payload)


def test_what_we_ask_has_the_bytes_of_the_specifications() -> None:
    assert ASK_TTYPE == b"\x01"
    assert ASK_CHARSET.startswith(b"\x01;UTF-8")
    assert ASK_ENVIRON == b"\x01\x00\x03"


def test_a_window_has_columns_and_rows_within_sane_bounds() -> None:
    assert window_size(b"\x00\x50\x00\x18") == (80, 24)
    assert window_size(b"\xff\xff\x00\x01") == (500, 5)
    assert window_size(b"\x00\x00\x00\x00") == (None, None)


def test_a_terminal_type_is_cleaned_and_cut() -> None:
    assert terminal_type(b"\x00XTERM-256COLOR") == "XTERM-256COLOR"
    assert terminal_type(b"\x00X\x1b[2JTERM") == "X[2JTERM"
    assert len(terminal_type(b"\x00" + b"x" * 1000)) == 128


def test_of_the_charsets_offered_the_best_is_taken_by_its_own_name() -> None:
    assert charset_offered(b"\x01;US-ASCII;utf-8;ISO-8859-1") == ("utf-8", "utf-8")
    assert charset_offered(b"\x01 LATIN1 KOI8-R") == ("LATIN1", "latin-1")
    assert charset_offered(b"\x01;KOI8-R") is None
    assert charset_offered(b"\x01[TTABLE]\x01;UTF-8") == ("UTF-8", "utf-8")


def test_charset_answers_have_their_codes() -> None:
    assert charset_answer("UTF-8") == b"\x02UTF-8"
    assert charset_answer(None) == b"\x03"


def test_environment_variables_are_read_with_their_escapes() -> None:
    payload = b"\x00\x00CLIENT_NAME\x01Mudlet\x03UTF-8\x011\x00EMPTY\x01\x00UNDEFINED\x03ODD\x01a\x02\x01b"

    assert environ_variables(payload) == {"CLIENT_NAME": "Mudlet", "UTF-8": "1", "EMPTY": "", "ODD": "ab"}


def test_too_many_variables_are_refused() -> None:
    with pytest.raises(MalformedError):
        environ_variables(b"\x00" + b"".join(b"\x00V%d\x01x" % number for number in range(100)))


@given(JSON)
def test_gmcp_survives_the_wire(value: object) -> None:
    assert gmcp_message(gmcp_payload("Char.Vitals", value)) == ("Char.Vitals", value)


def test_gmcp_without_a_value_has_no_space() -> None:
    assert gmcp_payload("Core.Ping", None) == b"Core.Ping"
    assert gmcp_message(b"Core.Ping") == ("Core.Ping", None)
    assert gmcp_message(b"Core.Ping 120") == ("Core.Ping", 120)


@pytest.mark.parametrize(
    "payload",
    [b"", b" {}", b"Char.Login {", b"Char.Login {'a':1}", b"A " + b"[" * 100_000, b"A " + b"9" * 9000],
)
def test_bad_gmcp_is_refused_and_nothing_worse(payload: bytes) -> None:
    with suppress(MalformedError):
        assert gmcp_message(payload)[0] == "A"


def test_mssp_has_its_variables_and_values() -> None:
    status: Status = {"NAME": "Wyld", "PLAYERS": 3, "PORT": ("4001", "4000"), "BAD\x01": "\x02x"}

    assert mssp_payload(status) == (b"\x01NAME\x02Wyld\x01PLAYERS\x023\x01PORT\x024001\x024000\x01BAD\x02x")

"""Characters: no byte a player typed is lost, and no client is sent what it would mangle."""

from hypothesis import given
from hypothesis import strategies as st

from transports.telnet.charset import decode_line, encode_text, transliterated

PRINTABLE = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]))


@given(PRINTABLE)
def test_utf_8_is_read_as_it_was_written(text: str) -> None:
    assert decode_line(text.encode(), "utf-8")[0] == text


def test_a_line_that_is_not_utf_8_is_read_as_latin_1_as_a_whole() -> None:
    assert decode_line("über älter".encode("latin-1"), "utf-8") == ("über älter", "latin-1")


def test_a_client_that_agreed_to_latin_1_is_not_taken_for_utf_8() -> None:
    raw = "Ã©".encode("latin-1")  # which would be "é" in UTF-8

    assert decode_line(raw, "latin-1") == ("Ã©", "latin-1")
    assert decode_line(raw, "utf-8") == ("é", "utf-8")


def test_quotation_marks_of_windows_1252_are_read() -> None:
    assert decode_line(b"say \x93hi\x94", "utf-8")[0] == "say “hi”"


@given(st.binary())
def test_any_bytes_become_text_without_control_characters(raw: bytes) -> None:
    for charset in ("utf-8", "latin-1"):
        text, _ = decode_line(raw, charset)
        assert not [one for one in text if ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0]


@given(st.lists(st.integers(0xA0, 0xFF), min_size=1).map(bytes))
def test_the_fallback_loses_no_byte(raw: bytes) -> None:
    text, charset = decode_line(raw, "latin-1")

    assert (text.encode("latin-1"), charset) == (raw, "latin-1")


def test_what_reorders_text_on_other_screens_is_taken_out() -> None:
    assert decode_line("a\u202eb\u2028c\x9bd".encode(), "utf-8")[0] == "abcd"


@given(st.text())
def test_transliterated_text_is_ascii(text: str) -> None:
    assert transliterated(text).isascii()


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_text_needs_no_likeness(text: str) -> None:
    assert transliterated(text) == text


def test_likenesses_look_alike() -> None:
    assert (
        transliterated("Crème brûlée — “ßtraße” … Łódź │─┌ → ½")
        == 'Creme brulee - "sstrasse" ... Lodz |-+ -> 1/2'
    )
    assert transliterated("東🐺") == "??"


def test_latin_1_keeps_what_it_has_and_likens_the_rest() -> None:
    assert encode_text("é — Ł", "latin-1") == b"\xe9 - L"


def test_a_lone_surrogate_does_not_stop_the_output() -> None:
    assert encode_text("a\ud800b", "utf-8") == b"a?b"
    assert encode_text("a\ud800b", "ascii") == b"a?b"

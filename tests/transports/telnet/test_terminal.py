"""Terminal answers: the cycle ends, and the names mean what their owners mean by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.adapter import Colour
from transports.telnet.terminal import Description, colours, describe, is_complete


def test_a_client_with_mtts_has_three_names() -> None:
    names = ("MUDLET 4.17", "ANSI-TRUECOLOR", "MTTS 2349", "MTTS 2349")

    assert describe(names) == Description("MUDLET", "4.17", "ANSI-TRUECOLOR", 2349)
    assert is_complete(names)


def test_a_plain_terminal_repeats_itself() -> None:
    assert describe(("XTERM-256COLOR", "XTERM-256COLOR")) == Description("", "", "XTERM-256COLOR", 0)
    assert is_complete(("XTERM-256COLOR", "XTERM-256COLOR"))


def test_a_terminal_with_several_names_is_no_client() -> None:
    assert describe(("XTERM", "VT100")).client_name == ""


def test_the_first_name_alone_is_taken_for_a_terminal() -> None:
    assert describe(("TINTIN++",)).terminal == "TINTIN++"
    assert not is_complete(("TINTIN++",))


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_cycle_ends_and_has_a_meaning(names: list[str]) -> None:
    describe(tuple(names))
    assert is_complete((*names, "a", "a", "a", "a"))


@pytest.mark.parametrize(
    ("terminal", "mtts", "colour"),
    [
        ("", 0, Colour.ANSI16),
        ("XTERM", 0, Colour.ANSI16),
        ("xterm-256color", 0, Colour.ANSI256),
        ("XTERM-TRUECOLOR", 0, Colour.TRUECOLOR),
        ("dumb", 0, Colour.NONE),
        ("VT100", 0, Colour.NONE),
        ("XTERM", 1 | 8 | 256, Colour.TRUECOLOR),
        ("XTERM", 1 | 8, Colour.ANSI256),
        ("XTERM-256COLOR", 1, Colour.ANSI16),
        ("XTERM-256COLOR", 64, Colour.NONE),
    ],
)
def test_colours_come_from_mtts_or_else_from_the_name(terminal: str, mtts: int, colour: Colour) -> None:
    assert colours(terminal, mtts) is colour

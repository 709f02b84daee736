"""Encoding: what arrives at the client is what was meant, in the colours it has, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.adapter import Colour, Rendering
from transports.markup import PALETTE, plain, styled
from transports.telnet.encoding import encode
from transports.telnet.parser import Parser

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
RENDERINGS = [
    Rendering("telnet", colour, charset) for colour in Colour for charset in ("ascii", "latin-1", "utf-8")
]
PLAIN_UTF8 = Rendering("telnet", Colour.NONE, "utf-8")
SGR = re.compile(rb"\x1b\[[0-9;]*m")


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])), max_size=5))
def test_what_is_encoded_is_read_again_by_a_telnet_parser(lines: list[str]) -> None:
    wire = encode("".join(line + "\n" for line in lines), PLAIN_UTF8)

    assert Parser(100_000, 100).receive(wire) == [line.encode() for line in lines]


@given(st.lists(st.text(alphabet=st.characters(min_codepoint=0xA0, max_codepoint=0xFF)), max_size=5))
def test_latin_1_with_its_255_survives_the_wire(lines: list[str]) -> None:
    wire = encode("".join(line + "\n" for line in lines), Rendering("telnet", Colour.NONE, "latin-1"))

    assert Parser(100_000, 100).receive(wire) == [line.encode("latin-1") for line in lines]


@given(st.sampled_from(RENDERINGS), TEXT, st.sampled_from([*PALETTE, "#12ab9f", "no such style"]))
def test_nothing_but_our_own_colours_moves_the_clients_terminal(
    rendering: Rendering, text: str, style: str
) -> None:
    wire = encode(text + styled(style, text) + text, rendering)

    bare = SGR.sub(b"", wire)
    assert b"\x1b" not in bare
    assert not [byte for byte in bare if byte < 0x20 and byte not in b"\t\r\n"]
    assert bare.count(b"\r") == bare.count(b"\n") == bare.count(b"\r\n")
    if rendering.charset == "latin-1":
        assert b"\xff" not in bare.replace(b"\xff\xff", b"")
    else:
        assert b"\xff" not in bare


@given(TEXT)
def test_without_colours_styles_change_nothing(text: str) -> None:
    marked = styled("room", text) + styled("npc", styled("dim", text))

    assert encode(marked, PLAIN_UTF8) == encode(plain(marked), PLAIN_UTF8)


@pytest.mark.parametrize(
    ("colour", "wire"),
    [
        (Colour.NONE, b"a wolf\r\n"),
        (Colour.ANSI16, b"\x1b[33ma wolf\x1b[0m\r\n"),
        (Colour.ANSI256, b"\x1b[38;5;173ma wolf\x1b[0m\r\n"),
        (Colour.TRUECOLOR, b"\x1b[38;2;222;147;95ma wolf\x1b[0m\r\n"),
    ],
)
def test_colours_go_down_to_what_the_client_shows(colour: Colour, wire: bytes) -> None:
    assert encode(styled("npc", "a wolf") + "\n", Rendering("telnet", colour, "utf-8")) == wire


def test_nested_styles_join_and_the_inner_colour_wins() -> None:
    rendering = Rendering("telnet", Colour.ANSI16, "ascii")

    wire = encode(styled("room", "The " + styled("npc", "wolf") + styled("dim", "!")), rendering)

    assert wire == b"\x1b[1;93mThe \x1b[0m\x1b[1;33mwolf\x1b[0m\x1b[1;2;93m!\x1b[0m"


def test_a_style_does_not_run_on_past_its_line() -> None:
    rendering = Rendering("telnet", Colour.ANSI16, "ascii")

    assert encode(styled("item", "one\n\ntwo"), rendering) == b"\x1b[32mone\x1b[0m\r\n\r\n\x1b[32mtwo\x1b[0m"


def test_a_colour_of_its_own_is_a_style() -> None:
    text = styled("#ff0000", "red")

    assert encode(text, Rendering("telnet", Colour.ANSI256, "ascii")) == b"\x1b[38;5;196mred\x1b[0m"
    assert encode(text, Rendering("telnet", Colour.ANSI16, "ascii")) == b"\x1b[91mred\x1b[0m"


def test_control_characters_and_escapes_are_taken_out() -> None:
    assert encode("a\x1b[31mb\x07c\rd\x9be\tf", PLAIN_UTF8) == b"a[31mbcde\tf"

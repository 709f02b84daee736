"""Markup: text keeps its styles through any nesting, and nothing in it can break the reader."""

from hypothesis import given
from hypothesis import strategies as st

from transports.adapter import Colour
from transports.markup import PALETTE, Paint, nearest_16, nearest_256, plain, spans, styled, unmarked

TEXT = st.text(alphabet=st.characters(exclude_characters="\x02\x03\x04", exclude_categories=["Cs"]))
STYLE = st.sampled_from(sorted(PALETTE))
PART = st.integers(0, 255)


def test_a_style_spans_its_text() -> None:
    text = "You see " + styled("npc", "a wolf") + "."

    assert spans(text) == [((), "You see "), (("npc",), "a wolf"), ((), ".")]


def test_styles_nest_from_outermost_to_innermost() -> None:
    text = styled("room", "The " + styled("strong", "Gilded") + " Stag")

    assert spans(text) == [(("room",), "The "), (("room", "strong"), "Gilded"), (("room",), " Stag")]


@given(TEXT, STYLE, STYLE)
def test_styling_changes_no_text(text: str, outer: str, inner: str) -> None:
    assert plain(styled(outer, text + styled(inner, text))) == text + text


@given(st.text(alphabet="\x02\x03\x04ab"))
def test_any_text_has_spans_that_add_up_to_its_plain_text(text: str) -> None:
    assert "".join(part for _, part in spans(text)) == plain(text)
    assert not set("\x02\x03\x04") & set(plain(text))


@given(st.text(alphabet="\x02\x03\x04ab"))
def test_unmarked_text_has_no_style(text: str) -> None:
    assert all(styles == () for styles, _ in spans(unmarked(text)))


@given(PART, PART, PART)
def test_every_colour_has_a_neighbour_in_each_depth(red: int, green: int, blue: int) -> None:
    assert 16 <= nearest_256((red, green, blue)) <= 255
    assert nearest_16((red, green, blue)) in (*range(30, 38), *range(90, 98))


def test_known_colours_find_themselves() -> None:
    assert nearest_256((255, 0, 0)) == 196
    assert nearest_256((128, 128, 128)) == 244
    assert nearest_16((255, 0, 0)) == 91
    assert nearest_16((0, 0, 0)) == 30


def test_a_paint_goes_down_to_what_the_client_has() -> None:
    paint = Paint((255, 0, 0), 31)

    assert paint.code(Colour.TRUECOLOR) == (255, 0, 0)
    assert paint.code(Colour.ANSI256) == 196
    assert paint.code(Colour.ANSI16) == 31
    assert paint.code(Colour.NONE) is None

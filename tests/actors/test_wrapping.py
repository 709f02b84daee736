"""Long lines are broken between words, and nothing else about a text changes."""

from hypothesis import given
from hypothesis import strategies as st

from actors.wrapping import wrapped
from transports.markup import plain, styled

WORDS = st.lists(st.text("abcdefghij", min_size=1, max_size=12), min_size=1, max_size=40)


def test_a_narrow_text_is_left_exactly_as_it_is() -> None:
    text = "  two   spaces\n\n\tand a tab  \n"

    assert wrapped(text * 5, columns=20) == text * 5


def test_a_long_line_is_broken_between_words() -> None:
    assert wrapped("the quick brown fox jumps", columns=10) == "the quick\nbrown fox\njumps"


def test_a_word_longer_than_the_line_is_left_whole() -> None:
    assert (
        wrapped("see https://example.org/very/long now", columns=10)
        == "see\nhttps://example.org/very/long\nnow"
    )


def test_a_broken_line_keeps_its_indentation() -> None:
    assert wrapped("    one two three four", columns=12) == "    one two\n    three\n    four"


def test_an_entry_of_a_list_goes_on_under_its_text() -> None:
    listed = "   1  Dockhand: You grew up among crates."

    assert wrapped(listed, columns=24) == "   1  Dockhand: You grew\n      up among crates."
    assert wrapped(styled("item", listed), columns=24) == styled("item", wrapped(listed, columns=24))


def test_a_column_that_begins_far_to_the_right_is_no_margin() -> None:
    assert wrapped("  a             b c d", columns=17) == "  a             b\n  c d"


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert wrapped("世界 世界 世界", columns=9) == "世界 世界\n世界"
    assert wrapped("e\u0301e\u0301 e\u0301e\u0301 a", columns=5) == "e\u0301e\u0301 e\u0301e\u0301\na"


def test_a_mark_alone_is_no_line() -> None:
    assert wrapped(styled("npc", "  abcdefghij"), columns=8) == styled("npc", "  abcdefghij")


def test_marks_take_no_room() -> None:
    exits = f"Exits: {styled('exit', 'north')} and {styled('exit', 'south')}."

    assert wrapped(exits, columns=23) == exits


def test_each_line_is_broken_by_itself() -> None:
    assert wrapped("short\nthis one is long\nend", columns=8) == "short\nthis one\nis long\nend"


@given(WORDS, st.integers(12, 80))
def test_no_line_is_wider_than_asked_and_no_word_is_lost(words: list[str], columns: int) -> None:
    broken = wrapped(" ".join(words), columns)

    assert all(len(line) <= columns for line in broken.split("\n"))
    assert broken.split() == words


@given(WORDS, st.integers(12, 80))
def test_a_styled_text_breaks_where_the_plain_one_does(words: list[str], columns: int) -> None:
    marked = " ".join(styled("npc", word) for word in words)

    assert plain(wrapped(marked, columns)) == wrapped(" ".join(words), columns)


@given(st.text(max_size=300), st.integers(1, 40))
def test_any_text_can_be_wrapped(text: str, columns: int) -> None:
    assert wrapped(text, columns).split() == text.split()

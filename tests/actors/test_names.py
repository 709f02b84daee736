"""A name is three to sixteen letters that nobody can mistake for anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.names import MAX_LETTERS, MIN_LETTERS, RESERVED, BadName, checked_name


@pytest.mark.parametrize(("typed", "name"), [("ann", "Ann"), ("  BOB ", "Bob"), ("eVe", "Eve")])
def test_a_name_is_written_with_one_capital(typed: str, name: str) -> None:
    assert checked_name(typed) == name


@pytest.mark.parametrize(
    "typed", ["", "al", "x" * 17, "ann4", "an n", "zoë", "апп", "a\x00nn", "ａｎｎ", "o'neil"]
)
def test_anything_else_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(BadName, match=r"[Aa] name"):
        checked_name(typed)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_no_reserved_word_is_a_name_in_any_case(word: str) -> None:
    with pytest.raises(BadName):
        checked_name(word.upper())


@given(st.text(max_size=30))
def test_whatever_is_typed_a_name_is_letters_or_nothing(typed: str) -> None:
    try:
        name = checked_name(typed)
    except BadName:
        return
    assert name.isascii()
    assert name.isalpha()
    assert MIN_LETTERS <= len(name) <= MAX_LETTERS
    assert checked_name(name) == name

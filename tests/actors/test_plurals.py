"""How many of a thing, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.plurals import counted, plural


@pytest.mark.parametrize(
    ("name", "count", "words"),
    [
        ("a brass lantern", 1, "a brass lantern"),
        ("a brass lantern", 2, "two brass lanterns"),
        ("an iron bollard", 12, "twelve iron bollards"),
        ("a coin", 13, "13 coins"),
        ("a coil of rope", 3, "three coils of rope"),
        ("a slate by the bar", 2, "two slates by the bar"),
        ("A loaf of bread", 2, "two loaves of bread"),
        ("a jar with a lid", 2, "two jars with a lid"),
    ],
)
def test_a_name_with_an_article_has_a_plural(name: str, count: int, words: str) -> None:
    assert counted(name, count) == words


@pytest.mark.parametrize("name", ["the carved stag", "some rope", "Excalibur", "a", ""])
def test_a_name_that_has_no_plural_is_counted_beside_it(name: str) -> None:
    assert counted(name, 2) == f"{name} (x2)"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("mug", "mugs"),
        ("glass", "glasses"),
        ("box", "boxes"),
        ("torch", "torches"),
        ("brush", "brushes"),
        ("berry", "berries"),
        ("key", "keys"),
        ("knife", "knives"),
        ("fish", "fish"),
        ("roof", "roofs"),
    ],
)
def test_plurals_are_made_as_english_makes_them(one: str, many: str) -> None:
    assert plural(one) == many


@given(st.text(), st.integers(min_value=2, max_value=10**6))
def test_any_name_can_be_counted(name: str, count: int) -> None:
    assert counted(name, count)

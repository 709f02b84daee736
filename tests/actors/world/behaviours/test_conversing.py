from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.world.behaviours.conversing import Conversing, subject, subject_of, words_of
from actors.world.testing import Player, World

BELL = subject("bell bells", "She is not silent.")
TIDE = subject("tide sea", "It comes up quietly.")


class Clerk(Conversing):
    subjects = (BELL, TIDE)


class Parrot(Conversing):
    subjects = (subject("silent quietly", "The bell! The bell!"),)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def ann(world: World) -> Player:
    office = world.room("office")
    world.spawn(Clerk, office)
    return world.player("Ann", office)


def test_what_is_spoken_of_is_answered(ann: Player) -> None:
    assert ann.types("say What about the BELL?")[-1] == "Clerk says, “She is not silent.”"
    assert ann.types("say And the sea's height?")[-1] == "You ask, “And the sea's height?”"
    assert ann.types("say the sea, then")[-1] == "Clerk says, “It comes up quietly.”"


def test_of_two_subjects_the_first_is_answered(ann: Player) -> None:
    assert ann.types("say the tide took the bell")[-1] == "Clerk says, “She is not silent.”"


def test_a_word_within_a_word_is_not_heard(ann: Player) -> None:
    assert ann.types("say bellows") == ["You say, “bellows”"]


def test_two_who_know_something_do_not_talk_for_ever(world: World) -> None:
    office = world.room("office")
    world.spawn(Clerk, office)
    world.spawn(Parrot, office)
    ann = world.player("Ann", office)

    ann.types("say bell")

    assert ann.heard("She is not silent.")
    assert not ann.heard("The bell!")


@given(st.text())
def test_any_text_has_words_or_none_and_never_fails(text: str) -> None:
    assert all(word == word.lower() for word in words_of(text))
    subject_of(words_of(text), (BELL, TIDE))


@given(st.text(), st.sampled_from(["bell", "Bells", "'bell'", "BELL!"]), st.text())
def test_a_word_is_heard_wherever_it_stands(before: str, word: str, after: str) -> None:
    assert subject_of(words_of(f"{before} {word} {after}"), (BELL, TIDE)) is BELL

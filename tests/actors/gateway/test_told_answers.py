"""Answers that fall otherwise when a line is run again after a crash of the world."""

from __future__ import annotations

from actors.gateway.told_answers import OTHERWISE, ToldAnswers
from transports.link.protocol import OutputBody, RoomOutput, TextOutput

ANN = 7
TAKEN, NONE = TextOutput("You pick up a coin."), TextOutput("You see no 'coin' here.")
ROOM = RoomOutput("The Old Quay", "Tar and salt.")


def told(*bodies: OutputBody) -> ToldAnswers:
    """Ann's first command was answered so."""
    answers = ToldAnswers()
    for body in bodies:
        answers.shows(ANN, 1, body)
    assert answers.performed(ANN, 1, is_again=False) == []
    return answers


def again(answers: ToldAnswers, *bodies: OutputBody) -> list[OutputBody]:
    """It runs again, and comes to this, which is hidden; what is shown after all."""
    answers.begin()
    for body in bodies:
        answers.hides(ANN, body)
    return answers.performed(ANN, 1, is_again=True)


def test_the_same_answer_is_not_shown_again() -> None:
    assert again(told(TAKEN), TAKEN) == []


def test_another_answer_is_shown_and_said_to_be_another() -> None:
    assert again(told(TAKEN), NONE) == [OTHERWISE, NONE]


def test_what_was_corrected_is_what_is_compared_when_the_world_dies_once_more() -> None:
    answers = told(TAKEN)
    again(answers, NONE)

    assert again(answers, NONE) == []
    assert again(answers, TAKEN) == [OTHERWISE, TAKEN]


def test_a_room_that_looks_otherwise_is_no_other_answer() -> None:
    assert again(told(ROOM), RoomOutput("The Old Quay", "Somebody is here.")) == []


def test_a_room_where_there_were_words_is_one() -> None:
    assert again(told(NONE), ROOM) == [OTHERWISE, ROOM]
    assert again(told(ROOM), NONE) == [OTHERWISE, NONE]


def test_what_is_saved_cannot_fall_otherwise() -> None:
    answers = told(TAKEN)

    answers.saved(ANN, 1)

    assert again(answers, NONE) == []


def test_the_end_of_an_answer_whose_beginning_was_seen_is_compared_with_that() -> None:
    answers = ToldAnswers()
    answers.shows(ANN, 1, TAKEN)
    answers.begin()
    answers.hides(ANN, TAKEN)
    answers.shows(ANN, 1, TextOutput("It is heavy."))

    assert answers.performed(ANN, 1, is_again=False) == []


def test_what_a_world_had_begun_to_run_again_when_it_died_does_not_count() -> None:
    answers = told(TAKEN)
    answers.hides(ANN, NONE)

    assert again(answers, TAKEN) == []


def test_a_session_that_has_ended_is_forgotten() -> None:
    answers = told(TAKEN)

    answers.forget(ANN)

    assert again(answers, NONE) == []

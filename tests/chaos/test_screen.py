"""What is read on a player's screen."""

from __future__ import annotations

import pytest

from tests.chaos.ledger import FLOOR, Command, Ledger, Outcome, Transfer
from tests.chaos.screen import Screen


class Desk:
    """Ann at her screen. She has typed 1 to 5, and it is ten o'clock."""

    def __init__(self) -> None:
        self.ledger = Ledger(["Ann"])
        for _ in range(2):
            self.ledger.speaks("Ann", 0.0)
            self.ledger.moves("Ann", "get gem", Transfer("gem", 1, FLOOR, "Ann"), 0.0)
        self.ledger.speaks("Ann", 0.0)
        self.screen = Screen("Ann", self.ledger, lambda: 10.0)

    @property
    def outcomes(self) -> dict[int, list[Outcome]]:
        return {command.number: command.outcomes for command in self.ledger if command.answers}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_answer_belongs_to_what_was_typed_after_the_last_speech(desk: Desk) -> None:
    desk.screen.show('You say, "1"\n> \nYou pick up a gem.\n> \nYou say, "3"\n> \nYou see no \'gem\' here.\n')

    assert desk.outcomes == {1: [Outcome.DONE], 2: [Outcome.DONE], 3: [Outcome.DONE], 4: [Outcome.REFUSED]}
    assert [command.answers for command in desk.ledger if command.answers] == [[10.0]] * 4


def test_what_others_do_answers_nothing(desk: Desk) -> None:
    desk.screen.show('Bob says, "3"\nBob gives you a gem.\nBob picks up a gem.\nBob drops a gem.\n')

    assert desk.outcomes == {}


def test_a_line_may_come_in_pieces(desk: Desk) -> None:
    for piece in ("You sa", 'y, "', "1", '"', "\n"):
        desk.screen.show(piece)

    assert desk.outcomes == {1: [Outcome.DONE]}


def test_what_is_shown_again_is_answered_again(desk: Desk) -> None:
    desk.screen.show('You say, "1"\nYou say, "1"\n')

    assert desk.outcomes == {1: [Outcome.DONE, Outcome.DONE]}


def test_an_answer_that_is_taken_back_answers_nothing_new(desk: Desk) -> None:
    desk.screen.show(
        'You say, "1"\nThe world has gone back a moment, and something went otherwise than you saw:\n'
    )
    desk.screen.show("You see no 'gem' here.\nYou pick up a gem.\n")

    assert desk.outcomes == {1: [Outcome.DONE], 2: [Outcome.DONE]}
    assert desk.screen.corrections == 1


def test_after_a_lost_connection_an_answer_needs_a_new_speech_before_it(desk: Desk) -> None:
    desk.screen.show('You say, "1"\nYou sa')

    desk.screen.breaks_off()
    desk.screen.show('You pick up a gem.\nYou say, "3"\nYou pick up a gem.\n')

    assert desk.outcomes == {1: [Outcome.DONE], 3: [Outcome.DONE], 4: [Outcome.DONE]}


@pytest.mark.parametrize(
    "line",
    [
        "Not taken: too many of your lines wait for the world.",
        "The world blinks, and what you began never happened.",
    ],
)
def test_a_line_that_was_not_run_is_a_surprise(desk: Desk, line: str) -> None:
    desk.screen.show(f"{line}\n")

    assert desk.screen.surprises == [line]


def test_an_answer_to_nothing_in_the_ledger_is_left_alone(desk: Desk) -> None:
    assert isinstance(desk.ledger.find("Ann", 5), Command)
    desk.screen.show('You say, "77"\n')

    assert desk.outcomes == {}

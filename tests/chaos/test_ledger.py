"""The ledger: numbers, what waits for an answer, and what a lost connection makes unsure."""

from __future__ import annotations

import pytest

from tests.chaos.ledger import FLOOR, Ledger, Outcome, Sureness, Transfer

GEM = Transfer("gem", 1, FLOOR, "Ann")


def test_speech_has_odd_numbers_and_what_is_moved_even_ones() -> None:
    ledger = Ledger(["Ann"])

    numbers = [
        ledger.speaks("Ann", 0.0).number,
        ledger.moves("Ann", "get gem", GEM, 0.1).number,
        ledger.speaks("Ann", 0.2).number,
        ledger.speaks("Ann", 0.3).number,
    ]

    assert numbers == [1, 2, 3, 5]
    assert [command.text for command in ledger] == ["say 1", "get gem", "say 3", "say 5"]


def test_nothing_is_moved_without_a_word() -> None:
    with pytest.raises(AssertionError, match="has not spoken"):
        Ledger(["Ann"]).moves("Ann", "get gem", GEM, 0.0)


def test_what_waits_for_an_answer_is_told_oldest_first() -> None:
    ledger = Ledger(["Ann", "Bob"])
    first, second, third = (ledger.speaks("Ann", at) for at in (0.0, 0.1, 0.2))
    ledger.speaks("Bob", 0.0)

    ledger.answered(second, Outcome.DONE, 1.0)

    assert ledger.unanswered("Ann") == [first, third]


def test_a_lost_connection_makes_unsure_what_was_not_answered_and_nothing_else() -> None:
    ledger = Ledger(["Ann", "Bob"])
    ann, bob = [ledger.speaks("Ann", 0.0), ledger.speaks("Ann", 0.1)], ledger.speaks("Bob", 0.0)
    ledger.answered(ann[0], Outcome.DONE, 0.2)

    ledger.loses_connection("Ann")
    after = ledger.speaks("Ann", 0.3)

    assert [command.sureness for command in (*ann, bob, after)] == [
        Sureness.ONCE,
        Sureness.AT_MOST_ONCE,
        Sureness.ONCE,
        Sureness.ONCE,
    ]


def test_nobody_waits_for_what_a_lost_connection_took_with_it() -> None:
    ledger = Ledger(["Ann"])
    ledger.speaks("Ann", 0.0)
    ledger.loses_connection("Ann")

    again = ledger.speaks("Ann", 1.0)

    assert ledger.unanswered("Ann") == [again]

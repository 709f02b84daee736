"""The judge finds every planted fault, and nothing in a good run."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.judgement import Ending, TooManySums, World, explains, judge
from tests.chaos.ledger import FLOOR, Command, Ledger, Outcome, Transfer

BEFORE = World({}, {("gem", FLOOR): 3}, ["gem#1", "gem#2", "gem#3"])


class Run:
    """A run in which all went well, to be spoilt: Ann takes a gem and gives it to Bob, who drops it."""

    def __init__(self) -> None:
        self.ledger = Ledger(["Ann", "Bob"])
        self.commands: list[Command] = []
        self.heard: dict[str, list[int]] = {"Ann": [], "Bob": []}
        for player, giver, receiver in (
            ("Ann", FLOOR, "Ann"),
            ("Ann", "Ann", "Bob"),
            ("Bob", "Bob", FLOOR),
            ("Bob", FLOOR, "Bob"),
        ):
            self.speaks(player)
            self.moves(player, Transfer("gem", 1, giver, receiver))
        self.speaks("Ann")
        self.speaks("Bob")
        self.after = World(self.heard, {("gem", FLOOR): 2, ("gem", "Bob"): 1}, BEFORE.things)

    def speaks(self, player: str) -> Command:
        command = self.ledger.speaks(player, 0.0)
        self.heard[player].append(command.number)
        return self._answered(command)

    def moves(self, player: str, transfer: Transfer) -> Command:
        return self._answered(self.ledger.moves(player, "moves it", transfer, 0.0))

    def _answered(self, command: Command) -> Command:
        self.ledger.answered(command, Outcome.DONE, 1.0)
        self.commands.append(command)
        return command

    def unanswer(self, command: Command) -> None:
        command.answers.clear()
        command.outcomes.clear()

    def holds(self, **gems: int) -> None:
        """What somebody has in the end."""
        named = {("gem", FLOOR if name == "floor" else name): count for name, count in gems.items()}
        self.after = dataclasses.replace(self.after, holdings={**self.after.holdings, **named})

    def findings(self, endings: tuple[Ending, ...] = (), absent: tuple[str, ...] = ()) -> list[str]:
        return judge(self.ledger, BEFORE, self.after, endings, absent).findings


@pytest.fixture
def run() -> Run:
    return Run()


def test_a_good_run_has_no_findings(run: Run) -> None:
    assert run.findings() == []


def test_a_line_that_was_not_run_is_lost(run: Run) -> None:
    run.heard["Ann"].remove(3)

    assert run.findings() == ["lost: Ann's 3, 'say 3'"]


def test_a_line_that_was_run_twice_is_doubled(run: Run) -> None:
    run.heard["Bob"].insert(1, 1)

    assert run.findings() == ["doubled: Bob's 1, 'say 1': run 2 times"]


def test_a_line_that_nobody_typed_is_found(run: Run) -> None:
    run.heard["Bob"].append(99)

    assert run.findings() == ["doubled: Bob's 99, which was never typed"]


def test_lines_in_another_order_are_found(run: Run) -> None:
    run.heard["Ann"][:2] = [3, 1]

    assert run.findings() == ["out of order: Ann's 1 came after 3"]


def test_an_answer_that_never_came_is_found(run: Run) -> None:
    run.unanswer(run.commands[0])

    assert run.findings() == ["not answered: Ann's 1, 'say 1'"]


def test_an_answer_that_came_twice_is_found(run: Run) -> None:
    run.ledger.answered(run.commands[0], Outcome.DONE, 2.0)

    assert run.findings() == ["answered more than once: Ann's 1, 'say 1': done, done"]


def test_an_answer_may_come_twice_where_nobody_is_left_who_knew_of_the_first(run: Run) -> None:
    run.ledger.may_be_shown_again("Ann", 0.5, 1.5)
    run.ledger.answered(run.commands[0], Outcome.DONE, 2.0)
    run.ledger.answered(run.commands[-1], Outcome.DONE, 2.0)

    assert run.findings() == ["answered more than once: Bob's 5, 'say 5': done, done"]


def test_a_transfer_that_was_answered_and_had_no_effect_is_found(run: Run) -> None:
    run.holds(floor=3, Bob=0)

    assert run.findings() == ["not balanced: gem: Bob -1, the floor +1, and 0 unanswered transfers"]


def test_a_transfer_that_ran_again_among_others_may_have_gone_otherwise_than_was_answered(run: Run) -> None:
    run.holds(floor=3, Bob=0)
    run.ledger.may_be_rerun(-1.0, 1.0)

    assert run.findings() == []


def test_a_transfer_that_was_refused_and_took_effect_is_found(run: Run) -> None:
    run.commands[-3].outcomes[:] = [Outcome.REFUSED]

    assert run.findings() == ["not balanced: gem: Bob +1, the floor -1, and 0 unanswered transfers"]


def test_a_thing_that_two_hold_and_one_that_nobody_holds_are_found(run: Run) -> None:
    run.after = dataclasses.replace(run.after, things=["gem#1", "gem#1", "gem#3"])

    assert run.findings() == ["doubled: gem#1 is there once more", "not there any more: gem#2"]


def test_what_was_made_of_nothing_is_found(run: Run) -> None:
    run.holds(Ann=5)

    assert "not balanced: there are 8 of gem, and there were 3" in run.findings()


def test_a_player_who_was_disconnected_without_excuse_is_found(run: Run) -> None:
    endings = (Ending("Ann", 3.0, is_excused=True), Ending("Bob", 4.0, is_excused=False, last_words="?"))

    assert run.findings(endings) == ["disconnected: Bob after 4.0 s: ?"]


def test_a_player_who_is_not_answered_in_the_end_is_found(run: Run) -> None:
    assert run.findings(absent=("Ann",)) == ["not there any more: Ann gets no answer in the end"]


@pytest.mark.parametrize("was_run", [True, False])
def test_the_last_line_of_a_lost_connection_may_be_run_or_not(run: Run, was_run: bool) -> None:
    last = run.speaks("Ann")
    run.unanswer(last)
    run.ledger.loses_connection("Ann")
    if not was_run:
        run.heard["Ann"].remove(last.number)

    assert run.findings() == []


def test_a_line_whose_answer_was_read_before_the_connection_was_lost_must_be_run(run: Run) -> None:
    run.ledger.loses_connection("Ann")
    run.heard["Ann"].remove(5)

    assert run.findings() == ["lost: Ann's 5, 'say 5'"]


@pytest.mark.parametrize("gems", [{"Ann": 1, "floor": 1}, {}], ids=["run", "not run"])
def test_the_last_transfer_of_a_lost_connection_may_take_effect_or_not(
    run: Run, gems: dict[str, int]
) -> None:
    run.unanswer(run.moves("Ann", Transfer("gem", 1, FLOOR, "Ann")))
    run.ledger.loses_connection("Ann")
    run.holds(**gems)

    assert run.findings() == []


@pytest.mark.parametrize("is_undone", [True, False])
def test_what_was_lost_with_the_machine_may_be_undone_although_it_was_answered(
    run: Run, is_undone: bool
) -> None:
    if is_undone:
        run.heard.update(Ann=[], Bob=[])
        run.after = dataclasses.replace(run.after, holdings=BEFORE.holdings)
    for command in run.ledger:
        run.ledger.may_be_undone(command)

    assert run.findings() == []


def test_a_transfer_that_followed_a_line_which_was_not_run_had_no_effect_either(run: Run) -> None:
    for command in (run.speaks("Ann"), run.moves("Ann", Transfer("gem", 1, FLOOR, "Ann"))):
        run.unanswer(command)
    run.ledger.loses_connection("Ann")
    run.heard["Ann"].pop()
    run.holds(Ann=1, floor=1)

    assert run.findings() == ["not balanced: gem: Ann +1, the floor -1, and 0 unanswered transfers"]


NAMES = st.sampled_from(["Ann", "Bob", "Cyd", FLOOR])
TRANSFERS = st.builds(Transfer, st.just("gem"), st.integers(1, 9), NAMES, NAMES)


@given(st.lists(st.tuples(TRANSFERS, st.booleans()), max_size=10))
def test_any_choice_of_transfers_explains_what_it_makes(drawn: list[tuple[Transfer, bool]]) -> None:
    rest: Counter[tuple[str, str]] = Counter()
    for transfer, happened in drawn:
        for holding, amount in transfer.changes if happened else ():
            rest[holding] += amount

    left = {holding: amount for holding, amount in rest.items() if amount}

    assert explains(left, [transfer for transfer, _ in drawn])


def test_what_no_choice_makes_is_not_explained() -> None:
    transfers = [Transfer("gem", 2, "Ann", "Bob"), Transfer("gem", 5, "Bob", "Cyd")]

    assert not explains({("gem", "Ann"): -1, ("gem", "Bob"): 1}, transfers)
    assert not explains({("gem", "Dan"): 1, ("gem", "Ann"): -1}, transfers)
    assert not explains({("gem", "Ann"): -1}, [])


def test_too_many_choices_are_said_to_be_too_many() -> None:
    transfers = [Transfer("coin", 2**power, "Ann", "Bob") for power in range(30)]

    with pytest.raises(TooManySums):
        explains({("coin", "Ann"): 1, ("coin", "Bob"): -1}, transfers)

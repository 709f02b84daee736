"""How long a fault was felt."""

from __future__ import annotations

from math import inf

from tests.chaos.faults import Fault, Kind
from tests.chaos.ledger import Ledger, Outcome
from tests.chaos.recovery import Struck, answered_again, by_kind, recovery_seconds, table

KILLED = Struck(Fault(10.0, Kind.WORLD_KILLED), 10.0, 10.0)


def ledger_of(**times: list[tuple[float, float | None]]) -> Ledger:
    """Players with the times at which they typed and were answered."""
    ledger = Ledger(times)
    for player, commands in times.items():
        for typed, answered in commands:
            command = ledger.speaks(player, typed)
            if answered is not None:
                ledger.answered(command, Outcome.DONE, answered)
    return ledger


def test_everybody_has_to_be_answered() -> None:
    ledger = ledger_of(Ann=[(10.5, 12.0), (10.6, 12.1)], Bob=[(11.0, 13.5)])

    assert recovery_seconds(KILLED, ledger, ["Ann", "Bob"]) == 3.5


def test_an_answer_to_what_was_typed_before_does_not_count() -> None:
    ledger = ledger_of(Ann=[(9.9, 10.1), (11.0, 14.0)])

    assert recovery_seconds(KILLED, ledger, ["Ann"]) == 4.0


def test_somebody_who_was_never_answered_has_not_recovered() -> None:
    ledger = ledger_of(Ann=[(11.0, 12.0)], Bob=[(11.0, None)])

    assert recovery_seconds(KILLED, ledger, ["Ann", "Bob"]) is None


def test_everybody_is_answered_again_when_the_last_one_is() -> None:
    ledger = ledger_of(Ann=[(11.0, 12.0)], Bob=[(11.0, 13.0), (14.0, None)])

    assert answered_again(ledger, 10.0) == 13.0
    assert answered_again(ledger, 13.5) == inf


def test_a_cut_connection_concerns_its_player_alone() -> None:
    cut = Struck(Fault(10.0, Kind.CLIENT_CUT, victim=1), 10.0, 10.5)
    ledger = ledger_of(Ann=[(11.0, 19.0)], Bob=[(11.0, 12.0)])

    assert by_kind([cut, KILLED], ledger) == {Kind.WORLD_KILLED: [9.0], Kind.CLIENT_CUT: [1.5]}


def test_the_table_has_the_middle_and_the_longest_time() -> None:
    assert table({Kind.LINK_CUT: [0.5, 1.0, 4.0]})[1].split() == [
        "link", "cut", "3", "1.00", "s", "4.00", "s",
    ]  # fmt: skip

"""Nobody's lines run before everybody is back who could see it."""

from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.returning import Returning
from transports.link.protocol import Command

ANN, BOB = 1, 2


def line(number: int, session: int = ANN) -> Command:
    return Command(session, number, f"line {number}")


def awaiting(*sessions: int) -> Returning:
    made = Returning()
    made.begin(sessions)
    return made


def test_lines_are_not_kept_while_nobody_is_awaited() -> None:
    assert not awaiting().keeps(line(1))


def test_lines_wait_for_the_last_who_comes_back_and_go_in_their_order() -> None:
    returning = awaiting(ANN, BOB)
    assert returning.keeps(line(1))
    assert returning.keeps(line(2))

    assert returning.is_back(ANN) == []
    assert returning.is_back(BOB) == [line(1), line(2)]
    assert not returning.keeps(line(3))


def test_who_was_not_awaited_lets_nothing_go() -> None:
    returning = awaiting(BOB)
    returning.keeps(line(1))

    assert returning.is_back(ANN) == []


def test_when_the_time_is_over_the_lines_go_without_those_who_are_missing() -> None:
    returning = awaiting(BOB)
    returning.keeps(line(1))

    assert returning.give_up() == [line(1)]
    assert not returning


def test_another_world_begins_anew_for_the_sessions_send_their_lines_again() -> None:
    returning = awaiting(BOB)
    returning.keeps(line(1))
    returning.begin([ANN])

    assert returning.is_back(ANN) == []


@given(st.sets(st.integers(1, 5)), st.lists(st.integers(1, 5)))
def test_every_line_goes_once_and_in_order(awaited: set[int], backs: list[int]) -> None:
    returning, gone = awaiting(*awaited), list[Command]()
    for number, session in enumerate(backs, 1):
        if not returning.keeps(line(number)):
            gone.append(line(number))
        gone += returning.is_back(session)
    gone += returning.give_up()

    assert gone == [line(number) for number in range(1, len(backs) + 1)]

"""What is kept for a client that is not there: all of it in order, within bounds, and the gap counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.missed_output import BYTES_LIMIT, LINES_LIMIT, MissedOutput, numbered
from actors.rendering import Delivery
from transports.link.protocol import EntityStateChanged, TextOutput, VitalsUpdate


def line(text: str) -> Delivery:
    return Delivery(TextOutput(text))


def shown(missed: MissedOutput, seen: int | None = None) -> list[str]:
    return [str(one.body.text) for one in missed.after(seen).deliveries if isinstance(one.body, TextOutput)]


def test_what_was_missed_is_shown_from_where_the_client_stopped_reading() -> None:
    missed = MissedOutput()
    for number in range(1, 6):
        missed.keep([(number, line(f"line {number}"))])

    assert shown(missed, seen=3) == ["line 4", "line 5"]
    assert missed.after(3).number == 5
    assert shown(missed, seen=None) == [f"line {number}" for number in range(1, 6)]


def test_outputs_of_one_batch_have_numbers_of_their_own() -> None:
    missed = MissedOutput()
    missed.keep(numbered([line("one"), line("two"), line("three")], 9))

    assert shown(missed, seen=8) == ["three"]
    missed.confirm(7)
    assert shown(missed) == ["two", "three"]


def test_what_is_confirmed_is_kept_no_longer() -> None:
    missed = MissedOutput()
    missed.keep([(1, line("one")), (2, line("two"))])
    missed.keep([(3, line("three"))])

    missed.confirm(2)

    assert shown(missed) == ["three"]
    assert missed.lines == 1


def test_more_than_fits_is_dropped_from_the_front_and_counted() -> None:
    missed = MissedOutput()
    for number in range(LINES_LIMIT + 30):
        missed.keep([(number, line(f"line {number}"))])

    gap, deliveries, _ = missed.after(None)

    assert (gap, len(deliveries)) == (30, LINES_LIMIT)
    assert shown(missed)[0] == "line 30"


def test_a_gap_that_the_client_has_seen_is_none_for_it() -> None:
    missed = MissedOutput()
    for number in range(LINES_LIMIT + 30):
        missed.keep([(number, line("line"))])

    assert missed.after(29).gap == 0
    assert missed.after(28).gap == 30
    missed.confirm(40)
    assert missed.after(None).gap == 0


def test_one_output_that_is_larger_than_all_that_may_be_kept_is_a_gap() -> None:
    missed = MissedOutput()
    missed.keep([(1, line("x" * (BYTES_LIMIT + 1)))])

    assert missed.after(None) == (1, [], None)


def test_data_for_a_program_counts_no_lines() -> None:
    missed = MissedOutput()
    missed.keep([(1, Delivery(EntityStateChanged("ann", VitalsUpdate({"health": (1, 2)}))))])

    assert missed.lines == 0
    assert missed.size > 0


def test_a_world_that_counts_anew_does_not_hide_what_it_shows() -> None:
    missed = MissedOutput()
    missed.keep([(900, line("of the old world"))])
    missed.keep([(1, line("of the new one"))])

    assert shown(missed, seen=0) == ["of the new one"]
    missed.confirm(0)
    assert shown(missed) == ["of the new one"]


@given(
    # Outputs that come, by their numbers of lines; or how far a client says that it has seen.
    st.lists(st.lists(st.integers(1, 60), max_size=4) | st.integers(0, 40), max_size=40)
)
def test_whatever_happens_the_bounds_hold_and_what_is_kept_is_the_newest_in_order(
    steps: list[list[int] | int],
) -> None:
    missed, number, every, confirmed = MissedOutput(), 0, list[tuple[int, str]](), 0
    for step in steps:
        if isinstance(step, list):
            number += 1
            texts = [f"{number}-{count}" + "\n." * (lines - 1) for count, lines in enumerate(step)]
            missed.keep([(number, line(text)) for text in texts])
            every += [(number, text) for text in texts]
        else:
            confirmed = max(confirmed, min(step, number))
            missed.confirm(confirmed)

    lacks = [text for at, text in every if at > confirmed]
    kept = shown(missed)

    assert missed.lines <= LINES_LIMIT
    assert missed.size <= BYTES_LIMIT
    assert missed.lines == sum(text.count("\n") + 1 for text in kept)
    assert kept == lacks[len(lacks) - len(kept) :]
    assert (missed.after(confirmed).gap > 0) == (len(kept) < len(lacks))


@pytest.mark.parametrize("seen", [None, 0])
def test_nothing_missed_is_nothing_to_show(seen: int | None) -> None:
    assert MissedOutput().after(seen) == (0, [], None)

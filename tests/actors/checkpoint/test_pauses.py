"""Pauses are counted by size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.checkpoint.pauses import PAUSE_BOUNDS, Pauses


def test_a_pause_counts_for_each_bound_that_it_does_not_exceed() -> None:
    pauses = Pauses().with_one(0.005).with_one(0.0051).with_one(9.0)

    assert dict(pauses.cumulative()) == {
        **{"0.001": 0, "0.002": 0, "0.005": 1, "0.01": 2, "0.02": 2, "0.05": 2, "0.1": 2, "0.25": 2},
        "+Inf": 3,
    }
    assert pauses.total_seconds == 9.0101


@given(st.lists(st.floats(0, 1)))
def test_every_pause_is_counted_once(seconds: list[float]) -> None:
    pauses = Pauses()
    for one in seconds:
        pauses = pauses.with_one(one)

    assert pauses.cumulative()[-1] == ("+Inf", len(seconds))
    for bound, (_, count) in zip(PAUSE_BOUNDS, pauses.cumulative(), strict=False):
        assert count == sum(one <= bound for one in seconds)

"""The schedule of faults: the same for the same seed, and within the run."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.faults import LASTS, Cut, Fault, Kind, schedule

SEEDS = st.integers(min_value=0, max_value=2**32)


@given(SEEDS)
def test_a_seed_always_draws_the_same_faults(seed: int) -> None:
    assert schedule(seed, 60.0, 8) == schedule(seed, 60.0, 8)


@given(SEEDS, st.floats(min_value=0, max_value=300))
def test_faults_come_in_order_and_are_over_before_the_run_is(seed: int, seconds: float) -> None:
    faults = schedule(seed, seconds, 8)

    assert all(earlier.at <= later.at for earlier, later in pairwise(faults))
    assert all(fault.at + fault.seconds < seconds for fault in faults)


@given(SEEDS, st.floats(min_value=0, max_value=100))
def test_a_longer_run_begins_like_a_shorter_one(seed: int, seconds: float) -> None:
    shorter, longer = schedule(seed, seconds, 8), schedule(seed, 2 * seconds, 8)

    assert longer[: len(shorter)] == shorter


@given(SEEDS)
def test_only_what_lasts_has_a_duration_and_only_a_cut_has_a_victim(seed: int) -> None:
    for fault in schedule(seed, 120.0, 8):
        assert (fault.seconds > 0) <= (fault.kind in LASTS)
        assert fault.kind is Kind.CLIENT_CUT or (fault.victim, fault.cut_bytes) == (0, 0)
        assert 0 <= fault.victim < 8


def test_a_long_run_has_every_kind_of_fault_and_of_cut() -> None:
    faults = schedule(1, 3600.0, 8)

    counts = Counter(fault.kind for fault in faults)
    assert set(counts) == set(Kind)
    assert {fault.cut for fault in faults if fault.kind is Kind.CLIENT_CUT} == set(Cut)
    assert counts[Kind.CLIENT_CUT] > counts[Kind.LINK_SLOW]


def test_some_faults_fall_into_the_one_before() -> None:
    faults = schedule(1, 3600.0, 8)

    assert any(later.at < earlier.at + earlier.seconds for earlier, later in pairwise(faults))


def test_a_run_can_be_had_of_some_kinds_only() -> None:
    assert {fault.kind for fault in schedule(1, 600.0, 8, [Kind.LINK_CUT])} == {Kind.LINK_CUT}


def test_a_fault_is_told_in_a_line() -> None:
    killed = Fault(3.0, Kind.WORLD_KILLED)
    frozen = Fault(12.5, Kind.WORLD_FROZEN, 2.5)
    cut = Fault(100.0, Kind.CLIENT_CUT, victim=3, cut_bytes=17, cut=Cut.HALF_OPEN)

    assert [str(fault) for fault in (killed, frozen, cut)] == [
        "   3.0 s  world killed",
        "  12.5 s  world frozen for 2.5 s",
        " 100.0 s  client cut: player 3, half open after 17 bytes",
    ]

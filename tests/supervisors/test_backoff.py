"""Rules of the back-off and of a child's own budget (docs/supervision-rules.md)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.errors import InvalidSpec

NO_JITTER = Backoff(min_seconds=0.5, max_seconds=3.0, factor=2.0, jitter=0.0)


def delays(backoff: Backoff, count: int) -> list[float]:
    source = random.Random(1)
    return [backoff.delay(failures, source) for failures in range(count)]


def test_the_first_restart_is_immediate_and_the_next_ones_grow_up_to_the_cap() -> None:
    assert delays(NO_JITTER, 6) == [0.0, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_without_backoff_every_restart_is_immediate() -> None:
    assert delays(Backoff.none(), 4) == [0.0] * 4


def test_a_count_past_every_float_still_gives_the_cap() -> None:
    assert NO_JITTER.delay(100_000, random.Random(1)) == 3.0


@given(st.integers(1, 60), st.floats(0, 1), st.integers())
def test_jitter_lies_below_the_cap(failures: int, jitter: float, seed: int) -> None:
    backoff = Backoff(min_seconds=0.5, max_seconds=3.0, jitter=jitter)
    plain = NO_JITTER.delay(failures, random.Random(0))

    delay = backoff.delay(failures, random.Random(seed))

    assert plain * (1 - jitter) <= delay <= plain


def test_failures_are_forgotten_once_the_child_was_stable() -> None:
    backoff = Backoff(stable_after_seconds=10.0)

    assert backoff.failures_after(4, uptime_seconds=9.9) == 4
    assert backoff.failures_after(4, uptime_seconds=10.0) == 0


def test_a_budget_is_used_up_after_its_failures() -> None:
    budget = Budget(max_failures=2)

    assert [budget.is_used_up(failures) for failures in range(4)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_seconds", -1.0),
        ("max_seconds", 0.1),
        ("factor", 0.5),
        ("jitter", 1.5),
        ("stable_after_seconds", 0.0),
        ("max_seconds", float("inf")),
        ("factor", float("inf")),
        ("jitter", float("nan")),
        ("min_seconds", "1"),
    ],
)
def test_an_impossible_backoff_names_its_field(field: str, value: float) -> None:
    with pytest.raises(InvalidSpec, match=field):
        Backoff(**{field: value})


def test_an_impossible_budget_names_its_field() -> None:
    with pytest.raises(InvalidSpec, match="max_failures"):
        Budget(max_failures=-1)
    with pytest.raises(InvalidSpec, match="probe_seconds"):
        Budget(then=GiveUp.QUARANTINE, probe_seconds=0)
    with pytest.raises(InvalidSpec, match="probe_seconds"):
        Budget(then=GiveUp.QUARANTINE, probe_seconds=float("inf"))

"""When the whole machine was lost."""

from __future__ import annotations

import pytest

from tests.chaos.faults import Fault, Kind
from tests.chaos.machine_lost import lost_times, rerun_times, unconfirmed_times
from tests.chaos.recovery import Struck


def struck(kind: Kind, began: float, ended: float | None = None) -> Struck:
    return Struck(Fault(began, kind), began, began if ended is None else ended)


WORLD = struck(Kind.WORLD_KILLED, 100.0)


def soon(death: float) -> float:
    """A world that is back in two seconds."""
    return death + 2.0


@pytest.mark.parametrize("at", [98.5, 101.0, 103.0])
def test_two_deaths_at_the_same_time_lose_what_came_after_the_last_checkpoint(at: float) -> None:
    ((since, until),) = lost_times([WORLD, struck(Kind.GATEWAY_KILLED, at)], soon)

    assert (since, until) == (min(at, 100.0) - 2.0, max(at, 100.0))


@pytest.mark.parametrize("at", [80.0, 120.0])
def test_one_death_after_the_other_loses_nothing(at: float) -> None:
    assert lost_times([WORLD, struck(Kind.GATEWAY_KILLED, at)], soon) == []


def test_a_world_that_is_slow_to_come_back_leaves_the_gateway_alone_for_longer() -> None:
    gateway = struck(Kind.GATEWAY_KILLED, 120.0)

    assert lost_times([WORLD, gateway], lambda death: death + 19.0) == [(98.0, 120.0)]


def test_two_deaths_of_the_same_half_lose_nothing() -> None:
    assert lost_times([WORLD, struck(Kind.WORLD_KILLED, 100.5)], soon) == []


def test_while_the_database_is_away_no_checkpoint_is_written() -> None:
    away = struck(Kind.DATABASE_AWAY, 90.0, 97.0)

    assert lost_times([away, WORLD, struck(Kind.GATEWAY_KILLED, 101.0)], soon) == [(88.0, 101.0)]


def test_of_deaths_long_after_each_other_the_database_may_make_one() -> None:
    away = struck(Kind.DATABASE_AWAY, 101.0, 110.0)

    assert lost_times([WORLD, away, struck(Kind.GATEWAY_KILLED, 112.0)], soon) == [(98.0, 112.0)]


def test_what_was_not_saved_before_a_death_of_the_world_may_run_again() -> None:
    away = struck(Kind.DATABASE_AWAY, 90.0, 97.0)

    assert rerun_times([WORLD]) == [(98.0, 100.0)]
    assert rerun_times([WORLD, away]) == [(88.0, 100.0)]


def test_what_was_shown_in_the_last_moment_of_a_gateway_is_known_to_nobody() -> None:
    gateway = struck(Kind.GATEWAY_KILLED, 100.0)
    stalled = struck(Kind.LINK_STALLED, 97.0, 101.0)
    long_ago = struck(Kind.LINK_STALLED, 80.0, 84.0)

    assert unconfirmed_times([gateway, long_ago], soon) == [(98.5, 100.0)]
    assert unconfirmed_times([gateway, stalled], soon) == [(95.5, 100.0)]
    assert unconfirmed_times([struck(Kind.WORLD_KILLED, 99.0), gateway], soon) == [(97.5, 100.0)]

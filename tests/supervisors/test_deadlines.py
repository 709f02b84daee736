"""One deadline, split down a tree."""

from hypothesis import given
from hypothesis import strategies as st

from supervisors.deadlines import KILL_GRACE_SECONDS, NEVER, Deadline
from supervisors.specs import Shutdown

moments = st.floats(0.0, 1_000.0)
lengths = st.floats(0.0, 1_000.0)


@given(moments, st.floats(-10.0, 1_000.0))
def test_kills_come_before_those_who_survive_are_left_behind_and_both_before_the_end(
    now: float, left: float
) -> None:
    deadline = Deadline.at(now + left, now)

    assert deadline.kill_at <= deadline.leak_at <= deadline.end_by
    assert deadline.end_by - deadline.kill_at <= KILL_GRACE_SECONDS + 1e-6


@given(moments, lengths, st.lists(st.floats(0.0, 100.0) | st.just(Shutdown.INFINITY), max_size=8))
def test_no_level_has_more_time_than_the_level_above(
    now: float, length: float, limits: list[float | Shutdown]
) -> None:
    deadline = Deadline.at(now + length, now)

    for limit in limits:
        by = deadline.for_child(limit, now)
        assert by is not None
        assert by <= deadline.kill_at
        below = Deadline.at(by, now)
        assert below.end_by <= deadline.kill_at
        deadline = below


@given(moments, lengths, st.floats(0.0, 100.0))
def test_a_child_has_its_own_limit_where_that_is_less(now: float, length: float, limit: float) -> None:
    deadline = Deadline.at(now + length, now)

    assert deadline.for_child(limit, now) == min(now + limit, deadline.kill_at)


def test_without_a_deadline_the_limits_of_the_children_hold() -> None:
    assert NEVER.for_child(5.0, 100.0) == 105.0
    assert NEVER.for_child(Shutdown.INFINITY, 100.0) is None
    assert NEVER.kill_grace(100.0) == KILL_GRACE_SECONDS


def test_a_brutal_kill_is_now_whatever_the_deadline() -> None:
    assert Deadline.at(200.0, 100.0).for_child(Shutdown.BRUTAL_KILL, 100.0) == 100.0


def test_a_deadline_that_has_passed_leaves_no_grace() -> None:
    assert Deadline.at(90.0, 100.0).kill_grace(100.0) == 0.0

"""When a process is started again, and when not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.backoff import Backoff
from supervisors.processes import (
    Decision,
    ExitCode,
    GiveUp,
    ProcessExit,
    RestartHistory,
    RestartIn,
    RestartPolicy,
    Stop,
    share_of_stop,
)

POLICY = RestartPolicy(
    Backoff(min_seconds=1.0, max_seconds=8.0, factor=2.0, jitter=0.0, stable_after_seconds=10.0),
    max_restarts=5,
    max_seconds=100.0,
)


def history(policy: RestartPolicy = POLICY) -> RestartHistory:
    return RestartHistory(policy, random.Random(1))


def crash(uptime_seconds: float = 0.0, code: int = 1) -> ProcessExit:
    return ProcessExit(code, uptime_seconds, was_asked=False)


def test_the_first_restart_is_immediate_and_later_ones_wait_longer_up_to_the_limit() -> None:
    process = history(RestartPolicy(POLICY.backoff, max_restarts=9, max_seconds=100.0))

    decisions = [process.decide(crash(), now) for now in range(6)]

    assert decisions == [RestartIn(seconds) for seconds in (0.0, 1.0, 2.0, 4.0, 8.0, 8.0)]


def test_a_process_that_was_up_long_enough_is_restarted_at_once_again() -> None:
    process = history()
    process.decide(crash(), 0.0)
    process.decide(crash(), 1.0)

    assert process.decide(crash(uptime_seconds=10.0), 11.0) == RestartIn(0.0)


def test_more_restarts_than_allowed_within_the_window_end_in_giving_up() -> None:
    process = history()
    for now in range(5):
        assert isinstance(process.decide(crash(), now), RestartIn)

    decision = process.decide(crash(), 5.0)

    assert decision == GiveUp(ExitCode.FAILED, "more restarts than 5 in 100 s")
    assert process.window.count(5.0) == 6


def test_restarts_far_apart_never_end_in_giving_up() -> None:
    process = history()

    decisions = [process.decide(crash(50.0), 50.0 * turn) for turn in range(100)]

    assert set(decisions) == {RestartIn(0.0)}


@pytest.mark.parametrize("code", [0, 1, 3, -9, -11, -15])
def test_an_end_that_nobody_asked_for_is_followed_by_a_restart_whatever_its_code(code: int) -> None:
    assert history().decide(crash(code=code), 0.0) == RestartIn(0.0)


@pytest.mark.parametrize("code", [0, 1, 78, -9])
def test_an_end_that_was_asked_for_is_followed_by_nothing_whatever_its_code(code: int) -> None:
    assert history().decide(ProcessExit(code, 1.0, was_asked=True), 0.0) == Stop()


def misconfigured() -> ProcessExit:
    return ProcessExit(78, 0.5, was_asked=False, was_ready=False)


def test_a_configuration_that_cannot_work_is_not_tried_again() -> None:
    decision = history().decide(misconfigured(), 0.0)

    assert isinstance(decision, GiveUp)
    assert decision.code is ExitCode.CONFIGURATION


def test_a_configuration_that_has_worked_is_tried_again_until_that_is_too_often() -> None:
    process = history()

    first = process.decide(crash(code=-9), 0.0)
    decisions = [process.decide(misconfigured(), float(turn)) for turn in range(1, 6)]

    assert first == RestartIn(0.0)
    assert all(isinstance(decision, RestartIn) for decision in decisions[:-1])
    assert decisions[-1] == GiveUp(ExitCode.CONFIGURATION, "more restarts than 5 in 100 s")


@pytest.mark.parametrize(
    ("code", "text"), [(0, "exit code 0"), (78, "exit code 78"), (-9, "SIGKILL"), (-200, "signal 200")]
)
def test_an_exit_says_its_code_or_its_signal(code: int, text: str) -> None:
    assert str(crash(code=code)) == text


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(-64, 255)), max_size=60),
    st.integers(0, 10),
    st.integers(0, 2**32),
)
def test_no_window_ever_holds_more_restarts_than_allowed(
    ends: list[tuple[float, int]], limit: int, seed: int
) -> None:
    policy = RestartPolicy(POLICY.backoff, max_restarts=limit, max_seconds=60.0)
    process = RestartHistory(policy, random.Random(seed))
    now, times = 0.0, list[float]()
    decision: Decision = RestartIn(0.0)

    for uptime, code in ends:
        if not isinstance(decision, RestartIn):
            break
        now += decision.seconds + uptime
        decision = process.decide(crash(uptime, code), now)
        if isinstance(decision, RestartIn):
            assert 0 <= decision.seconds <= policy.backoff.max_seconds
            times.append(now)

    for start in times:
        assert sum(start <= time <= start + 60.0 for time in times) <= limit


@given(st.floats(0, 100), st.integers(1, 10))
def test_the_shares_of_a_stop_never_exceed_its_deadline(deadline: float, count: int) -> None:
    remaining = deadline

    for left in range(count, 0, -1):
        remaining -= share_of_stop(remaining, left)

    assert remaining == pytest.approx(0.0, abs=1e-6)


def test_a_deadline_that_has_passed_leaves_nothing() -> None:
    assert share_of_stop(-3.0, 2) == 0.0

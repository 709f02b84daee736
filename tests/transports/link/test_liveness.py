"""Heartbeats, back-off and round trip, in times that are passed in."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.link.liveness import Backoff, BackoffOptions, LinkState, Liveness, LivenessOptions

OPTIONS = LivenessOptions(interval_seconds=1.0, suspect_after_seconds=3.0, down_after_seconds=10.0)


def test_silence_makes_a_peer_suspect_then_down() -> None:
    liveness = Liveness(OPTIONS, now=100.0)

    states = [liveness.state(100.0 + seconds) for seconds in (0.0, 2.9, 3.0, 9.9, 10.0)]

    assert states == [LinkState.UP, LinkState.UP, LinkState.SUSPECT, LinkState.SUSPECT, LinkState.DOWN]


def test_anything_heard_brings_a_peer_up_again() -> None:
    liveness = Liveness(OPTIONS, now=0.0)
    assert liveness.state(20.0) is LinkState.DOWN

    liveness.heard(20.0)

    assert liveness.state(20.5) is LinkState.UP
    assert liveness.silence(20.5) == 0.5


def test_the_first_heartbeat_is_due_at_once_and_the_next_after_the_interval() -> None:
    liveness = Liveness(OPTIONS, now=0.0)

    beats = [liveness.beat(now) for now in (0.0, 0.5, 1.0)]

    assert [beat.number if beat else None for beat in beats] == [1, None, 2]


def test_the_round_trip_leaves_out_the_time_the_echo_was_held() -> None:
    near, far = Liveness(OPTIONS, now=0.0), Liveness(OPTIONS, now=0.0)
    beat = near.beat(0.0)
    assert beat is not None
    far.received(beat, 0.1)
    echo = far.beat(0.6)
    assert echo is not None
    near.received(echo, 0.7)

    assert near.round_trip_seconds == pytest.approx(0.2)
    assert far.round_trip_seconds is None


def test_an_echo_is_counted_once_and_an_unknown_one_not_at_all() -> None:
    near, far = Liveness(OPTIONS, now=0.0), Liveness(OPTIONS, now=0.0)
    beat = near.beat(0.0)
    assert beat is not None
    far.received(beat, 0.0)
    echo = far.beat(0.0)
    assert echo is not None

    near.received(echo, 0.1)
    near.received(echo, 5.0)

    assert near.round_trip_seconds == pytest.approx(0.1)


def test_heartbeats_that_are_never_echoed_take_no_more_than_a_bounded_memory() -> None:
    liveness = Liveness(OPTIONS, now=0.0)
    for second in range(1_000):
        liveness.beat(float(second))

    assert len(liveness._sent) <= 16


@pytest.mark.parametrize("intervals", [(0.0, 1.0, 2.0), (1.0, 1.0, 2.0), (1.0, 3.0, 2.0)])
def test_intervals_that_do_not_grow_are_refused(intervals: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="must grow"):
        LivenessOptions(*intervals)


@given(st.integers(0, 2**32), st.integers(1, 3_000))
def test_no_delay_is_above_the_cap_nor_below_its_share_without_jitter(seed: int, attempts: int) -> None:
    options = BackoffOptions(first_seconds=0.1, cap_seconds=2.0, factor=2.0, jitter=0.5)
    backoff = Backoff(options, random.Random(seed))
    backoff.attempts = attempts - 1

    delay = backoff.next_seconds()

    whole = min(2.0, 0.1 * 2.0 ** min(attempts - 1, 64))
    assert whole / 2 <= delay <= whole


def test_delays_begin_anew_after_a_success() -> None:
    backoff = Backoff(BackoffOptions(first_seconds=0.1, jitter=0.0), random.Random(1))
    first = [backoff.next_seconds() for _ in range(3)]
    backoff.reset()

    assert first == pytest.approx([0.1, 0.2, 0.4])
    assert backoff.next_seconds() == pytest.approx(0.1)

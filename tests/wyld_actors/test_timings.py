"""How long handlers take: counts by size, sampled, for an actor and for its class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyld_actors import Actor, ActorSystem, Context, ManualClock, Message, on
from wyld_actors.timings import BUCKETS, SAMPLED_TURNS, UPPER_BOUNDS, ClassTimings, count_in, quantile


class Work(Message, frozen=True):
    seconds: float


class Busy(Actor):
    """Takes as long as it is told, by moving the clock."""

    @on(Work)
    def work(self, ctx: Context, message: Work) -> None:
        clock = ctx.system.clock
        assert isinstance(clock, ManualClock)
        clock.advance_to(ctx.now + message.seconds)


def test_without_measurements_there_is_no_quantile() -> None:
    assert quantile(None, 0.5) is None
    assert quantile([0] * BUCKETS, 0.5) is None


@given(st.floats(min_value=0, max_value=8), st.floats(min_value=0.01, max_value=1))
def test_a_quantile_of_equal_times_is_right_within_a_factor_of_two(seconds: float, share: float) -> None:
    found = quantile(count_in(None, seconds), share)

    assert found is not None
    assert seconds <= found <= max(2 * seconds, UPPER_BOUNDS[0])


@given(st.lists(st.floats(min_value=0, max_value=100), min_size=1, max_size=600))
def test_counts_never_overflow_and_quantiles_rise(times: list[float]) -> None:
    counts = None
    for seconds in times:
        counts = count_in(counts, seconds)

    half, nearly_all = quantile(counts, 0.5), quantile(counts, 0.99)
    assert half is not None
    assert nearly_all is not None
    assert half <= nearly_all


def test_old_measurements_fade() -> None:
    counts = None
    for _ in range(300):
        counts = count_in(counts, 0.001)
    for _ in range(300):
        counts = count_in(counts, 1.0)

    found = quantile(counts, 0.5)
    assert found is not None
    assert found > 0.5


def test_a_class_counts_everything_and_sums_it_up() -> None:
    timings = ClassTimings()
    for _ in range(1000):
        timings.add(0.001)

    assert sum(timings.counts) == 1000
    assert timings.total_seconds == pytest.approx(1.0)


def test_one_turn_in_seventeen_is_measured(system: ActorSystem) -> None:
    busy = system.spawn(Busy, name="busy")
    for _ in range(10 * SAMPLED_TURNS):
        busy.tell(Work(0.003))
        system.settle()

    measured = system.timings[Busy]
    assert 8 <= sum(measured.counts) <= 11
    assert measured.total_seconds == pytest.approx(0.003 * sum(measured.counts))
    assert quantile(busy.cell.timings, 0.99) == pytest.approx(0.004096)

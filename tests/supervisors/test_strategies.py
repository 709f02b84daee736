"""Rules of the strategies: who is restarted with whom (docs/supervision-rules.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.specs import Restart, Strategy
from supervisors.strategies import Plan, Sibling, plan

ABC = [Sibling(id, Restart.PERMANENT, is_live=True) for id in "abc"]


@pytest.mark.parametrize(
    ("strategy", "stops", "starts"),
    [
        (Strategy.ONE_FOR_ONE, (), ("b",)),
        (Strategy.ONE_FOR_ALL, ("c", "a"), ("a", "b", "c")),
        (Strategy.REST_FOR_ONE, ("c",), ("b", "c")),
    ],
)
def test_each_strategy_has_its_group(
    strategy: Strategy, stops: tuple[str, ...], starts: tuple[str, ...]
) -> None:
    assert plan(strategy, ABC, "b") == Plan(stops, starts)


def test_a_temporary_sibling_is_stopped_and_not_started() -> None:
    children = [*ABC, Sibling("t", Restart.TEMPORARY, is_live=True)]

    assert plan(Strategy.ONE_FOR_ALL, children, "a") == Plan(("t", "c", "b"), ("a", "b", "c"))


def test_a_sibling_that_is_down_is_started_and_not_stopped() -> None:
    children = [ABC[0], Sibling("b", Restart.TRANSIENT, is_live=False)]

    assert plan(Strategy.ONE_FOR_ALL, children, "a") == Plan((), ("a", "b"))


def test_a_sibling_that_stays_down_is_left_alone() -> None:
    children = [ABC[0], Sibling("b", Restart.PERMANENT, is_live=False, stays_down=True)]

    assert plan(Strategy.ONE_FOR_ALL, children, "a") == Plan((), ("a",))


@st.composite
def families(draw: st.DrawFn) -> tuple[list[Sibling], str]:
    children = [
        Sibling(str(number), restart, is_live=is_live)
        for number, (restart, is_live) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(Restart), st.booleans()), min_size=1, max_size=8))
        )
    ]
    failed = draw(st.sampled_from([child.id for child in children]))
    return children, failed


@given(st.sampled_from(Strategy), families())
def test_stops_are_in_reverse_order_and_starts_in_order_and_the_failed_one_is_never_stopped(
    strategy: Strategy, family: tuple[list[Sibling], str]
) -> None:
    children, failed = family
    order = [child.id for child in children]
    result = plan(strategy, children, failed)

    assert list(result.stops) == [id for id in reversed(order) if id in result.stops]
    assert list(result.starts) == [id for id in order if id in result.starts]
    assert failed in result.starts
    assert failed not in result.stops
    temporary = {child.id for child in children if child.restart is Restart.TEMPORARY}
    assert not (set(result.starts) - {failed}) & temporary

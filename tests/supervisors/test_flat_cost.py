"""An event costs the same among many children as among few.

Counted in calls of functions, so that no other load can disturb it; `make bench ARGS=supervision` has the
times, up to a hundred thousand. Only what concerns all of a group by its meaning may cost as much as that.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest

from supervisors.backoff import Backoff, Budget
from supervisors.calls import DeleteChild, RestartChild, StartChild, TerminateChild
from supervisors.specs import Strategy
from tests.supervisors.kit import NORMAL, Drill, dynamic, spec, static

FEW, MANY = 10, 2_000
PATIENCE = Budget(max_failures=1_000_000)


def counted(event: Callable[[], object]) -> int:
    """How many functions are called, those of generators included."""
    calls = 0

    def count(_frame: Any, kind: str, _argument: Any) -> None:
        nonlocal calls
        calls += kind == "call"

    # Libraries have themselves called by the collector.
    gc.disable()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        event()
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


def pool(size: int) -> Drill:
    drill = dynamic()
    for number in range(size):
        drill.ask(StartChild(spec(str(number), budget=PATIENCE)))
    return drill


def fixed(size: int, strategy: Strategy = Strategy.ONE_FOR_ONE) -> Drill:
    specs = [spec(str(number), budget=PATIENCE) for number in range(size)]
    return static(specs, strategy=strategy).begin()


def crash(drill: Drill) -> None:
    drill.down("5")


def crash_with_delay(drill: Drill) -> None:
    for _ in range(2):
        drill.down("5")
    drill.advance(60.0)


def start(drill: Drill) -> None:
    drill.ask(StartChild(spec("new", backoff=Backoff())))


def terminate(drill: Drill) -> None:
    drill.ask(TerminateChild("5"))


def terminate_and_restart(drill: Drill) -> None:
    for call in (TerminateChild("5"), RestartChild("5"), TerminateChild("5"), DeleteChild("5")):
        drill.ask(call)


def end_by_itself(drill: Drill) -> None:
    drill.down("5", NORMAL)


def look_up(drill: Drill) -> None:
    drill.engine.which_child("5")
    drill.engine.get_childspec("5")


@pytest.mark.parametrize("event", [crash, crash_with_delay, start, terminate, end_by_itself, look_up])
@pytest.mark.parametrize("crowd", [pool, fixed])
def test_an_event_of_one_child_costs_the_same_among_many(
    crowd: Callable[[int], Drill], event: Callable[[Drill], None]
) -> None:
    few, many = crowd(FEW), crowd(MANY)

    assert counted(lambda: event(many)) == counted(lambda: event(few))


def test_a_stop_and_start_by_hand_costs_the_same_among_many() -> None:
    few, many = fixed(FEW), fixed(MANY)

    assert counted(lambda: terminate_and_restart(many)) == counted(lambda: terminate_and_restart(few))


@pytest.mark.parametrize("strategy", Strategy)
def test_to_start_and_to_stop_all_costs_each_of_them_the_same(strategy: Strategy) -> None:
    def life(size: int) -> int:
        return counted(lambda: fixed(size, strategy).shutdown())

    for_each = (life(20) - life(10)) / 10

    assert life(200) - life(100) == pytest.approx(100 * for_each)


@pytest.mark.parametrize("strategy", [Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE])
def test_a_group_restart_costs_each_of_the_group_the_same(strategy: Strategy) -> None:
    def crash_of_the_first(size: int) -> int:
        drill = fixed(size, strategy)
        return counted(lambda: drill.down("0"))

    for_each = (crash_of_the_first(20) - crash_of_the_first(10)) / 10

    assert crash_of_the_first(200) - crash_of_the_first(100) == pytest.approx(100 * for_each)

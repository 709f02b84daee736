"""Significant children and the end of their supervisor: OTP's auto_shutdown."""

from __future__ import annotations

from typing import Any

import pytest

from supervisors import one_for_one, supervisor
from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.calls import ApplyChange, StopSupervisor, TerminateChild
from supervisors.changing import Change, Unlisted
from supervisors.specs import AutoShutdown, ChildSpec, Restart, Strategy
from tests.supervisors.actors import Leave, player
from tests.supervisors.conftest import Theatre
from tests.supervisors.kit import BOOM, NORMAL, SHUTDOWN, Drill, spec, static

ANY, ALL = AutoShutdown.ANY_SIGNIFICANT, AutoShutdown.ALL_SIGNIFICANT


def significant(id: str, restart: Restart = Restart.TRANSIENT, **fields: Any) -> ChildSpec:
    return spec(id, restart=restart, significant=True, **fields)


def family(auto_shutdown: AutoShutdown, *specs: ChildSpec, **flags: Any) -> Drill:
    drill = static(list(specs), auto_shutdown=auto_shutdown, **flags).begin()
    drill.took()
    return drill


@pytest.mark.parametrize(
    ("restart", "reason"),
    [
        (Restart.TRANSIENT, NORMAL),
        (Restart.TRANSIENT, SHUTDOWN),
        (Restart.TEMPORARY, NORMAL),
        (Restart.TEMPORARY, BOOM),
    ],
)
def test_any_significant_child_that_ends_by_itself_ends_the_supervisor(restart: Restart, reason: Any) -> None:
    drill = family(ANY, significant("a", restart), significant("b"), spec("c"))
    drill.down("a", reason)

    assert [entry for entry in drill.took() if entry != "forget a"] == ["stop c", "stop b", "end"]
    assert drill.ended == SHUTDOWN


def test_all_significant_waits_for_the_last_one() -> None:
    drill = family(ALL, significant("a"), significant("b", Restart.TEMPORARY), spec("c"))
    drill.down("a", NORMAL)
    assert drill.ended is None

    drill.down("b", BOOM)
    assert drill.ended == SHUTDOWN


@pytest.mark.parametrize("auto_shutdown", [ANY, ALL])
def test_a_significant_child_that_is_restarted_ends_nothing(auto_shutdown: AutoShutdown) -> None:
    drill = family(auto_shutdown, significant("a"))
    drill.down("a", BOOM)

    assert drill.running() == ["a"]


def test_a_child_that_is_not_significant_ends_nothing() -> None:
    drill = family(ANY, significant("a"), spec("b", restart=Restart.TRANSIENT))
    drill.down("b", NORMAL)

    assert drill.ended is None


def test_a_significant_child_that_is_about_to_be_restarted_is_not_over() -> None:
    drill = family(ALL, significant("a", backoff=Backoff(min_seconds=5.0)), significant("b"))
    drill.down("a", BOOM)
    drill.down("a", BOOM)
    drill.down("b", NORMAL)
    assert drill.ended is None

    drill.advance(10.0)
    assert drill.running() == ["a"]


def test_a_significant_child_that_is_given_up_has_ended_by_itself() -> None:
    drill = family(ANY, significant("a", budget=Budget(max_failures=0, then=GiveUp.STOP)))
    drill.down("a", BOOM)

    assert drill.ended == SHUTDOWN


def test_an_end_while_a_group_waits_for_a_delay_is_heeded_at_once() -> None:
    drill = family(ANY, significant("a"), spec("b"), spec("c"), strategy=Strategy.REST_FOR_ONE)
    drill.failing = {"c"}
    drill.down("b", BOOM)
    drill.down("a", NORMAL)

    assert drill.ended == SHUTDOWN


def test_a_significant_child_in_quarantine_is_not_over() -> None:
    drill = family(ANY, significant("a", budget=Budget(max_failures=0, then=GiveUp.QUARANTINE)))
    drill.down("a", BOOM)

    assert drill.ended is None


def test_a_termination_by_call_never_triggers_it() -> None:
    drill = family(ANY, significant("a"), significant("b", Restart.TEMPORARY))
    drill.ask(TerminateChild("a"))
    drill.ask(TerminateChild("b"))

    assert drill.ended is None


def test_a_termination_with_its_group_never_triggers_it() -> None:
    drill = family(ANY, spec("a"), significant("b", Restart.TEMPORARY), strategy=Strategy.ONE_FOR_ALL)
    drill.down("a", BOOM)

    assert drill.ended is None
    assert drill.running() == ["a"]


def test_an_end_while_its_group_is_stopped_never_triggers_it() -> None:
    drill = family(ANY, spec("a"), significant("b"), spec("c"), strategy=Strategy.ONE_FOR_ALL)
    drill.slow = {"c"}
    drill.down("a", BOOM)
    drill.down("b", NORMAL)
    drill.slow = set()
    drill.down("c", SHUTDOWN)

    assert drill.running() == ["a", "b", "c"]


def test_a_removal_by_a_change_never_triggers_it() -> None:
    drill = family(ANY, spec("a"), significant("b"))
    drill.ask(ApplyChange(Change(children=[spec("a")], unlisted=Unlisted.REMOVE)))

    assert drill.running() == ["a"]


def test_an_ignored_start_never_triggers_it() -> None:
    drill = static([significant("a"), spec("b")], auto_shutdown=ANY)
    drill.unwanted = {"a"}
    drill.begin()

    assert drill.running() == ["b"]


@pytest.mark.parametrize("auto_shutdown", [ANY, ALL])
def test_an_end_while_siblings_still_start_lets_the_supervisor_come_up_first(
    auto_shutdown: AutoShutdown,
) -> None:
    drill = static([significant("a"), spec("b")], auto_shutdown=auto_shutdown)
    drill.slow = {"b"}
    drill.begin()
    drill.down("a", NORMAL)
    assert drill.ended is None

    drill.up("b")
    drill.down("b", SHUTDOWN)
    assert drill.took() == ["start a", "start b", "up", "stop b", "end"]


def nested(theatre: Theatre, *children: ChildSpec) -> ChildSpec:
    """A supervisor that is itself significant to the one above, and ends with its first significant child."""
    return supervisor(
        "inner", one_for_one, children, auto_shutdown=ANY, restart=Restart.TRANSIENT, significant=True
    )


def test_the_end_of_nested_significant_supervisors_goes_up_to_the_root(theatre: Theatre) -> None:
    task = player(theatre.stage, "task", restart=Restart.TRANSIENT, significant=True)
    inner = nested(theatre, task, player(theatre.stage, "with-it"))
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a"), inner], auto_shutdown=ANY))
    theatre.took()
    found = theatre.system.find("/top/inner/task")
    assert found is not None
    found.tell(Leave())

    assert theatre.took() == ["task down", "with-it down", "a down"]
    reason = tree.ended.get(block=False)
    assert reason is not None
    assert reason.is_clean
    assert theatre.log.recent() == []


def test_a_stop_of_a_significant_supervisor_by_itself_is_an_end_by_itself(theatre: Theatre) -> None:
    inner = nested(theatre, player(theatre.stage, "x"))
    tree = theatre.run(supervisor("top", one_for_one, [inner], auto_shutdown=ANY))
    found = theatre.system.find("/top/inner")
    assert found is not None
    found.ask(StopSupervisor())
    theatre.system.settle()

    assert tree.ended.ready()

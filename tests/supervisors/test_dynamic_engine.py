"""Elixir's rules for a dynamic supervisor and our limits, on the pure engine."""

from __future__ import annotations

from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ChildCounts,
    DeleteChild,
    Done,
    LimitReached,
    NotFound,
    NotSupported,
    RestartChild,
    StartChild,
    Started,
    StartFailed,
    Status,
    TerminateChild,
)
from supervisors.errors import GaveUp, InvalidSpec, SupervisorStopping
from supervisors.records import Decision, LogEvent
from supervisors.specs import Restart, Shutdown
from tests.supervisors.kit import BOOM, NORMAL, NOT_UP, SHUTDOWN, Drill, dynamic, spec


def pool(ids: str, **flags: object) -> Drill:
    drill = dynamic(**flags)
    for id in ids:
        drill.ask(StartChild(spec(id)))
    drill.took()
    return drill


def test_it_is_up_at_once_and_has_no_children() -> None:
    drill = dynamic()

    assert drill.is_up
    assert drill.statuses() == {}


def test_a_crash_restarts_only_that_child() -> None:
    drill = pool("abc")
    drill.down("b")

    assert drill.took() == ["start b"]


def test_a_child_that_is_not_restarted_is_forgotten() -> None:
    drill = dynamic()
    drill.ask(StartChild(spec("t", restart=Restart.TRANSIENT)))
    drill.ask(StartChild(spec("s", restart=Restart.TEMPORARY)))
    drill.down("t", NORMAL)
    drill.down("s", BOOM)

    assert drill.statuses() == {}
    assert drill.took() == ["start t", "start s", "forget t", "forget s"]


def test_starts_by_call_answer_as_those_of_a_static_supervisor() -> None:
    drill = dynamic()
    assert drill.answer(StartChild(spec("a"))) == Started("a")
    assert drill.answer(StartChild(spec("a"))) == AlreadyStarted("a")
    drill.failing = {"b"}
    assert drill.answer(StartChild(spec("b"))) == StartFailed("b", NOT_UP)
    assert list(drill.statuses()) == ["a"]


def test_max_children_counts_those_that_are_restarting() -> None:
    drill = pool("ab", max_children=2)
    drill.failing = {"b"}
    drill.down("b")

    assert drill.answer(StartChild(spec("c"))) == LimitReached(2)
    assert drill.answer(StartChild(spec("b"))) == AlreadyPresent("b")
    assert drill.engine.count_children() == ChildCounts(specs=2, active=1, supervisors=0, workers=2)


def test_terminate_stops_and_forgets_and_knows_nobody_afterwards() -> None:
    drill = pool("ab")

    assert drill.answer(TerminateChild("a")) == Done()
    assert drill.took() == ["stop a", "forget a"]
    assert drill.answer(TerminateChild("a")) == NotFound("a")


def test_terminating_a_restarting_child_cancels_the_loop() -> None:
    drill = pool("a")
    drill.failing = {"a"}
    drill.down("a")

    assert drill.answer(TerminateChild("a")) == Done()
    drill.took()
    drill.advance(60)
    assert drill.took() == []


def test_restart_and_delete_are_refused() -> None:
    drill = pool("a")

    assert drill.answer(RestartChild("a")) == NotSupported("RestartChild")
    assert drill.answer(DeleteChild("a")) == NotSupported("DeleteChild")


def test_a_significant_child_is_refused() -> None:
    answer = dynamic().answer(StartChild(spec("a", restart=Restart.TRANSIENT, significant=True)))

    assert isinstance(answer, InvalidSpec)


def test_all_children_are_stopped_at_once() -> None:
    drill = pool("abc")
    drill.slow = set("abc")
    drill.shutdown()
    assert drill.took() == ["stop a", "stop b", "stop c"]

    for id in "bca":
        drill.down(id, SHUTDOWN)
    assert drill.ended == SHUTDOWN


def test_children_with_one_limit_share_one_timer_when_the_pool_ends() -> None:
    drill = dynamic()
    for id in "abcd":
        limit = 1.0 if id in "ab" else 2.0
        drill.ask(StartChild(spec(id, shutdown=limit)))
    drill.ask(StartChild(spec("e", shutdown=Shutdown.INFINITY)))
    drill.stubborn = set("abcd")
    drill.took()
    drill.shutdown()

    assert len(drill.timers) == 2
    drill.advance(1.0)
    assert drill.took()[5:] == ["forget e", "kill a", "kill b", "forget a", "forget b"]
    drill.advance(1.0)
    assert drill.ended == SHUTDOWN


def test_one_deadline_bounds_the_end_of_the_pool() -> None:
    drill = pool("ab")
    drill.stubborn = drill.immortal = set("ab")
    drill.shutdown(deadline=3.0)
    drill.advance(3.0)

    assert drill.ended == SHUTDOWN
    assert [note.event for note in drill.notes] == [LogEvent.LEAKED] * 2


def test_calls_to_a_stopping_pool_are_refused() -> None:
    drill = pool("a")
    drill.slow = {"a"}
    drill.shutdown()

    assert isinstance(drill.answer(StartChild(spec("b"))), SupervisorStopping)


def test_one_child_that_always_crashes_does_not_end_the_pool() -> None:
    drill = pool("ab", child_budget=Budget(max_failures=5))
    for _ in range(6):
        drill.down("a")

    assert drill.statuses() == {"b": Status.RUNNING}
    assert drill.notes[-1].decision is Decision.STOP
    assert drill.ended is None


def test_many_children_that_crash_once_do_not_end_the_pool() -> None:
    drill = dynamic()
    for number in range(500):
        drill.ask(StartChild(spec(str(number))))
    for number in range(500):
        drill.down(str(number))

    assert len(drill.running()) == 500


def test_without_child_budgets_the_window_counts_as_in_otp() -> None:
    drill = pool("abcde", child_budget=None, max_restarts=3)
    for id in "abcd":
        drill.down(id)

    assert drill.ended is not None
    assert isinstance(drill.ended.error, GaveUp)


def test_a_quarantined_child_is_probed_again() -> None:
    drill = pool("a", child_budget=Budget(max_failures=0, then=GiveUp.QUARANTINE, probe_seconds=30))
    drill.down("a")
    assert drill.statuses() == {"a": Status.QUARANTINED}

    drill.advance(30)
    assert drill.running() == ["a"]


def test_restarts_at_one_time_are_limited_and_the_rest_waits_in_line() -> None:
    drill = pool("abcde", max_concurrent_restarts=2)
    drill.slow = set("abcde")
    for id in "abcde":
        drill.down(id)
    assert drill.took() == ["start a", "start b"]

    drill.up("b")
    assert drill.took() == ["start c"]
    drill.down("a", NOT_UP)
    assert drill.took() == ["start d"]


def test_who_is_terminated_in_the_line_is_passed_over() -> None:
    drill = pool("abc", max_concurrent_restarts=1)
    drill.slow = {"a"}
    for id in "abc":
        drill.down(id)
    drill.ask(TerminateChild("b"))
    drill.took()
    drill.up("a")

    assert drill.took() == ["start c"]


def test_first_starts_are_not_held_up_by_restarts() -> None:
    drill = pool("a", max_concurrent_restarts=1)
    drill.slow = {"a"}
    drill.down("a")

    assert drill.answer(StartChild(spec("b"))) == Started("b")


def test_backoff_holds_for_pool_children_too() -> None:
    drill = dynamic()
    drill.ask(StartChild(spec("a", backoff=Backoff(min_seconds=1.0, jitter=0.0))))
    drill.down("a")
    drill.down("a")
    assert drill.statuses() == {"a": Status.RESTARTING}

    drill.advance(1.0)
    assert drill.running() == ["a"]

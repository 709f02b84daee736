"""OTP's rules for a static supervisor, on the pure engine."""

from __future__ import annotations

import pytest

from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ChildCounts,
    DeleteChild,
    Done,
    NotFound,
    RestartChild,
    Restarting,
    Running,
    StartChild,
    Started,
    StartFailed,
    Status,
    TerminateChild,
)
from supervisors.errors import ChildStartFailed, GaveUp, InvalidSpec, SupervisorStopping
from supervisors.records import Decision, LogEvent
from supervisors.specs import OnGiveUp, Restart, Shutdown, Strategy
from tests.supervisors.kit import BOOM, NORMAL, NOT_UP, SHUTDOWN, Drill, spec, static
from wyld_actors import ExitKind

GROUPS = [Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE]


def abc(strategy: Strategy = Strategy.ONE_FOR_ONE, **flags: object) -> Drill:
    """Three permanent children, up and running."""
    drill = static([spec("a"), spec("b"), spec("c")], strategy=strategy, **flags).begin()
    drill.took()
    return drill


# Starting ----------------------------------------


def test_children_start_in_order_each_after_the_one_before_is_up() -> None:
    drill = static([spec("a"), spec("b")])
    drill.slow = {"a"}

    drill.begin()
    assert drill.took() == ["start a"]

    drill.up("a")
    assert drill.took() == ["start b", "up"]


def test_a_supervisor_without_children_is_up_at_once() -> None:
    assert static([]).begin().took() == ["up"]


def test_a_failure_at_first_start_ends_the_started_siblings_in_reverse_and_the_supervisor() -> None:
    drill = static([spec("a"), spec("b"), spec("c"), spec("d")])
    drill.failing = {"c"}
    drill.begin()

    assert drill.took() == ["start a", "start b", "start c", "stop b", "stop a", "end"]
    assert drill.ended is not None
    assert drill.ended.kind is ExitKind.START_FAILED
    assert isinstance(drill.ended.error, ChildStartFailed)
    assert drill.ended.error.child == "c"
    assert not drill.is_up


def test_a_crash_while_siblings_still_start_is_restarted_and_does_not_fail_the_start() -> None:
    drill = static([spec("a"), spec("b")])
    drill.slow = {"b"}
    drill.begin()

    drill.down("a")
    drill.up("b")

    assert drill.took() == ["start a", "start b", "start a", "up"]


# Who is restarted ----------------------------------------


def test_one_for_one_restarts_only_that_child() -> None:
    drill = abc()
    drill.down("b")

    assert drill.took() == ["start b"]


def test_one_for_all_stops_the_others_in_reverse_and_starts_all_in_order() -> None:
    drill = abc(Strategy.ONE_FOR_ALL)
    drill.down("b")

    assert drill.took() == ["stop c", "stop a", "start a", "start b", "start c"]


def test_rest_for_one_stops_the_later_ones_and_starts_from_the_failed_one_on() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.down("b")

    assert drill.took() == ["stop c", "start b", "start c"]


def test_children_added_later_come_last_in_the_order() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.ask(StartChild(spec("d")))
    drill.took()
    drill.down("c")

    assert drill.took() == ["stop d", "start c", "start d"]


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize(
    ("restart", "reason"),
    [(Restart.TEMPORARY, BOOM), (Restart.TEMPORARY, NORMAL), (Restart.TRANSIENT, SHUTDOWN)],
)
def test_an_end_that_leads_to_no_restart_does_not_disturb_siblings(
    strategy: Strategy, restart: Restart, reason: object
) -> None:
    drill = static([spec("a"), spec("b", restart=restart), spec("c")], strategy=strategy).begin()
    drill.took()
    drill.down("b", reason)  # type: ignore[arg-type]

    assert [entry for entry in drill.took() if entry != "forget b"] == []
    assert drill.running() == ["a", "c"]


def test_a_temporary_child_is_forgotten_with_its_end_and_a_transient_one_is_kept() -> None:
    drill = static([spec("a", restart=Restart.TEMPORARY), spec("b", restart=Restart.TRANSIENT)]).begin()
    drill.down("a")
    drill.down("b", NORMAL)

    assert drill.statuses() == {"b": Status.FINISHED}


def test_a_temporary_sibling_is_stopped_with_the_group_and_never_started() -> None:
    drill = static(
        [spec("a"), spec("t", restart=Restart.TEMPORARY), spec("c")], strategy=Strategy.ONE_FOR_ALL
    ).begin()
    drill.took()
    drill.down("a")

    assert drill.took() == ["stop c", "stop t", "forget t", "start a", "start c"]


def test_a_transient_sibling_that_had_finished_is_started_with_its_group() -> None:
    drill = static([spec("a"), spec("b", restart=Restart.TRANSIENT)], strategy=Strategy.ONE_FOR_ALL).begin()
    drill.down("b", NORMAL)
    drill.took()
    drill.down("a")

    assert drill.took() == ["start a", "start b"]


@pytest.mark.parametrize(("revive", "expected"), [(False, ["a", "c"]), (True, ["a", "b", "c"])])
def test_a_child_stopped_by_hand_comes_back_with_its_group_only_if_the_flag_says_so(
    revive: bool, expected: list[str]
) -> None:
    drill = abc(Strategy.ONE_FOR_ALL, revive_stopped=revive)
    drill.ask(TerminateChild("b"))
    drill.down("a")

    assert drill.running() == expected


def test_an_end_of_an_earlier_incarnation_is_ignored() -> None:
    drill = abc()
    drill.down("a")
    drill.took()

    late = drill.engine.child_down("a", 1, BOOM, uptime_seconds=0.0, now=0.0)

    assert late == []


def test_siblings_that_end_while_the_group_is_stopped_are_absorbed() -> None:
    drill = abc(Strategy.ONE_FOR_ALL)
    drill.slow = {"c"}
    drill.down("b")
    drill.down("a")
    drill.down("c", SHUTDOWN)
    drill.slow = set()

    assert drill.took() == ["stop c", "start a", "start b", "start c"]
    assert [note.id for note in drill.notes if note.event is LogEvent.CHILD_TERMINATED] == ["b"]


def test_a_crash_in_the_middle_of_a_group_restart_begins_it_anew() -> None:
    drill = abc(Strategy.ONE_FOR_ALL)
    drill.slow = {"c"}
    drill.down("a")
    drill.down("c", SHUTDOWN)
    assert drill.took() == ["stop c", "stop b", "start a", "start b", "start c"]

    drill.down("a")
    assert drill.took() == ["stop c"]
    drill.slow = set()
    drill.down("c", SHUTDOWN)
    assert drill.took() == ["stop b", "start a", "start b", "start c"]


# Intensity ----------------------------------------


def test_one_restart_more_than_allowed_and_the_supervisor_gives_up() -> None:
    drill = abc(max_restarts=2)
    for _ in range(3):
        drill.down("b")

    assert drill.took() == ["start b", "start b", "stop c", "stop a", "end"]
    assert drill.ended is not None
    assert isinstance(drill.ended.error, GaveUp)
    assert (drill.ended.error.child, drill.ended.error.reason) == ("b", BOOM)


def test_giving_up_is_abnormal_for_the_parent_unless_otp_is_followed() -> None:
    ours, otp = abc(max_restarts=0), abc(max_restarts=0, on_give_up=OnGiveUp.SHUTDOWN)
    ours.down("a")
    otp.down("a")

    assert ours.ended is not None
    assert not ours.ended.is_clean
    assert otp.ended == SHUTDOWN


def test_the_window_is_shared_by_all_children() -> None:
    drill = abc(max_restarts=2)
    for id in "abc":
        drill.down(id)

    assert drill.ended is not None


def test_a_group_restart_counts_once() -> None:
    drill = abc(Strategy.ONE_FOR_ALL, max_restarts=2)
    drill.down("a")
    drill.down("a")

    assert drill.ended is None


def test_restarts_outside_the_window_are_forgotten() -> None:
    drill = abc(max_restarts=1, max_seconds=5.0)
    for _ in range(5):
        drill.down("a")
        drill.advance(5.1)

    assert drill.ended is None


def test_calls_and_ends_without_restart_do_not_count() -> None:
    drill = static([spec("a"), spec("t", restart=Restart.TRANSIENT)], max_restarts=0).begin()
    drill.down("t", NORMAL)
    drill.ask(RestartChild("t"))
    drill.ask(TerminateChild("a"))
    drill.ask(RestartChild("a"))
    drill.ask(StartChild(spec("d")))

    assert drill.ended is None
    assert drill.running() == ["a", "t", "d"]


# Failed restarts ----------------------------------------


def test_a_failed_restart_is_tried_again_and_each_attempt_counts() -> None:
    drill = abc(max_restarts=3)
    drill.failing = {"b"}
    drill.down("b")
    drill.advance(0)

    assert drill.took() == ["start b", "start b", "start b", "stop c", "stop a", "end"]
    assert [note.event for note in drill.notes[:4]] == [
        LogEvent.CHILD_TERMINATED,
        LogEvent.START_ERROR,
        LogEvent.START_ERROR,
        LogEvent.START_ERROR,
    ]


def test_one_for_all_starts_a_new_round_from_nothing_after_a_failed_start() -> None:
    drill = abc(Strategy.ONE_FOR_ALL)
    drill.failing = {"b"}
    drill.down("c")
    assert drill.took() == ["stop b", "stop a", "start a", "start b"]
    assert drill.statuses() == {"a": Status.RUNNING, "b": Status.RESTARTING, "c": Status.WAITING}

    drill.failing = set()
    drill.advance(0)
    assert drill.took() == ["stop a", "start a", "start b", "start c"]


def test_rest_for_one_goes_on_at_the_child_whose_start_failed() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.failing = {"b"}
    drill.down("a")
    assert drill.took() == ["stop c", "stop b", "start a", "start b"]

    drill.failing = set()
    drill.advance(0)
    assert drill.took() == ["start b", "start c"]


def test_calls_meet_a_child_that_is_restarting() -> None:
    drill = abc()
    drill.failing = {"b"}
    drill.down("b")

    assert drill.answer(StartChild(spec("b"))) == AlreadyPresent("b")
    assert drill.answer(RestartChild("b")) == Restarting("b")
    assert drill.answer(DeleteChild("b")) == Restarting("b")


def test_terminating_a_restarting_child_cancels_the_loop() -> None:
    drill = abc()
    drill.failing = {"b"}
    drill.down("b")
    drill.took()

    assert drill.answer(TerminateChild("b")) == Done()
    drill.advance(60)
    assert drill.took() == []
    assert drill.statuses()["b"] is Status.STOPPED


def test_with_the_loop_cancelled_the_rest_of_its_group_stays_down() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.failing = {"b"}
    drill.down("b")
    drill.ask(TerminateChild("b"))
    drill.advance(60)

    assert drill.statuses() == {"a": Status.RUNNING, "b": Status.STOPPED, "c": Status.STOPPED}


def test_shutdown_works_while_a_child_is_restarting() -> None:
    drill = abc()
    drill.failing = {"b"}
    drill.down("b")
    drill.took()
    drill.shutdown()

    assert drill.took() == ["stop c", "stop a", "end"]


# Back-off and budgets ----------------------------------------

PACED = Backoff(min_seconds=1.0, max_seconds=8.0, jitter=0.0, stable_after_seconds=10.0)


def test_the_first_restart_is_immediate_and_the_next_one_waits() -> None:
    drill = static([spec("a", backoff=PACED)]).begin()
    drill.down("a")
    assert drill.running() == ["a"]

    drill.down("a")
    assert drill.statuses() == {"a": Status.RESTARTING}
    drill.advance(0.9)
    assert drill.running() == []
    drill.advance(0.1)
    assert drill.running() == ["a"]


def test_a_child_that_was_stable_begins_anew() -> None:
    drill = static([spec("a", backoff=PACED)]).begin()
    drill.down("a")
    drill.down("a", uptime=10.0)

    assert drill.running() == ["a"]


@pytest.mark.parametrize("strategy", GROUPS)
def test_the_group_is_stopped_at_once_and_started_after_the_delay(strategy: Strategy) -> None:
    drill = static([spec("a", backoff=PACED), spec("b"), spec("c")], strategy=strategy).begin()
    drill.down("a")
    drill.took()

    drill.down("a")
    assert drill.took() == ["stop c", "stop b"]
    drill.advance(1.0)
    assert drill.took() == ["start a", "start b", "start c"]


def test_calls_about_others_go_on_while_a_group_waits_for_a_delay() -> None:
    drill = static([spec("a", backoff=PACED), spec("b")], strategy=Strategy.REST_FOR_ONE).begin()
    drill.down("a")
    drill.down("a")

    assert drill.answer(StartChild(spec("d"))) == Started("d")


def test_a_static_supervisor_limits_restarts_at_one_time_as_well() -> None:
    drill = abc(max_concurrent_restarts=1)
    drill.slow = {"a"}
    drill.down("a")
    drill.down("b")
    assert drill.took() == ["start a"]

    drill.up("a")
    assert drill.took() == ["start b"]


def test_a_child_with_a_budget_does_not_use_up_the_window() -> None:
    drill = static([spec("a", budget=Budget(max_failures=20)), spec("b")], max_restarts=1).begin()
    for _ in range(10):
        drill.down("a")

    assert drill.running() == ["a", "b"]


def test_a_child_whose_budget_is_used_up_stays_down_and_its_siblings_stay_up() -> None:
    drill = static([spec("a", budget=Budget(max_failures=2)), spec("b")]).begin()
    for _ in range(3):
        drill.down("a")

    assert drill.statuses() == {"a": Status.STOPPED, "b": Status.RUNNING}
    assert drill.notes[-1].decision is Decision.STOP
    assert drill.answer(RestartChild("a")) == Started("a")


def test_a_budget_may_escalate() -> None:
    drill = static([spec("a", budget=Budget(max_failures=0, then=GiveUp.ESCALATE)), spec("b")]).begin()
    drill.down("a")

    assert drill.ended is not None
    assert isinstance(drill.ended.error, GaveUp)


def test_a_quarantined_child_is_probed_and_is_well_again_when_it_stays_up() -> None:
    budget = Budget(max_failures=0, then=GiveUp.QUARANTINE, probe_seconds=60)
    drill = static([spec("a", budget=budget), spec("b")]).begin()
    drill.down("a")
    assert drill.statuses()["a"] is Status.QUARANTINED

    drill.advance(60)
    drill.down("a")
    assert drill.statuses()["a"] is Status.QUARANTINED
    drill.advance(60)
    assert drill.running() == ["a", "b"]


# Calls ----------------------------------------


def test_start_child_answers_when_the_child_is_up() -> None:
    drill = abc()
    drill.slow = {"d"}
    token = drill.ask(StartChild(spec("d")))
    assert token not in drill.replies

    drill.up("d")
    assert drill.replies[token] == Started("d")


def test_start_child_that_fails_tells_the_caller_and_forgets_the_specification() -> None:
    drill = abc()
    drill.failing = {"d"}

    assert drill.answer(StartChild(spec("d"))) == StartFailed("d", NOT_UP)
    assert "d" not in drill.statuses()
    assert drill.running() == ["a", "b", "c"]


def test_start_child_of_a_known_id_says_whether_it_runs() -> None:
    drill = abc()

    assert drill.answer(StartChild(spec("a"))) == AlreadyStarted("a")
    drill.ask(TerminateChild("a"))
    assert drill.answer(StartChild(spec("a"))) == AlreadyPresent("a")


def test_start_child_refuses_a_specification_that_does_not_fit_the_flags() -> None:
    answer = abc().answer(StartChild(spec("d", restart=Restart.TRANSIENT, significant=True)))

    assert isinstance(answer, InvalidSpec)


def test_a_second_start_of_a_starting_child_waits_for_it() -> None:
    drill = abc()
    drill.slow = {"d"}
    drill.ask(StartChild(spec("d")))
    second = drill.ask(StartChild(spec("d")))
    drill.up("d")

    assert drill.replies[second] == AlreadyStarted("d")


def test_terminate_child_stops_it_keeps_its_specification_and_is_idempotent() -> None:
    drill = abc()

    assert drill.answer(TerminateChild("b")) == Done()
    assert drill.took() == ["stop b"]
    assert drill.answer(TerminateChild("b")) == Done()
    assert drill.statuses()["b"] is Status.STOPPED


def test_a_start_that_is_terminated_before_its_turn_is_answered() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.slow = {"c"}
    drill.down("b")
    waiting = drill.ask(StartChild(spec("d")))
    assert waiting not in drill.replies

    assert drill.answer(TerminateChild("d")) == Done()
    assert isinstance(drill.replies[waiting], StartFailed)


def test_terminating_a_temporary_child_removes_it() -> None:
    drill = static([spec("t", restart=Restart.TEMPORARY)]).begin()

    assert drill.answer(TerminateChild("t")) == Done()
    assert drill.answer(TerminateChild("t")) == NotFound("t")


def test_a_terminated_child_is_not_restarted_by_its_own_end() -> None:
    drill = abc()
    drill.slow = {"b"}
    drill.ask(TerminateChild("b"))
    drill.down("b", BOOM)

    assert drill.statuses()["b"] is Status.STOPPED
    assert drill.notes[-1].event is LogEvent.SHUTDOWN_ERROR


def test_restart_and_delete_are_for_stopped_children() -> None:
    drill = abc()

    assert drill.answer(RestartChild("a")) == Running("a")
    assert drill.answer(DeleteChild("a")) == Running("a")
    drill.ask(TerminateChild("a"))
    assert drill.answer(RestartChild("a")) == Started("a")
    drill.ask(TerminateChild("a"))
    assert drill.answer(DeleteChild("a")) == Done()
    assert drill.answer(RestartChild("a")) == NotFound("a")
    assert drill.answer(DeleteChild("a")) == NotFound("a")


def test_a_restart_by_hand_waits_for_a_group_that_is_being_stopped() -> None:
    drill = abc(Strategy.ONE_FOR_ALL)
    drill.ask(TerminateChild("c"))
    drill.slow = {"b"}
    drill.down("a")
    drill.took()
    token = drill.ask(RestartChild("c"))
    assert drill.took() == []

    drill.slow = set()
    drill.down("b", SHUTDOWN)
    assert drill.took() == ["start a", "start b", "start c"]
    assert drill.replies[token] == Started("c")


def test_restart_child_that_fails_keeps_the_specification_stopped() -> None:
    drill = abc()
    drill.ask(TerminateChild("a"))
    drill.failing = {"a"}

    assert drill.answer(RestartChild("a")) == StartFailed("a", NOT_UP)
    assert drill.statuses()["a"] is Status.STOPPED


def test_a_call_for_a_stopping_child_waits_until_it_is_down() -> None:
    drill = abc()
    drill.slow = {"b"}
    drill.ask(TerminateChild("b"))
    token = drill.ask(DeleteChild("b"))
    assert token not in drill.replies

    drill.down("b", SHUTDOWN)
    assert drill.replies[token] == Done()


def test_which_children_lists_the_newest_first_and_count_counts_the_living() -> None:
    drill = abc()
    drill.ask(TerminateChild("a"))

    assert [entry.id for entry in drill.engine.which_children()] == ["c", "b", "a"]
    assert drill.engine.count_children() == ChildCounts(specs=3, active=2, supervisors=0, workers=3)
    assert drill.engine.get_childspec("a") == spec("a")
    assert drill.engine.get_childspec("x") == NotFound("x")


# Stopping ----------------------------------------


def test_shutdown_stops_in_reverse_order_one_at_a_time() -> None:
    drill = abc()
    drill.slow = {"c"}
    drill.shutdown()
    assert drill.took() == ["stop c"]

    drill.down("c", SHUTDOWN)
    assert drill.took() == ["stop b", "stop a", "end"]
    assert drill.ended == SHUTDOWN


def test_a_child_that_does_not_stop_in_its_time_is_killed_and_reported() -> None:
    drill = static([spec("a"), spec("b", shutdown=2.0)]).begin()
    drill.stubborn = {"b"}
    drill.took()
    drill.shutdown()
    drill.advance(1.9)
    assert drill.took() == ["stop b"]

    drill.advance(0.1)
    assert drill.took() == ["kill b", "stop a", "end"]
    assert [note.event for note in drill.notes] == [LogEvent.SHUTDOWN_ERROR]


def test_brutal_kill_kills_at_once_and_is_not_reported() -> None:
    drill = static([spec("a", shutdown=Shutdown.BRUTAL_KILL)]).begin()
    drill.took()
    drill.shutdown()

    assert drill.took() == ["kill a", "end"]
    assert drill.notes == []


def test_infinity_waits() -> None:
    drill = static([spec("a", shutdown=Shutdown.INFINITY)]).begin()
    drill.stubborn = {"a"}
    drill.took()
    drill.shutdown()
    drill.advance(100_000)

    assert drill.took() == ["stop a"]


def test_what_survives_its_kill_is_left_behind_and_reported() -> None:
    drill = static([spec("a"), spec("b", shutdown=2.0)]).begin()
    drill.stubborn = drill.immortal = {"b"}
    drill.took()
    drill.shutdown()
    drill.advance(3.0)

    assert drill.took() == ["stop b", "kill b", "abandon b", "stop a", "end"]
    assert drill.notes[-1].event is LogEvent.LEAKED


def test_ends_during_the_shutdown_are_absorbed() -> None:
    drill = abc()
    drill.slow = {"c"}
    drill.shutdown()
    drill.down("a")
    drill.down("c", SHUTDOWN)

    assert drill.took() == ["stop c", "stop b", "end"]


def test_one_deadline_bounds_the_whole_shutdown_whatever_the_children_do() -> None:
    children = [spec(id, shutdown=Shutdown.INFINITY) for id in "abc"]
    drill = static(children).begin()
    drill.stubborn = drill.immortal = set("abc")
    drill.took()
    drill.shutdown(deadline=10.0)
    drill.advance(10.0)

    assert drill.ended is not None
    assert drill.took() == [
        "stop c",
        "kill a",
        "kill b",
        "kill c",
        "abandon a",
        "abandon b",
        "abandon c",
        "end",
    ]


def test_a_second_shutdown_with_an_earlier_deadline_shortens_it() -> None:
    drill = static([spec("a", shutdown=Shutdown.INFINITY)]).begin()
    drill.stubborn = {"a"}
    drill.shutdown(deadline=100.0)
    drill.shutdown(deadline=2.0)
    drill.advance(2.0)

    assert drill.ended == SHUTDOWN


def test_calls_to_a_stopping_supervisor_are_refused_and_waiting_ones_are_answered() -> None:
    drill = abc()
    drill.slow = {"c", "d"}
    started = drill.ask(StartChild(spec("d")))
    drill.shutdown()

    assert isinstance(drill.replies[started], SupervisorStopping)
    assert isinstance(drill.answer(StartChild(spec("e"))), SupervisorStopping)


def test_shutdown_while_starting_stops_what_is_there() -> None:
    drill = static([spec("a"), spec("b"), spec("c")])
    drill.slow = {"b"}
    drill.begin()
    drill.took()
    drill.shutdown()
    drill.down("b", SHUTDOWN)

    assert drill.took() == ["stop b", "stop a", "end"]
    assert not drill.is_up


# The log ----------------------------------------


def test_every_decision_has_one_note_and_a_restart_says_how_long_it_took() -> None:
    drill = static([spec("a", backoff=PACED)]).begin()
    drill.down("a")
    drill.down("a")
    drill.advance(1.0)

    assert [(note.event, note.decision) for note in drill.notes] == [
        (LogEvent.CHILD_TERMINATED, Decision.RESTART_NOW),
        (LogEvent.RESTARTED, Decision.NONE),
        (LogEvent.CHILD_TERMINATED, Decision.RESTART_LATER),
        (LogEvent.RESTARTED, Decision.NONE),
    ]
    assert drill.notes[-1].down_seconds == 1.0


def test_a_note_names_the_siblings_that_are_restarted_too() -> None:
    drill = abc(Strategy.REST_FOR_ONE)
    drill.down("b")

    assert drill.notes[0].group == ("c",)

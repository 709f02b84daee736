"""Static supervisors as actors: the rules of the engine, seen from outside, in virtual time."""

from __future__ import annotations

import pytest

from supervisors import (
    TRANSIENT,
    AlreadyStarted,
    Backoff,
    ChildCounts,
    ChildStartFailed,
    CountChildren,
    DeleteChild,
    Done,
    GaveUp,
    GetChildSpec,
    InvalidSpec,
    Mail,
    NotFound,
    OnGiveUp,
    RestartChild,
    StartChild,
    Started,
    StartFailed,
    Status,
    StopSupervisor,
    SupervisorStopping,
    TerminateChild,
    Tree,
    WhichChild,
    WhichChildren,
    one_for_all,
    one_for_one,
    rest_for_one,
    supervisor,
    worker,
)
from tests.supervisors.actors import Crash, Leave, Ping, Player, Wait, player
from tests.supervisors.conftest import Theatre
from wyld_actors import Actor, ActorDeadError, CellState, Context, ExitKind, ExitReason, on


def end_of(tree: Tree) -> ExitReason:
    reason = tree.ended.get(block=False)
    assert reason is not None
    return reason


def crash(theatre: Theatre, path: str) -> list[str]:
    theatre.ref(path).tell(Crash())
    return theatre.took()


def test_a_supervisor_starts_its_children_in_order_and_stops_them_in_reverse(theatre: Theatre) -> None:
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "abc"]))
    assert theatre.took() == ["a up", "b up", "c up"]

    tree.shutdown()
    assert theatre.took() == ["c down", "b down", "a down"]


def test_a_start_waits_for_the_child_before_and_blocks_nobody_who_asks(theatre: Theatre) -> None:
    gate = theatre.stage.gate("a:start")
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "ab"]))

    entries = tree.ref.ask(WhichChildren())
    assert [(entry.id, entry.status) for entry in entries] == [
        ("b", Status.WAITING),
        ("a", Status.STARTING),
    ]
    gate.set()
    assert theatre.took() == ["a up", "b up"]


def test_a_crash_is_restarted_and_the_reference_stays_good(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    a = theatre.ref("/top/a")

    crash(theatre, "/top/a")

    assert a.ask(Ping()) == 2


def test_an_ask_that_crashes_its_target_is_restarted_as_well(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    a = theatre.ref("/top/a")

    with pytest.raises(ValueError, match="a has a bug"):
        a.ask(Crash())

    assert a.ask(Ping()) == 2


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (one_for_one, ["b up"]),
        (one_for_all, ["c down", "a down", "a up", "b up", "c up"]),
        (rest_for_one, ["c down", "b up", "c up"]),
    ],
)
def test_each_strategy_restarts_its_group(theatre: Theatre, strategy: object, expected: list[str]) -> None:
    children = [player(theatre.stage, id) for id in "abc"]
    theatre.run(supervisor("top", strategy, children))  # type: ignore[arg-type]
    theatre.took()

    assert crash(theatre, "/top/b") == expected


def test_mail_is_kept_over_a_restart_or_not_as_the_specification_says(theatre: Theatre) -> None:
    children = [player(theatre.stage, "keep"), player(theatre.stage, "fresh", mail=Mail.FRESH)]
    theatre.run(supervisor("top", one_for_one, children))
    keep, fresh = theatre.ref("/top/keep"), theatre.ref("/top/fresh")
    for one in (keep, fresh):
        one.tell(Crash())
    kept, lost = keep.ask(Ping(), block=False), fresh.ask(Ping(), block=False)
    theatre.system.settle()

    assert kept.get() == 2
    with pytest.raises(ActorDeadError):
        lost.get()


def test_mail_waits_while_a_child_backs_off(theatre: Theatre) -> None:
    pace = Backoff(min_seconds=1.0, jitter=0.0)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", backoff=pace)]))
    a = theatre.ref("/top/a")
    crash(theatre, "/top/a")
    crash(theatre, "/top/a")
    assert a.cell.state is CellState.BACKOFF

    answer = a.ask(Ping(), block=False)
    theatre.system.advance(1.0)

    assert answer.get() == 3


def test_a_failed_first_start_ends_the_supervisor_with_the_cause(theatre: Theatre) -> None:
    theatre.stage.broken = {"c"}
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "abcd"]))

    assert theatre.took() == ["a up", "b up", "c fails", "b down", "a down"]
    assert tree.started.get(block=False) is False
    reason = end_of(tree)
    assert reason.kind is ExitKind.START_FAILED
    assert isinstance(reason.error, ChildStartFailed)
    assert reason.error.child == "c"


def test_a_start_that_takes_too_long_has_failed(theatre: Theatre) -> None:
    theatre.stage.gate("a:start")
    tree = theatre.run(
        supervisor("top", one_for_one, [player(theatre.stage, "a", start_timeout_seconds=2.0)])
    )
    theatre.system.advance(2.0)

    reason = end_of(tree)
    assert isinstance(reason.error, ChildStartFailed)
    assert reason.error.reason.kind is ExitKind.START_TIMEOUT


def test_a_nested_supervisor_is_up_when_its_subtree_is(theatre: Theatre) -> None:
    gate = theatre.stage.gate("inner-child:start")
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "inner-child")])
    tree = theatre.run(supervisor("top", one_for_one, [inner, player(theatre.stage, "after")]))
    assert theatre.took() == []
    assert not tree.started.ready()

    gate.set()
    assert theatre.took() == ["inner-child up", "after up"]
    assert tree.started.get(block=False) is True


def test_a_supervisor_that_gives_up_is_restarted_by_its_parent_with_its_children(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, id) for id in "ab"], max_restarts=0)
    theatre.run(supervisor("top", one_for_one, [inner]))
    theatre.took()

    assert crash(theatre, "/top/inner/a") == ["b down", "a up", "b up"]
    assert theatre.ref("/top/inner/a").ask(Ping()) == 1


@pytest.mark.parametrize(
    ("on_give_up", "status"), [(OnGiveUp.ABNORMAL, Status.RUNNING), (OnGiveUp.SHUTDOWN, Status.FINISHED)]
)
def test_a_transient_supervisor_that_gave_up_comes_back_unless_otp_is_followed(
    theatre: Theatre, on_give_up: OnGiveUp, status: Status
) -> None:
    inner = supervisor(
        "inner",
        one_for_one,
        [player(theatre.stage, "a")],
        max_restarts=0,
        on_give_up=on_give_up,
        restart=TRANSIENT,
    )
    top = theatre.run(supervisor("top", one_for_one, [inner])).ref
    crash(theatre, "/top/inner/a")

    assert top.ask(WhichChild("inner")).status is status


def test_a_restarted_supervisor_has_the_children_it_was_declared_with(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a"), player(theatre.stage, "b")])
    theatre.run(supervisor("top", one_for_one, [inner]))
    found = theatre.ref("/top/inner")
    for call in (StartChild(player(theatre.stage, "added")), TerminateChild("b"), DeleteChild("b")):
        found.ask(call)
    found.cell.kill()
    theatre.system.settle()

    assert [entry.id for entry in found.ask(WhichChildren())] == ["b", "a"]


def test_a_child_may_ask_its_supervisor_while_it_starts(theatre: Theatre) -> None:
    class Curious(Actor):
        def on_start(self) -> None:
            parent = self.ctx.cell.parent
            assert parent is not None
            seen.extend(entry.status for entry in self.ctx.ask(parent.ref, WhichChildren()))

    seen: list[Status] = []
    theatre.run(supervisor("top", one_for_one, [worker("a", Curious)]))

    assert seen == [Status.STARTING]


def test_giving_up_goes_on_to_the_root_and_ends_the_tree(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a")], max_restarts=1)
    tree = theatre.run(supervisor("top", one_for_one, [inner], max_restarts=1))
    for _ in range(4):
        assert not tree.ended.ready()
        crash(theatre, "/top/inner/a")

    reason = end_of(tree)
    assert not reason.is_clean
    assert isinstance(reason.error, GaveUp)
    assert theatre.decisions()[-1] == "escalated /top escalate"


def test_an_inner_child_that_never_comes_up_again_takes_the_whole_tree_down(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a")])
    tree = theatre.run(supervisor("top", one_for_one, [inner]))
    theatre.stage.broken = {"a"}
    crash(theatre, "/top/inner/a")
    theatre.system.advance(60.0)

    assert not end_of(tree).is_clean


def test_a_supervisor_that_is_killed_takes_its_subtree_with_it_and_both_come_back(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a")])
    theatre.run(supervisor("top", one_for_one, [inner]))
    theatre.ref("/top/inner").cell.kill()
    theatre.system.settle()

    assert theatre.ref("/top/inner").cell.incarnation == 2
    assert theatre.ref("/top/inner/a").ask(Ping()) == 1


def test_the_calls_give_otps_answers(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    late = player(theatre.stage, "late")

    started = top.ask(StartChild(late))
    assert started == Started("late", theatre.ref("/top/late"))
    assert top.ask(StartChild(late)) == AlreadyStarted("late", started.ref)
    assert top.ask(CountChildren()) == ChildCounts(specs=2, active=2, supervisors=0, workers=2)
    assert top.ask(GetChildSpec("late")) == late
    assert top.ask(WhichChild("late")).ref == started.ref
    assert top.ask(TerminateChild("late")) == Done()
    assert top.ask(WhichChild("late")).status is Status.STOPPED
    assert top.ask(RestartChild("late")) == started
    assert top.ask(TerminateChild("late")) == Done()
    assert top.ask(DeleteChild("late")) == Done()
    assert top.ask(TerminateChild("late")) == NotFound("late")
    assert theatre.system.find("/top/late") is None


def test_a_start_by_call_that_fails_tells_the_caller_the_real_error(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [])).ref
    theatre.stage.broken = {"a"}

    answer = top.ask(StartChild(player(theatre.stage, "a")))

    assert isinstance(answer, StartFailed)
    assert str(answer.reason.error) == "a cannot start"
    assert theatre.system.find("/top/a") is None


def test_a_callers_mistake_is_raised_at_the_caller_and_ends_nobody(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref

    with pytest.raises(InvalidSpec):
        top.ask(StartChild(player(theatre.stage, "b", restart=TRANSIENT, significant=True)))

    assert theatre.ref("/top/a").ask(Ping()) == 1
    assert top.cell.incarnation == 1


def test_an_address_that_is_taken_is_a_failed_start(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [])).ref
    theatre.system.create_cell(Player, (theatre.stage,), name="a", parent=top.cell)

    answer = top.ask(StartChild(player(theatre.stage, "a")))

    assert isinstance(answer, StartFailed)
    assert "/top/a is taken" in str(answer.reason.error)


def test_an_own_end_of_a_transient_child_is_final(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", restart=TRANSIENT)])).ref
    theatre.ref("/top/a").tell(Leave())
    theatre.system.settle()

    assert top.ask(WhichChild("a")).status is Status.FINISHED
    assert theatre.log.recent() == []


def test_a_stop_that_takes_too_long_becomes_a_kill(theatre: Theatre) -> None:
    theatre.stage.gate("b:stop")
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "ab"]))
    theatre.took()
    tree.shutdown()
    theatre.system.advance(4.9)
    assert not tree.ended.ready()

    theatre.system.advance(0.1)
    assert theatre.took() == ["a down"]
    assert end_of(tree).is_clean
    assert theatre.decisions() == ["shutdown_error /top/b stop"]


def test_what_survives_its_kill_is_left_behind_and_its_group_goes_on(theatre: Theatre) -> None:
    children = [player(theatre.stage, "a"), player(theatre.stage, "b", shutdown=1.0)]
    theatre.run(supervisor("top", one_for_all, children))
    gate = theatre.stage.gate("held")
    theatre.ref("/top/b").tell(Wait(gate, immortal=True))
    theatre.took()
    crash(theatre, "/top/a")
    theatre.system.advance(2.0)

    assert theatre.took() == ["a up", "b up"]
    assert "leaked /top/b abandon" in theatre.decisions()
    assert theatre.ref("/top/b").ask(Ping()) == 1


def test_one_deadline_ends_a_deep_tree_and_reports_what_it_left_behind(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a"), player(theatre.stage, "b")])
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "c"), inner]))
    gate = theatre.stage.gate("held")
    for path in ("/top/inner/a", "/top/inner/b", "/top/c"):
        theatre.ref(path).tell(Wait(gate, immortal=True))
    theatre.system.settle()

    tree.shutdown(deadline_seconds=4.0)
    theatre.system.advance(4.0)

    assert tree.ended.ready()
    assert sorted(record.path for record in theatre.log.recent() if record.event.value == "leaked") == [
        "/top/c",
        "/top/inner/a",
        "/top/inner/b",
    ]


def test_a_second_shutdown_hurries_the_first(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a", shutdown=600.0)])
    tree = theatre.run(supervisor("top", one_for_one, [inner]))
    theatre.ref("/top/inner/a").tell(Wait(theatre.stage.gate("held")))
    theatre.system.settle()
    tree.shutdown(deadline_seconds=300.0)
    theatre.system.advance(1.0)
    tree.shutdown(deadline_seconds=2.0)
    theatre.system.advance(2.0)

    assert end_of(tree).is_clean


def test_stop_supervisor_answers_when_all_children_are_down(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a")], restart=TRANSIENT)
    theatre.run(supervisor("top", one_for_one, [inner]))
    theatre.took()

    assert theatre.ref("/top/inner").ask(StopSupervisor(limit_seconds=5.0)) == Done()
    assert theatre.took() == ["a down"]


def test_calls_to_a_stopping_supervisor_are_refused(theatre: Theatre) -> None:
    theatre.stage.gate("a:stop")
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    tree.shutdown()
    theatre.system.settle()

    with pytest.raises(SupervisorStopping, match="StartChild"):
        tree.ref.ask(StartChild(player(theatre.stage, "b")))


def test_two_systems_with_the_same_tree_do_not_meet(theatre: Theatre) -> None:
    other = Theatre()
    for one in (theatre, other):
        one.run(supervisor("top", one_for_one, [player(one.stage, "a")]))
        one.took()
    crash(theatre, "/top/a")

    assert theatre.ref("/top/a").ask(Ping()) == 2
    assert other.ref("/top/a").ask(Ping()) == 1
    assert other.log.recent() == []
    other.system.stop()


def test_a_record_explains_the_crash(theatre: Theatre) -> None:
    children = [player(theatre.stage, "a"), player(theatre.stage, "b")]
    theatre.run(supervisor("top", rest_for_one, children))
    theatre.system.advance(7.0)
    theatre.ref("/top/a").tell(Ping())
    crash(theatre, "/top/a")

    record = theatre.log.recent()[0]
    assert (record.path, record.supervisor, record.incarnation) == ("/top/a", "/top", 1)
    assert (record.exc_type, record.exc_msg) == ("ValueError", "a has a bug")
    assert (record.message_type, record.message_id) == ("Crash", "the-command")
    assert (record.uptime_s, record.time) == (7.0, 1000.0)
    assert (record.group, record.strategy, record.restart_type) == (("b",), "rest_for_one", "permanent")
    assert (record.restarts_in_window, record.intensity) == (1, "3 in 5 s")
    assert record.stack is not None
    assert "has a bug" in record.stack


def test_a_blocked_child_does_not_hold_up_calls_about_its_siblings(theatre: Theatre) -> None:
    theatre.stage.gate("slow:start")
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    waiting = top.ask(StartChild(player(theatre.stage, "slow")), block=False, timeout=60)

    assert top.ask(TerminateChild("a")) == Done()
    assert top.ask(RestartChild("a")) == Started("a", theatre.ref("/top/a"))
    assert not waiting.is_done


class Wordless(Exception):
    """Has no text of any kind."""

    def __str__(self) -> str:
        raise SystemExit(1)

    __repr__ = __str__


class Speechless(Actor):
    """Fails without a word, at its start if `starts` is False."""

    def __init__(self, starts: bool) -> None:
        super().__init__()
        if not starts:
            raise Wordless

    @on(Crash)
    def crash(self, _ctx: Context, _: Crash) -> None:
        raise Wordless


@pytest.mark.parametrize("starts", [True, False])
def test_a_supervisor_gives_up_in_order_on_a_child_whose_error_has_no_text(
    theatre: Theatre, starts: bool
) -> None:
    tree = theatre.run(
        supervisor("top", one_for_one, [worker("a", Speechless, starts, budget=None)], max_restarts=0)
    )
    if starts:
        crash(theatre, "/top/a")

    reason = end_of(tree)
    assert isinstance(reason.error, GaveUp if starts else ChildStartFailed)
    assert "Wordless" in str(reason)
    assert "Wordless" in (theatre.last_record().exc_msg or "")

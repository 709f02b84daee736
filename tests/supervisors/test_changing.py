"""A new configuration for a supervisor that runs, and what it would do: OTP's code_change."""

from __future__ import annotations

from typing import Any

import pytest

from supervisors import (
    AutoShutdown,
    GaveUp,
    InvalidSpec,
    RestartChild,
    Started,
    Status,
    SupervisorFlags,
    SupervisorStopping,
    WhichChild,
    dynamic,
    one_for_one,
    supervisor,
    worker,
)
from supervisors.calls import (
    ApplyChange,
    Changes,
    DeleteChild,
    NotFound,
    NotSupported,
    PreviewChange,
    StartChild,
)
from supervisors.changing import Added, Change, Unlisted
from supervisors.engine import Engine
from supervisors.specs import ChildSpec, OnGiveUp, Restart, Shutdown, Strategy
from tests.supervisors.actors import Crash, Ping, Player, player
from tests.supervisors.conftest import Theatre
from tests.supervisors.kit import SHUTDOWN, Drill, spec, static
from wyld_actors import Context, on


def abc(**flags: Any) -> Drill:
    drill = static([spec("a"), spec("b"), spec("c")], **flags).begin()
    drill.took()
    return drill


def change(*children: ChildSpec, **how: Any) -> ApplyChange:
    return ApplyChange(Change(children=children, **how))


def test_a_known_child_goes_on_and_follows_its_new_specification_from_its_next_end_on() -> None:
    drill = abc()
    new = spec("b", restart=Restart.TEMPORARY)

    assert drill.answer(change(spec("a"), new, spec("c"))) == Changes(changed=("b",))
    assert drill.took() == []
    assert drill.engine.get_childspec("b") == new
    assert drill.quiet == ["redefine b"]
    drill.down("b")
    assert drill.took() == ["forget b"]


def test_a_new_child_is_added_and_not_started_until_somebody_asks() -> None:
    drill = abc()

    assert drill.answer(change(*(spec(id) for id in "abcd"))) == Changes(added=("d",))
    assert drill.took() == []
    assert drill.statuses()["d"] is Status.STOPPED
    assert drill.answer(RestartChild("d")) == Started("d")


def test_a_new_child_may_be_started_by_the_change_in_its_order() -> None:
    drill = abc()
    drill.slow = {"x"}
    answer = drill.answer(change(spec("x"), spec("a"), spec("b"), spec("y"), spec("c"), added=Added.START))

    assert answer == Changes(added=("x", "y"))
    assert drill.took() == ["start x"]
    drill.up("x")
    assert drill.took() == ["start y"]


def test_a_start_by_a_change_that_fails_is_not_tried_again() -> None:
    drill = abc()
    drill.failing = {"d"}
    drill.ask(change(*(spec(id) for id in "abcd"), added=Added.START))
    drill.advance(60.0)

    assert drill.took() == ["start d"]
    assert drill.statuses()["d"] is Status.STOPPED


def test_a_child_that_is_not_listed_any_more_is_kept_behind_the_others() -> None:
    drill = abc()

    assert drill.answer(change(spec("b"), spec("c"))) == Changes(kept=("a",), has_new_order=True)
    assert list(drill.statuses()) == ["b", "c", "a"]
    assert drill.running() == ["b", "c", "a"]


def test_a_child_that_is_not_listed_any_more_may_be_removed_in_reverse_order() -> None:
    drill = abc()

    assert drill.answer(change(spec("b"), unlisted=Unlisted.REMOVE)) == Changes(removed=("a", "c"))
    assert drill.took() == ["stop c", "forget c", "stop a", "forget a"]
    assert drill.answer(DeleteChild("a")) == NotFound("a")


def test_a_child_that_is_removed_while_it_is_down_is_forgotten_at_once() -> None:
    drill = abc()
    drill.failing = {"a"}
    drill.down("a")
    drill.took()
    drill.ask(change(spec("b"), spec("c"), unlisted=Unlisted.REMOVE))
    drill.advance(60.0)

    assert drill.took() == ["forget a"]


def test_a_child_that_comes_back_while_it_is_still_leaving_is_kept_stopped() -> None:
    drill = abc()
    drill.slow = {"c"}
    drill.ask(change(spec("a"), spec("b"), unlisted=Unlisted.REMOVE))
    drill.ask(change(spec("a"), spec("b"), spec("c")))
    drill.down("c", SHUTDOWN)

    assert drill.statuses()["c"] is Status.STOPPED


def test_the_new_order_is_the_order_of_the_next_group_restart() -> None:
    drill = abc(strategy=Strategy.ONE_FOR_ALL)

    assert drill.answer(change(spec("c"), spec("b"), spec("a"))) == Changes(has_new_order=True)
    drill.down("c")
    assert drill.took() == ["stop a", "stop b", "start c", "start b", "start a"]


def test_new_flags_replace_the_old_ones_and_what_was_counted_still_counts() -> None:
    drill = abc(max_restarts=3)
    drill.down("a")
    flags = SupervisorFlags(strategy=Strategy.REST_FOR_ONE, max_restarts=1)

    assert drill.answer(change(*(spec(id) for id in "abc"), flags=flags)) == Changes(has_new_flags=True)
    drill.down("b")
    assert drill.ended is not None
    assert isinstance(drill.ended.error, GaveUp)


def test_how_it_gives_up_is_changed_as_well() -> None:
    drill = abc(max_restarts=0)
    drill.ask(change(flags=SupervisorFlags(max_restarts=0, on_give_up=OnGiveUp.SHUTDOWN)))

    drill.down("a")

    assert drill.ended == SHUTDOWN


def test_new_flags_may_allow_more_and_another_strategy() -> None:
    drill = abc(max_restarts=0)
    flags = SupervisorFlags(strategy=Strategy.REST_FOR_ONE, max_restarts=5)
    drill.ask(change(*(spec(id) for id in "abc"), flags=flags))
    drill.down("b")

    assert drill.took() == ["stop c", "start b", "start c"]


@pytest.mark.parametrize(
    "wrong",
    [
        change(spec("a"), spec("a")),
        change(spec("a", restart=Restart.TRANSIENT, significant=True)),
    ],
)
def test_a_change_that_is_not_valid_changes_nothing(wrong: ApplyChange) -> None:
    drill = abc()

    assert isinstance(drill.answer(wrong), InvalidSpec)
    assert drill.running() == ["a", "b", "c"]
    assert drill.quiet == []


def test_new_flags_must_fit_the_children_that_stay() -> None:
    significant = spec("s", restart=Restart.TRANSIENT, significant=True)
    drill = static([significant], auto_shutdown=AutoShutdown.ANY_SIGNIFICANT).begin()
    keep = change(flags=SupervisorFlags())
    remove = change(flags=SupervisorFlags(), unlisted=Unlisted.REMOVE)

    assert isinstance(drill.answer(keep), InvalidSpec)
    assert drill.answer(remove) == Changes(removed=("s",), has_new_flags=True)


def test_a_change_that_changes_nothing_says_so() -> None:
    answer = abc().answer(change(*(spec(id) for id in "abc")))

    assert not answer
    assert str(answer) == "nothing"


def test_what_a_supervisor_below_supervises_is_its_own_affair() -> None:
    def below(id: str) -> ChildSpec:
        return supervisor("below", one_for_one, [spec(id)])

    drill = static([below("x")]).begin()

    assert not drill.answer(change(below("y")))


def test_a_dry_run_tells_all_of_it_and_does_nothing() -> None:
    drill = abc()
    wanted = Change(
        children=[spec("c"), spec("b", shutdown=Shutdown.BRUTAL_KILL), spec("d")],
        flags=SupervisorFlags(max_restarts=9),
        unlisted=Unlisted.REMOVE,
    )
    before = drill.statuses()

    assert isinstance(drill.engine, Engine)
    preview = drill.engine.preview(wanted)

    assert str(preview) == "add d, change b, remove a, replace the flags, reorder"
    assert drill.statuses() == before
    assert drill.answer(ApplyChange(wanted)) == preview


def test_a_change_while_the_supervisor_ends_is_refused() -> None:
    drill = abc()
    drill.slow = {"c"}
    drill.shutdown()

    assert isinstance(drill.answer(change()), SupervisorStopping)


# As actors --------------------------------------------------------------------------------------------


class Louder(Player):
    """What the player's class is replaced by."""

    @on(Ping)
    def ping(self, ctx: Context, _: Ping) -> Any:
        return "LOUD"


def test_the_next_incarnation_is_of_the_new_class_at_the_same_address(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    a = theatre.system.find("/top/a")
    assert a is not None
    wanted = Change(children=[worker("a", Louder, theatre.stage)])

    assert top.ask(PreviewChange(wanted)) == Changes(changed=("a",))
    assert top.ask(ApplyChange(wanted)) == Changes(changed=("a",))
    assert a.ask(Ping()) == 1

    a.tell(Crash())
    theatre.system.settle()
    assert a.ask(Ping()) == "LOUD"


def test_a_change_adds_and_removes_actors(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "ab"])).ref
    theatre.took()
    wanted = [player(theatre.stage, id) for id in "bc"]
    top.ask(ApplyChange(Change(children=wanted, added=Added.START, unlisted=Unlisted.REMOVE)))

    assert theatre.took() == ["a down", "c up"]
    assert theatre.system.find("/top/a") is None
    assert top.ask(WhichChild("c")).status is Status.RUNNING


def test_a_callers_mistake_is_raised_at_the_caller_of_both(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    twice = Change(children=[player(theatre.stage, "a"), player(theatre.stage, "a")])

    for call in (PreviewChange(twice), ApplyChange(twice)):
        with pytest.raises(InvalidSpec):
            top.ask(call)
    assert top.ask(StartChild(player(theatre.stage, "b"))).id == "b"


def test_a_dynamic_supervisor_has_no_list_to_change(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [dynamic("pool", Player, theatre.stage)]))
    pool = theatre.system.find("/top/pool")
    assert pool is not None

    assert pool.ask(PreviewChange(Change(children=[]))) == NotSupported("PreviewChange")
    assert pool.ask(ApplyChange(Change(children=[]))) == NotSupported("ApplyChange")

"""A start that says `ignore`: nobody is there, and that is no failure."""

from __future__ import annotations

from typing import Any

import pytest

from supervisors import (
    ChildCounts,
    CountChildren,
    DeleteChild,
    Done,
    Ignored,
    RestartChild,
    SpawnChild,
    StartChild,
    Started,
    Status,
    WhichChild,
    WhichChildren,
    dynamic,
    one_for_all,
    one_for_one,
    supervisor,
    worker,
)
from supervisors.calls import AlreadyPresent, TerminateChild
from supervisors.records import LogEvent
from supervisors.specs import Restart, Strategy
from tests.supervisors.actors import player
from tests.supervisors.conftest import Theatre
from tests.supervisors.kit import UNWANTED, Drill, spec, static
from tests.supervisors.kit import dynamic as pool
from wyld_actors import Actor, Exited, ExitKind, Ignore, Unavailable


def with_unwanted_b(strategy: Strategy = Strategy.ONE_FOR_ONE, **b: Any) -> Drill:
    drill = static([spec("a"), spec("b", **b), spec("c")], strategy=strategy)
    drill.unwanted = {"b"}
    drill.begin()
    drill.took()
    return drill


def test_at_first_start_the_specification_is_kept_and_the_rest_is_started() -> None:
    drill = with_unwanted_b()

    assert drill.is_up
    assert drill.statuses() == {"a": Status.RUNNING, "b": Status.IGNORED, "c": Status.RUNNING}
    assert [note.event for note in drill.notes] == [LogEvent.IGNORED]


def test_a_temporary_child_is_forgotten() -> None:
    assert "b" not in with_unwanted_b(restart=Restart.TEMPORARY).statuses()


def test_start_child_is_told_so_and_the_specification_kept() -> None:
    drill = static([]).begin()
    drill.unwanted = {"a", "t"}

    assert drill.answer(StartChild(spec("a"))) == Ignored("a", "not today")
    assert drill.answer(StartChild(spec("a"))) == AlreadyPresent("a")
    assert drill.answer(StartChild(spec("t", restart=Restart.TEMPORARY))) == Ignored("t", "not today")
    assert drill.statuses() == {"a": Status.IGNORED}


def test_restart_child_tries_it_again() -> None:
    drill = with_unwanted_b()

    assert drill.answer(RestartChild("b")) == Ignored("b", "not today")
    drill.unwanted = set()
    assert drill.answer(RestartChild("b")) == Started("b")


def test_it_can_be_terminated_and_deleted() -> None:
    drill = with_unwanted_b()

    assert drill.answer(TerminateChild("b")) == Done()
    assert drill.answer(DeleteChild("b")) == Done()


def test_at_a_restart_the_specification_is_kept_and_nothing_is_tried_again() -> None:
    drill = static([spec("a")], max_restarts=1).begin()
    drill.unwanted = {"a"}
    drill.down("a")
    drill.advance(60.0)

    assert drill.statuses() == {"a": Status.IGNORED}
    assert drill.timers == {}
    assert drill.ended is None


def test_a_dynamic_supervisor_stores_nothing_and_forgets_it_at_a_restart() -> None:
    drill = pool()
    drill.unwanted = {"a"}
    assert drill.answer(StartChild(spec("a"))) == Ignored("a", "not today")
    assert drill.statuses() == {}

    drill.unwanted = set()
    drill.ask(StartChild(spec("a")))
    drill.unwanted = {"a"}
    drill.down("a")
    assert drill.statuses() == {}


def test_its_group_starts_it_again_and_goes_on_without_it() -> None:
    drill = with_unwanted_b(Strategy.ONE_FOR_ALL)
    drill.down("a")
    assert drill.took() == ["stop c", "start a", "start b", "start c"]
    assert drill.statuses()["b"] is Status.IGNORED

    drill.unwanted = set()
    drill.down("a")
    assert drill.running() == ["a", "b", "c"]


def test_a_start_of_its_group_that_fails_after_it_was_ignored_is_tried_again() -> None:
    drill = with_unwanted_b(Strategy.ONE_FOR_ALL)
    drill.unwanted, drill.failing = set(), {"b"}
    drill.down("a")
    drill.failing = set()
    drill.advance(0)

    assert drill.running() == ["a", "b", "c"]


def test_one_that_is_told_to_stop_while_it_starts_is_no_shutdown_error() -> None:
    drill = static([spec("a")])
    drill.slow = {"a"}
    drill.begin()
    drill.shutdown()
    drill.down("a", UNWANTED)

    assert drill.ended is not None
    assert drill.notes == []


# As actors --------------------------------------------------------------------------------------------


class Optional(Actor):
    """Wanted as long as `wishes` is not empty."""

    def __init__(self, wishes: list[str]) -> None:
        super().__init__()
        self.wishes = wishes

    def on_start(self) -> None:
        if not self.wishes:
            self.ctx.system.registry.register("optional", self.ctx.ref)
            raise Ignore("nobody wishes for it")

    def on_receive(self, message: Any) -> str:
        return "here"


def test_an_actor_says_so_with_ignore(theatre: Theatre) -> None:
    wishes: list[str] = []
    children = [worker("opt", Optional, wishes), player(theatre.stage, "next")]
    tree = theatre.run(supervisor("top", one_for_all, children))

    assert tree.started.get(block=False) is True
    assert tree.ref.ask(WhichChild("opt")).status is Status.IGNORED
    assert tree.ref.ask(CountChildren()) == ChildCounts(specs=2, active=1, supervisors=0, workers=2)
    assert theatre.system.registry.whereis("optional") is None, "an ignored start has done nothing"
    [record] = theatre.log.recent()
    assert (record.event, record.exc_msg) == (LogEvent.IGNORED, "nobody wishes for it")


def test_nobody_waits_for_one_that_is_not_there_until_it_is_started(theatre: Theatre) -> None:
    wishes: list[str] = []
    tree = theatre.run(supervisor("top", one_for_one, [worker("opt", Optional, wishes)]))
    ref = theatre.system.find("/top/opt")
    assert ref is not None

    with pytest.raises(Unavailable):
        ref.ask("anybody there?", timeout=None)
    assert tree.ref.ask(RestartChild("opt")) == Ignored("opt", "nobody wishes for it")

    wishes.append("please")
    assert tree.ref.ask(RestartChild("opt")) == Started("opt", ref)
    assert ref.ask("anybody there?") == "here"


def test_a_pool_forgets_it_and_its_path_is_free(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [dynamic("pool", Optional, [])]))
    found = theatre.system.find("/top/pool")
    assert found is not None

    assert found.ask(SpawnChild(id="1")) == Ignored("1", "nobody wishes for it")
    assert found.ask(WhichChildren()) == ()
    assert theatre.system.find("/top/pool/1") is None


def test_an_unsupervised_actor_that_ignores_ends_cleanly(theatre: Theatre) -> None:
    heard: list[Exited] = []

    class Listener:
        def deliver(self, exited: Exited, /) -> None:
            heard.append(exited)

    ref = theatre.system.spawn(Optional, [])
    ref.cell.add_watcher(Listener())
    theatre.system.settle()

    assert [exited.reason.kind for exited in heard] == [ExitKind.IGNORED]
    assert ref.cell.last_error is None

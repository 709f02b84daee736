"""The top of a tree, as the process sees it."""

from __future__ import annotations

import pytest

from supervisors import InvalidSpec, LogEvent, one_for_one, run_tree, supervisor, worker
from tests.supervisors.actors import Crash, player
from tests.supervisors.conftest import Theatre
from wyld_actors import Actor, Context, ExitKind, NameTaken, on


def test_a_tree_says_when_it_is_up_and_when_it_has_ended(theatre: Theatre) -> None:
    gate = theatre.stage.gate("a:start")
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    assert not tree.started.ready()

    gate.set()
    theatre.system.settle()
    assert tree.started.get(block=False) is True
    assert not tree.ended.ready()

    tree.shutdown()
    theatre.system.settle()
    reason = tree.ended.get(block=False)
    assert reason is not None
    assert reason.is_clean


def test_a_shutdown_before_the_tree_is_up_ends_both(theatre: Theatre) -> None:
    gate = theatre.stage.gate("a:start")
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    tree.shutdown()
    gate.set()
    theatre.system.settle()

    assert tree.started.get(block=False) is False
    assert tree.ended.ready()


def test_a_tree_says_who_did_not_stop_by_himself_when_it_was_told_to(theatre: Theatre) -> None:
    theatre.stage.gate("b:stop")
    tree = theatre.run(
        supervisor("top", one_for_one, [player(theatre.stage, "a"), player(theatre.stage, "b", shutdown=1.0)])
    )
    theatre.ref("/top/a").tell(Crash())
    theatre.system.settle()

    tree.shutdown()
    theatre.system.advance(2.0)

    assert tree.ended.ready()
    assert tree.forced == ["/top/b"], "and not who has crashed before"


def test_a_root_that_is_killed_is_seen_and_written_down(theatre: Theatre) -> None:
    tree = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    tree.ref.cell.kill()
    theatre.system.settle()

    reason = tree.ended.get(block=False)
    assert reason is not None
    assert reason.kind is ExitKind.KILLED
    assert theatre.last_record().event is LogEvent.ESCALATED
    assert theatre.system.find("/top") is None


class UnspeakableError(Exception):
    """An author's error whose text cannot be made."""

    def __repr__(self) -> str:
        raise LookupError("no words for it")

    __str__ = __repr__


class Unspeakable(Actor):
    @on(Crash)
    def crash(self, ctx: Context, crash: Crash) -> None:
        raise UnspeakableError


def test_the_end_is_told_also_when_nobody_can_say_why(theatre: Theatre) -> None:
    tree = theatre.run(supervisor("top", one_for_one, [worker("a", Unspeakable)], max_restarts=0))

    theatre.ref("/top/a").tell(Crash())
    theatre.system.settle()

    events = [record.event for record in theatre.log.recent()]
    assert events == [LogEvent.CHILD_TERMINATED, LogEvent.GAVE_UP, LogEvent.ESCALATED]
    assert "it last ended with crash: UnspeakableError" in str(tree.ended.get(block=False))


def test_a_shutdown_after_the_end_does_nothing(theatre: Theatre) -> None:
    tree = theatre.run(supervisor("top", one_for_one, []))
    tree.shutdown()
    theatre.system.settle()

    tree.shutdown()
    theatre.system.settle()


def test_only_a_supervisor_can_be_the_top(theatre: Theatre) -> None:
    with pytest.raises(InvalidSpec, match="supervisor"):
        run_tree(theatre.system, player(theatre.stage, "a"))


def test_two_trees_cannot_have_one_path(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, []))

    with pytest.raises(NameTaken):
        theatre.run(supervisor("top", one_for_one, []))

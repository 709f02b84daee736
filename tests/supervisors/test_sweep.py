"""One tree with everything in it, and a victim that is ended at every switch of greenlets in turn.

Whatever the moment: nobody waits for ever, what supervisors believe of their children is what the runtime
knows, names belong to the living, each end is decided once, and the tree ends in order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import gevent
import pytest

from supervisors import (
    DeleteChild,
    RestartChild,
    SpawnChild,
    StartChild,
    Status,
    SupervisionError,
    TerminateChild,
    WhichChildren,
    dynamic,
    one_for_all,
    rest_for_one,
    supervisor,
)
from supervisors.acting import SupervisorActor
from supervisors.backoff import Backoff
from supervisors.calls import ApplyChange
from supervisors.changing import Added, Change, Unlisted
from supervisors.records import LogEvent
from tests.supervisors.actors import Crash, Ping, Player, player
from tests.supervisors.conftest import Theatre
from tests.wyld_actors.switches import sweep
from wyld_actors import ActorDeadError, Cell, CellState, Mailbox, Overflow, Ref, Unavailable

pytestmark = pytest.mark.slow

EXPECTED = (ActorDeadError, Unavailable, SupervisionError, ValueError)
DECIDED = {LogEvent.CHILD_TERMINATED, LogEvent.START_ERROR}
STATES = {
    Status.RUNNING: {CellState.RUNNING},
    Status.STOPPED: {CellState.STOPPED},
    Status.FINISHED: {CellState.STOPPED},
    Status.IGNORED: {CellState.STOPPED},
}


class Named(Player):
    """Has a name in the registry, and needs two turns of the loop to start and to stop."""

    def on_start(self) -> None:
        gevent.sleep(0)
        super().on_start()
        self.ctx.system.registry.register(self.ctx.path, self.ctx.ref)
        gevent.sleep(0)

    def on_stop(self) -> None:
        gevent.sleep(0)
        super().on_stop()


class Scene:
    """The tree, and those who ask it for something while it lives."""

    def __init__(self) -> None:
        self.theatre = Theatre()
        self.jobs: list[Any] = []
        box = Mailbox(2, Overflow.BLOCK)
        inner = supervisor(
            "inner", one_for_all, [self.child("x", mailbox=box), self.child("y")], max_restarts=1
        )
        pool = dynamic("pool", Named, self.theatre.stage, backoff=Backoff.none())
        children = [self.child("a"), inner, pool, self.child("z")]
        spec = supervisor("top", rest_for_one, children, max_restarts=1000)
        self.tree = self.theatre.run(spec)

    def child(self, id: str, **fields: Any) -> Any:
        return replace(player(self.theatre.stage, id, **fields), actor=Named)

    def find(self, path: str) -> Ref | None:
        return self.theatre.system.find(path)

    def begin(self) -> None:
        """Set everything going at once."""
        self.job("/top/inner/x", Crash())
        for path in ("/top/inner/x", "/top/inner/y", "/top/a", "/top/z"):
            self.job(path, Ping())
        for _ in range(4):
            self.job("/top/inner/x", Ping(), is_tell=True)
        for _ in range(2):
            self.job("/top/pool", SpawnChild())
        self.job("/top/pool", WhichChildren())
        calls: list[Any] = [TerminateChild("y"), RestartChild("y"), StartChild(self.child("new"))]
        calls += [TerminateChild("new"), DeleteChild("new"), WhichChildren()]
        for call in calls:
            self.job("/top/inner", call)
        change = Change(
            children=[self.child("x"), self.child("w")], added=Added.START, unlisted=Unlisted.REMOVE
        )
        self.job("/top/inner", ApplyChange(change))
        self.job("/top/pool", TerminateChild("1"))
        for _ in range(25):
            gevent.sleep(0)
        self.theatre.system.advance(0.0)

    def job(self, path: str, message: Any, *, is_tell: bool = False) -> None:
        def run() -> object:
            ref = self.find(path)
            if ref is None:
                return None
            try:
                if not is_tell:
                    return ref.ask(message, timeout=None)
                ref.tell(message)
            except EXPECTED as expected:
                return expected
            return None

        self.jobs.append(gevent.spawn(run))

    def finish(self) -> None:
        system = self.theatre.system
        system.advance(60.0)
        gevent.joinall(self.jobs, timeout=2)
        assert [job for job in self.jobs if not job.dead] == [], "somebody waits for ever"
        assert [job.exception for job in self.jobs if job.exception is not None] == []
        for cell in system.cells():
            self.check_cell(cell)
        self.check_names()
        self.check_decisions()
        self.tree.shutdown(deadline_seconds=30.0)
        system.advance(30.0)
        reason = self.tree.ended.get(block=False)
        assert reason is not None
        assert reason.is_clean
        assert not system.roots
        assert system.registry._names == {}
        system.stop()

    def check_cell(self, cell: Cell) -> None:
        """No zombie, and its supervisor knows it as it is."""
        assert (cell.state is CellState.RUNNING) == (cell.instance is not None), cell
        assert cell.worker is None, cell
        assert cell.depth == 0, cell
        if not isinstance(cell.instance, SupervisorActor):
            return
        engine, actor = cell.instance.engine, cell.instance
        assert engine.count_children().active == sum(child.is_live for child in engine.children.values())
        assert actor._calls == {}, "somebody was not answered"
        assert set(actor._timers) == {child.timer for child in engine.children.values() if child.timer}
        below = cell.children or {}
        assert set(below) <= set(engine.children), "a cell that nobody knows"
        for id, child in engine.children.items():
            if child.incarnation:
                assert below[id].incarnation == child.incarnation
                assert below[id].state in STATES[child.status], (below[id], child.status)

    def check_names(self) -> None:
        names = self.theatre.system.registry._names
        for name, ref in names.items():
            assert self.find(name) == ref, f"{name} belongs to one who is gone"
        running = {
            cell.path
            for cell in self.theatre.system.cells()
            if cell.state is CellState.RUNNING and cell.actor_class is Named
        }
        assert running <= set(names)

    def check_decisions(self) -> None:
        """Children of the root keep their cells: one end, one decision."""
        ends = Counter(
            (record.path, record.incarnation)
            for record in self.theatre.log.recent()
            if record.supervisor == "/top" and record.event in DECIDED
        )
        assert [end for end, count in ends.items() if count > 1] == []
        top = self.tree.ref.cell.instance
        assert isinstance(top, SupervisorActor)
        assert top.engine._window.stamps == sum(ends.values()), "a wrong count"


def kill(path: str, scene: Scene) -> None:
    if (ref := scene.find(path)) is not None:
        ref.cell.kill()


def crash(path: str, scene: Scene) -> None:
    if (ref := scene.find(path)) is not None:
        ref.try_tell(Crash("by the sweep"))


def stop(path: str, scene: Scene) -> None:
    if (ref := scene.find(path)) is not None:
        ref.cell.stop()


WORKERS = ["/top/a", "/top/inner/x", "/top/inner/y", "/top/pool/1"]
SUPERVISORS = ["/top/inner", "/top/pool"]


@pytest.mark.parametrize("path", [*WORKERS, *SUPERVISORS])
def test_whenever_an_actor_is_killed_its_tree_is_whole_again(path: str) -> None:
    for scene in sweep(Scene, partial(kill, path)):
        scene.finish()


@pytest.mark.parametrize("path", WORKERS)
def test_whenever_an_actor_crashes_its_tree_is_whole_again(path: str) -> None:
    for scene in sweep(Scene, partial(crash, path)):
        scene.finish()


@pytest.mark.parametrize("path", ["/top/inner/x", "/top/inner"])
def test_whenever_an_actor_is_stopped_behind_its_supervisors_back_its_tree_is_whole_again(path: str) -> None:
    for scene in sweep(Scene, partial(stop, path)):
        scene.finish()


def test_whenever_the_tree_is_shut_down_it_ends_and_nobody_waits() -> None:
    for scene in sweep(Scene, lambda scene: scene.tree.shutdown(deadline_seconds=20.0)):
        scene.theatre.system.advance(20.0)
        gevent.joinall(scene.jobs, timeout=2)
        assert all(job.dead and job.exception is None for job in scene.jobs)
        # It may have been over before it was told so.
        scene.tree.shutdown()
        scene.theatre.system.settle()
        assert scene.tree.ended.ready()
        assert not scene.theatre.system.roots
        scene.theatre.system.stop()

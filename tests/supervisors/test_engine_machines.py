"""The engines against histories that nobody thought of.

`AgainstTheModel` compares the static engine with a model of the rules that fits on a page: in
its world every start and stop succeeds at once, so what is there after each event can be said exactly.
`InABadWorld` lets starts fail, be slow or never end and stops be ignored, and checks what must hold
whatever happens: nobody is forgotten, every call is answered, and the end always comes.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supervisors.backoff import Backoff, Budget, GiveUp
from supervisors.calls import (
    AlreadyPresent,
    AlreadyStarted,
    DeleteChild,
    Done,
    NotFound,
    RestartChild,
    Running,
    StartChild,
    Started,
    Status,
    TerminateChild,
)
from supervisors.dynamic_engine import DynamicEngine
from supervisors.engine_core import Phase
from supervisors.specs import ChildSpec, DynamicFlags, Restart, Shutdown, Strategy
from tests.supervisors.kit import BOOM, KILLED, NORMAL, NOT_UP, SHUTDOWN, Drill, spec, static
from wyld_actors import ExitReason

pytestmark = pytest.mark.slow

IDS = "abcdef"
PERIOD = 5.0
QUICK = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Family:
    """The model: children in order, who is up, and when there were restarts."""

    def __init__(self, strategy: Strategy, max_restarts: int, *, revives: bool) -> None:
        self.strategy = strategy
        self.max_restarts = max_restarts
        self.revives = revives
        self.kinds: dict[str, Restart] = {}
        self.states: dict[str, str] = {}
        self.stamps: list[float] = []
        self.has_ended = False

    def add(self, id: str, kind: Restart) -> None:
        self.kinds[id] = kind
        self.states[id] = "up"

    def remove(self, id: str) -> None:
        del self.kinds[id], self.states[id]

    def child_ended(self, id: str, *, is_clean: bool, now: float) -> None:
        kind = self.kinds[id]
        if kind is Restart.TEMPORARY:
            self.remove(id)
        elif kind is Restart.TRANSIENT and is_clean:
            self.states[id] = "finished"
        else:
            self.stamps = [stamp for stamp in self.stamps if now - stamp <= PERIOD] + [now]
            if len(self.stamps) > self.max_restarts:
                self.has_ended = True
            else:
                self._restart_group(id)

    def _restart_group(self, failed: str) -> None:
        order = list(self.kinds)
        first = {
            Strategy.ONE_FOR_ONE: len(order),
            Strategy.ONE_FOR_ALL: 0,
            Strategy.REST_FOR_ONE: order.index(failed),
        }[self.strategy]
        for id in order[first:]:
            if self.kinds[id] is Restart.TEMPORARY:
                self.remove(id)
            elif self.states[id] != "stopped" or self.revives:
                self.states[id] = "up"


class AgainstTheModel(RuleBasedStateMachine):
    drill: Drill
    family: Family

    @initialize(
        strategy=st.sampled_from(Strategy),
        kinds=st.lists(st.sampled_from(Restart), max_size=4),
        max_restarts=st.integers(0, 6),
        revives=st.booleans(),
    )
    def begin(self, strategy: Strategy, kinds: list[Restart], max_restarts: int, revives: bool) -> None:
        self.family = Family(strategy, max_restarts, revives=revives)
        specs = [spec(id, restart=kind) for id, kind in zip(IDS, kinds, strict=False)]
        for child in specs:
            self.family.add(child.id, child.restart)
        self.drill = static(
            specs,
            strategy=strategy,
            max_restarts=max_restarts,
            max_seconds=PERIOD,
            revive_stopped=revives,
        ).begin()

    @precondition(lambda self: not self.family.has_ended)
    @rule(id=st.sampled_from(IDS), reason=st.sampled_from([BOOM, KILLED, NORMAL, SHUTDOWN]))
    def child_ends(self, id: str, reason: ExitReason) -> None:
        if self.family.states.get(id) == "up":
            self.family.child_ended(id, is_clean=reason.is_clean, now=self.drill.now)
            self.drill.down(id, reason)

    @rule(seconds=st.sampled_from([0.5, 2.0, 5.0, 5.5]))
    def time_passes(self, seconds: float) -> None:
        self.drill.advance(seconds)

    @precondition(lambda self: not self.family.has_ended)
    @rule(id=st.sampled_from(IDS), kind=st.sampled_from(Restart))
    def start_child(self, id: str, kind: Restart) -> None:
        expected: Any = {None: Started(id), "up": AlreadyStarted(id)}.get(
            self.family.states.get(id), AlreadyPresent(id)
        )
        assert self.drill.answer(StartChild(spec(id, restart=kind))) == expected
        if isinstance(expected, Started):
            self.family.add(id, kind)

    @precondition(lambda self: not self.family.has_ended)
    @rule(id=st.sampled_from(IDS))
    def terminate_child(self, id: str) -> None:
        known = id in self.family.states
        assert self.drill.answer(TerminateChild(id)) == (Done() if known else NotFound(id))
        if known and self.family.kinds[id] is Restart.TEMPORARY:
            self.family.remove(id)
        elif known:
            self.family.states[id] = "stopped"

    @precondition(lambda self: not self.family.has_ended)
    @rule(id=st.sampled_from(IDS))
    def restart_child(self, id: str) -> None:
        state = self.family.states.get(id)
        expected: Any = {None: NotFound(id), "up": Running(id)}.get(state, Started(id))
        assert self.drill.answer(RestartChild(id)) == expected
        if state is not None:
            self.family.states[id] = "up"

    @precondition(lambda self: not self.family.has_ended)
    @rule(id=st.sampled_from(IDS))
    def delete_child(self, id: str) -> None:
        state = self.family.states.get(id)
        expected: Any = {None: NotFound(id), "up": Running(id)}.get(state, Done())
        assert self.drill.answer(DeleteChild(id)) == expected
        if state is not None and state != "up":
            self.family.remove(id)

    @invariant()
    def engine_and_model_agree(self) -> None:
        if not hasattr(self, "drill"):
            return
        assert (self.drill.ended is not None) == self.family.has_ended
        if not self.family.has_ended:
            words = {Status.RUNNING: "up", Status.STOPPED: "stopped", Status.FINISHED: "finished"}
            seen = {id: words[status] for id, status in self.drill.statuses().items()}
            assert list(seen.items()) == list(self.family.states.items())
            assert self.drill.timers == {}


class InABadWorld(RuleBasedStateMachine):
    """Children of every kind in a world that fails; subclasses say under which engine."""

    drill: Drill
    is_pool = False

    def make(self, specs: list[ChildSpec], strategy: Strategy, max_restarts: int) -> Drill:
        return static(specs, strategy=strategy, max_restarts=max_restarts, max_concurrent_restarts=1)

    @initialize(data=st.data(), strategy=st.sampled_from(Strategy), max_restarts=st.integers(2, 30))
    def begin(self, data: st.DataObject, strategy: Strategy, max_restarts: int) -> None:
        specs = [data.draw(self.specs(id)) for id in IDS[: data.draw(st.integers(0, 4))]]
        self.drill = self.make(specs, strategy, max_restarts)
        self._world_turns(data)
        self.drill.begin()
        for spec_of_pool in specs if self.is_pool else ():
            self.drill.ask(StartChild(spec_of_pool))

    @staticmethod
    def specs(id: str) -> st.SearchStrategy[ChildSpec]:
        return st.builds(
            spec,
            st.just(id),
            restart=st.sampled_from(Restart),
            shutdown=st.sampled_from([0, 1.0, 3.0, Shutdown.BRUTAL_KILL, Shutdown.INFINITY]),
            backoff=st.sampled_from([Backoff.none(), Backoff(min_seconds=1.0, jitter=0.0)]),
            budget=st.sampled_from([None, *(Budget(max_failures=1, then=then) for then in GiveUp)]),
        )

    @rule(data=st.data())
    def world_turns(self, data: st.DataObject) -> None:
        self._world_turns(data)

    def _world_turns(self, data: st.DataObject) -> None:
        some = st.sets(st.sampled_from(IDS), max_size=3)
        self.drill.slow = data.draw(some)
        self.drill.failing = data.draw(some)
        self.drill.stubborn = data.draw(some)
        self.drill.immortal = data.draw(some) & self.drill.stubborn

    @rule(id=st.sampled_from(IDS), reason=st.sampled_from([BOOM, KILLED, NORMAL, SHUTDOWN]))
    def something_ends(self, id: str, reason: ExitReason) -> None:
        status = self.drill.statuses().get(id)
        if status is Status.STARTING:
            self.drill.down(id, NOT_UP)
        elif status in (Status.RUNNING, Status.STOPPING):
            self.drill.down(id, reason)

    @rule(are_slow=st.booleans())
    def all_crash_in_one_turn(self, are_slow: bool) -> None:
        if are_slow:
            self.drill.slow = set(IDS)
        for id in self.drill.running():
            if self.drill.statuses().get(id) is Status.RUNNING:
                self.drill.down(id, BOOM)

    @rule(id=st.sampled_from(IDS))
    def something_comes_up(self, id: str) -> None:
        if self.drill.statuses().get(id) in (Status.STARTING, Status.STOPPING):
            self.drill.up(id)

    @rule(id=st.sampled_from(IDS))
    def old_news_change_nothing(self, id: str) -> None:
        before = self.drill.facts()
        self.drill.old_news(id)
        assert self.drill.facts() == before

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 4.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.drill.advance(seconds)

    @rule(data=st.data(), id=st.sampled_from(IDS))
    def somebody_calls(self, data: st.DataObject, id: str) -> None:
        call = data.draw(
            st.sampled_from([TerminateChild, TerminateChild, RestartChild, DeleteChild, StartChild])
        )
        self.drill.ask(StartChild(data.draw(self.specs(id))) if call is StartChild else call(id))

    @rule(deadline=st.sampled_from([None, 0.0, 2.0, 20.0]), chance=st.integers(0, 9))
    def somebody_ends_it(self, deadline: float | None, chance: int) -> None:
        if chance == 0:
            self.drill.shutdown(None if deadline is None else self.drill.now + deadline)

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "drill"):
            return
        engine = self.drill.engine
        live = [child for child in engine.children.values() if child.is_live]
        assert engine.count_children().active == len(live)
        assert (engine.phase is Phase.ENDED) == (self.drill.ended is not None)
        if engine.phase is Phase.ENDED:
            assert live == []
            assert len(self.drill.replies) == self.drill.calls
        in_place = sum(child.has_slot for child in engine.children.values())
        assert in_place <= engine.flags.max_concurrent_restarts
        for child in engine.children.values():
            if child.status in (Status.RESTARTING, Status.QUARANTINED):
                assert child.timer in self.drill.timers
            if child.status in (Status.STOPPED, Status.FINISHED, Status.RUNNING, Status.WAITING):
                assert child.timer is None
                assert not child.calls or child.status is Status.WAITING
                assert child.stoppers is None

    def teardown(self) -> None:
        """In the end the world becomes reasonable, except that some may never stop: the end comes."""
        if not hasattr(self, "drill"):
            return
        self.drill.slow = self.drill.failing = set()
        self.drill.shutdown(self.drill.now + 10.0)
        for id, status in self.drill.statuses().items():
            if status is Status.STOPPING and id not in self.drill.stubborn:
                self.drill.down(id, SHUTDOWN)
        self.drill.advance(10.0)
        assert self.drill.ended is not None
        self.the_books_are_right()


class APoolInABadWorld(InABadWorld):
    is_pool = True

    def make(self, specs: list[ChildSpec], strategy: Strategy, max_restarts: int) -> Drill:
        flags = DynamicFlags(max_restarts=max_restarts, max_concurrent_restarts=1)
        return Drill(DynamicEngine(flags, source=random.Random(1)))


TestAgainstTheModel = AgainstTheModel.TestCase
TestAgainstTheModel.settings = QUICK
TestInABadWorld = InABadWorld.TestCase
TestInABadWorld.settings = QUICK
TestAPoolInABadWorld = APoolInABadWorld.TestCase
TestAPoolInABadWorld.settings = QUICK

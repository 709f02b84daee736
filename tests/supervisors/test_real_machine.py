"""Real supervisors, on the real runtime in virtual time, against the model of the rules.

Histories of crashes, kills, clean ends, failing and unwanted starts, calls and passing time. After each event
what the supervisor says of its children, what answers at their addresses and the model are compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supervisors import (
    AutoShutdown,
    Backoff,
    Budget,
    ChildCounts,
    ChildSpec,
    CountChildren,
    DeleteChild,
    GetChildSpec,
    GiveUp,
    Restart,
    RestartChild,
    StartChild,
    StartFailed,
    Status,
    Strategy,
    TerminateChild,
    Tree,
    WhichChildren,
    dynamic,
    supervisor,
)
from tests.supervisors.actors import Crash, Leave, Ping, player
from tests.supervisors.conftest import Theatre
from tests.supervisors.model import Flags, Kid, Model, PoolModel
from wyld_actors import Ref, Unavailable

pytestmark = pytest.mark.slow

IDS = "abcd"
PERIOD = 5.0
PACED = Backoff(min_seconds=1.0, max_seconds=2.0, jitter=0.0, stable_after_seconds=10.0)
BUDGETS = [
    *[None] * 4,
    *(Budget(max_failures=1, then=then, probe_seconds=20.0) for then in GiveUp),
    Budget(max_failures=0, then=GiveUp.STOP),
]
SETTINGS = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# Seconds before an end: windows close and failures are forgotten at these edges.
EDGES = st.sampled_from([0.0, 0.0, 0.0, PERIOD, PACED.stable_after_seconds])
NEXT_STARTS = st.sampled_from(["nobody", "nobody", "its own", "the last one's"])

kids = st.builds(
    Kid,
    st.sampled_from(IDS),
    st.sampled_from(Restart),
    st.sampled_from([Backoff.none(), PACED]),
    st.sampled_from(BUDGETS),
)


families = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(Strategy),
        "max_restarts": st.sampled_from([1, 3, 40, 40]),
        "revives": st.booleans(),
        "auto": st.sampled_from([*AutoShutdown, AutoShutdown.NEVER]),
        "first": st.lists(kids, min_size=3, max_size=4, unique_by=lambda kid: kid.id),
        "significant": st.sampled_from([set(IDS), set("ab"), set("cd")]),
        "broken": st.sampled_from([*[set[str]()] * 7, {"c"}]),
        "unwanted": st.sampled_from([set[str](), set[str](), {"a"}]),
    }
)
pools = st.fixed_dictionaries(
    {
        "max_restarts": st.sampled_from([0, 1, 2, 40, 40]),
        "max_children": st.sampled_from([None, 3, 3]),
        "first": st.lists(kids, min_size=2, unique_by=lambda kid: kid.id),
    }
)


class Machine(RuleBasedStateMachine):
    """A static supervisor."""

    theatre: Theatre | None = None
    model: Model
    tree: Tree

    @initialize(given=families)
    def begin(self, given: dict[str, Any]) -> None:
        self.begins(**given)

    @precondition(lambda self: self.theatre is not None and not self.lives)
    @rule(given=families)
    def another_begins(self, given: dict[str, Any]) -> None:
        """What has ended teaches nothing more."""
        self.begins(**given)

    def begins(
        self,
        *,
        strategy: Strategy,
        max_restarts: int,
        revives: bool,
        auto: AutoShutdown,
        first: list[Kid],
        significant: set[str],
        broken: set[str],
        unwanted: set[str],
    ) -> None:
        # A model changes what it is given, which a strategy may give again.
        first = [replace(kid) for kid in first]
        self.significant = significant if auto is not AutoShutdown.NEVER else set()
        self.model = Model(Flags(max_restarts, strategy=strategy, revive_stopped=revives, auto_shutdown=auto))
        self.world_is(broken, unwanted)
        children = [self.spec(kid) for kid in first]
        self.model.begin(first)
        self.tree = self.theatre.run(  # type: ignore[union-attr]
            supervisor(
                "top",
                strategy,
                children,
                max_restarts=max_restarts,
                revive_stopped=revives,
                auto_shutdown=auto,
            )
        )

    def world_is(self, broken: set[str], unwanted: set[str]) -> None:
        if self.theatre is None:
            self.theatre = Theatre()
        self.model.broken, self.model.unwanted = set(broken), unwanted - broken
        self.theatre.stage.broken = self.model.broken
        self.theatre.stage.unwanted = self.model.unwanted

    def spec(self, kid: Kid) -> ChildSpec:
        kid.significant = kid.id in self.significant and kid.restart is not Restart.PERMANENT
        assert self.theatre is not None
        return player(
            self.theatre.stage,
            kid.id,
            restart=kid.restart,
            backoff=kid.backoff,
            budget=kid.budget,
            significant=kid.significant,
        )

    @property
    def lives(self) -> bool:
        return not self.model.has_ended

    @property
    def somebody_runs(self) -> bool:
        return self.lives and any(kid.status is Status.RUNNING for kid in self.model.kids.values())

    def ref(self, id: str) -> Ref:
        assert self.theatre is not None
        found = self.theatre.system.find(f"{self.tree.ref.path}/{id}")
        assert found is not None
        return found

    def ask(self, call: Any) -> Any:
        return self.tree.ref.ask(call)

    def settle(self) -> None:
        assert self.theatre is not None
        self.theatre.system.settle()

    # What happens ------------------------------------------------------------------------------------

    @rule(
        broken=st.sets(st.sampled_from(IDS), max_size=2), unwanted=st.sets(st.sampled_from(IDS), max_size=1)
    )
    def the_world_changes(self, broken: set[str], unwanted: set[str]) -> None:
        self.world_is(broken, unwanted)

    # Three rules, as each is as likely as any other, and supervisors are about this.

    @precondition(lambda self: self.somebody_runs)
    @rule(which=st.integers(0, 4), in_ask=st.booleans(), whose=NEXT_STARTS, after=EDGES)
    def a_child_crashes(self, which: int, in_ask: bool, whose: str, after: float) -> None:
        self.a_child_ends(which, "crash in an ask" if in_ask else "crash", whose, after)

    @precondition(lambda self: self.somebody_runs)
    @rule(which=st.integers(0, 4), whose=NEXT_STARTS, after=EDGES)
    def a_child_is_killed(self, which: int, whose: str, after: float) -> None:
        self.a_child_ends(which, "kill", whose, after)

    @precondition(lambda self: self.somebody_runs)
    @rule(which=st.integers(0, 4), whose=NEXT_STARTS, after=EDGES)
    def a_child_leaves(self, which: int, whose: str, after: float) -> None:
        self.a_child_ends(which, "leave", whose, after)

    def a_child_ends(self, which: int, how: str, whose: str, after: float) -> None:
        """`after` so many seconds. And `whose` next start would fail."""
        self.time_passes(after)
        running = [kid.id for kid in self.model.kids.values() if kid.status is Status.RUNNING]
        if not running or not self.lives:
            return
        id = running[which % len(running)]
        self.world_is({"its own": {id}, "the last one's": {[*self.model.kids][-1]}}.get(whose, set()), set())
        ref = self.ref(id)
        if how == "kill":
            ref.cell.kill()
        elif how == "crash in an ask":
            with pytest.raises(ValueError, match="has a bug"):
                ref.ask(Crash())
        else:
            ref.tell(Leave() if how == "leave" else Crash())
        self.settle()
        self.model.ends(id, is_clean=how == "leave")

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 5.5, 20.0]), heals=st.booleans())
    def some_time_passes(self, seconds: float, heals: bool) -> None:
        if heals:
            self.world_is(set(), set())
        self.time_passes(seconds)

    def time_passes(self, seconds: float) -> None:
        assert self.theatre is not None
        self.theatre.system.advance(seconds)
        self.model.pass_time(seconds)

    @precondition(lambda self: self.lives)
    @rule(kid=kids)
    def start_child(self, kid: Kid) -> None:
        self.starts(kid)

    def starts(self, kid: Kid) -> None:
        kid = replace(kid)
        answer = self.ask(StartChild(self.spec(kid)))
        self.agree(answer, self.model.start_child(kid))

    @precondition(lambda self: self.lives)
    @rule(which=st.integers(0, 3))
    def somebody_terminates_one_that_is_down(self, which: int) -> None:
        """Or is about to come back: that is called off, and with it what was to come with it."""
        down = [kid.id for kid in self.model.kids.values() if kid.status is not Status.RUNNING]
        if down:
            id = down[which % len(down)]
            self.agree(self.ask(TerminateChild(id)), self.model.terminate_child(id))

    @precondition(lambda self: self.lives)
    @rule(
        which=st.integers(0, 4),
        call=st.sampled_from([TerminateChild, RestartChild, RestartChild, DeleteChild]),
    )
    def somebody_calls(self, which: int, call: type[TerminateChild | RestartChild | DeleteChild]) -> None:
        id = [*self.model.kids, "nobody"][which % (len(self.model.kids) + 1)]
        expected = {
            TerminateChild: self.model.terminate_child,
            RestartChild: self.model.restart_child,
            DeleteChild: self.model.delete_child,
        }[call]
        self.agree(self.ask(call(id)), expected(id))

    def agree(self, answer: object, expected: object) -> None:
        self.settle()
        if expected is StartFailed:
            assert isinstance(answer, StartFailed)
        else:
            ref = getattr(answer, "ref", None)
            assert type(answer) is type(expected)
            assert getattr(answer, "id", None) == getattr(expected, "id", None)
            assert ref is None or ref.path.endswith(f"/{getattr(expected, 'id')}")  # noqa: B009 - typed as object

    # What must hold ----------------------------------------------------------------------------------

    @invariant()
    def supervisor_and_model_agree(self) -> None:
        if self.theatre is None:
            return
        assert self.in_order(self.theatre.stage.took()) == self.in_order(self.model.took())
        assert self.tree.ended.ready() == self.model.has_ended
        if self.model.has_ended:
            assert not self.theatre.system.roots
            return
        known = self.model.kids
        seen = {entry.id: entry.status for entry in reversed(self.ask(WhichChildren()))}
        assert list(seen.items()) == [(id, kid.status) for id, kid in known.items()]
        active = sum(kid.status is Status.RUNNING for kid in known.values())
        assert self.ask(CountChildren()) == ChildCounts(len(known), active, 0, len(known))
        for id, kid in known.items():
            assert self.ask(GetChildSpec(id)).restart is kid.restart
            self.who_runs_answers_and_nobody_waits_for_another(kid)

    @staticmethod
    def in_order(diary: list[str]) -> list[str]:
        """Starts and stops, as far as their order is a rule: here it always is."""
        return diary

    def who_runs_answers_and_nobody_waits_for_another(self, kid: Kid) -> None:
        if kid.status is Status.RUNNING:
            assert self.ref(kid.id).ask(Ping()) == kid.starts
        elif kid.starts and kid.status not in (Status.WAITING, Status.RESTARTING):
            with pytest.raises(Unavailable):
                self.ref(kid.id).ask(Ping(), timeout=None)

    def teardown(self) -> None:
        if self.theatre is not None:
            self.theatre.system.stop()
            assert not self.theatre.system.roots
            assert not self.theatre.system.registry.members("players")


class PoolMachine(Machine):
    """A dynamic supervisor."""

    @initialize(given=pools)
    def begin(self, given: dict[str, Any]) -> None:
        self.fills(**given)

    @precondition(lambda self: self.theatre is not None and not self.lives)
    @rule(given=pools)
    def another_begins(self, given: dict[str, Any]) -> None:
        self.fills(**given)

    def fills(self, *, max_restarts: int, max_children: int | None, first: list[Kid]) -> None:
        self.significant = set()
        self.model = PoolModel(Flags(max_restarts, max_children=max_children))
        self.world_is(set(), set())
        assert self.theatre is not None
        assert self.model.flags.max_seconds == PERIOD
        pool = dynamic("top", max_restarts=max_restarts, max_children=max_children, child_budget=None)
        self.tree = self.theatre.run(pool)
        for kid in first:
            self.starts(kid)

    @staticmethod
    def in_order(diary: list[str]) -> list[str]:
        """All are stopped at once, and those whose delays are over together stand in one line."""
        return sorted(diary)


TestStatic = Machine.TestCase
TestStatic.settings = SETTINGS
TestDynamic = PoolMachine.TestCase
TestDynamic.settings = SETTINGS

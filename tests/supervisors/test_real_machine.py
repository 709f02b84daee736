"""Real supervisors, on the real runtime in virtual time, against the model of the rules.

Histories of crashes, kills, clean ends, failing and unwanted starts, calls and passing time. After each event
what the supervisor says of its children, what answers at their addresses and the model are compared.
"""

from __future__ import annotations

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
PACED = Backoff(min_seconds=1.0, max_seconds=4.0, jitter=0.0, stable_after_seconds=10.0)
BUDGETS = [None, None, None, *(Budget(max_failures=1, then=then, probe_seconds=20.0) for then in GiveUp)]
SETTINGS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

kids = st.builds(
    Kid,
    st.sampled_from(IDS),
    st.sampled_from(Restart),
    st.sampled_from([Backoff.none(), PACED]),
    st.sampled_from(BUDGETS),
)


class Machine(RuleBasedStateMachine):
    """A static supervisor."""

    theatre: Theatre | None = None
    model: Model
    tree: Tree

    @initialize(
        strategy=st.sampled_from(Strategy),
        max_restarts=st.sampled_from([1, 3, 1000, 1000]),
        revives=st.booleans(),
        auto=st.sampled_from([*AutoShutdown, AutoShutdown.NEVER]),
        first=st.lists(kids, min_size=2, unique_by=lambda kid: kid.id),
        significant=st.sets(st.sampled_from(IDS)),
        broken=st.sampled_from([set(), set(), set(), {"c"}]),
        unwanted=st.sampled_from([set(), {"a"}]),
    )
    def begin(
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

    @precondition(lambda self: self.somebody_runs)
    @rule(
        which=st.integers(0, 4),
        how=st.sampled_from(["crash", "crash", "crash in an ask", "kill", "leave"]),
        whose=st.sampled_from(["nobody", "its own", "the last one's"]),
    )
    def a_child_ends(self, which: int, how: str, whose: str) -> None:
        """And `whose` next start would fail."""
        running = [kid.id for kid in self.model.kids.values() if kid.status is Status.RUNNING]
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

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 5.0, 5.5, 21.0]), heals=st.booleans())
    def time_passes(self, seconds: float, heals: bool) -> None:
        assert self.theatre is not None
        if heals:
            self.world_is(set(), set())
        self.theatre.system.advance(seconds)
        self.model.pass_time(seconds)

    @precondition(lambda self: self.lives)
    @rule(kid=kids)
    def start_child(self, kid: Kid) -> None:
        answer = self.ask(StartChild(self.spec(kid)))
        self.agree(answer, self.model.start_child(kid))

    @precondition(lambda self: self.lives)
    @rule(which=st.integers(0, 4))
    def terminate_child(self, which: int) -> None:
        id = [*self.model.kids, "nobody"][which % (len(self.model.kids) + 1)]
        self.agree(self.ask(TerminateChild(id)), self.model.terminate_child(id))

    @precondition(lambda self: self.lives)
    @rule(which=st.integers(0, 4), is_restart=st.booleans())
    def restart_or_delete_child(self, which: int, is_restart: bool) -> None:
        id = [*self.model.kids, "nobody"][which % (len(self.model.kids) + 1)]
        if is_restart:
            self.agree(self.ask(RestartChild(id)), self.model.restart_child(id))
        else:
            self.agree(self.ask(DeleteChild(id)), self.model.delete_child(id))

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

    @initialize(
        max_restarts=st.sampled_from([0, 1, 2, 1000]),
        max_children=st.sampled_from([None, 3]),
        first=st.lists(kids, min_size=2, unique_by=lambda kid: kid.id),
    )
    def begin(self, *, max_restarts: int, max_children: int | None, first: list[Kid]) -> None:
        self.significant = set()
        self.model = PoolModel(Flags(max_restarts, max_children=max_children))
        self.world_is(set(), set())
        assert self.theatre is not None
        pool = dynamic("top", max_restarts=max_restarts, max_children=max_children, child_budget=None)
        self.tree = self.theatre.run(pool)
        for kid in first:
            self.start_child(kid)


TestStatic = Machine.TestCase
TestStatic.settings = SETTINGS
TestDynamic = PoolMachine.TestCase
TestDynamic.settings = SETTINGS

"""A system in virtual time and a theatre in which trees of small actors play."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from supervisors import ChildSpec, RestartLog, RestartRecord, Services, Tree, run_tree
from tests.leaks import nothing_left_behind
from tests.supervisors.actors import Stage
from wyld_actors import ActorSystem, ManualClock, Ref


class Theatre:
    """One actor system, one restart log, and what its actors did."""

    def __init__(self) -> None:
        self.system = ActorSystem(clock=ManualClock())
        self.log = RestartLog(clock=self.system.clock)
        self.stage = Stage()
        self.services = Services(log=self.log, source=random.Random(1), wall_clock=lambda: 1000.0)

    def run(self, spec: ChildSpec) -> Tree:
        tree = run_tree(self.system, spec, services=self.services)
        self.system.settle()
        return tree

    def ref(self, path: str) -> Ref:
        """Who is at `path`."""
        found = self.system.find(path)
        assert found is not None, f"nobody at {path}"
        return found

    def took(self) -> list[str]:
        """What the actors did since the last look."""
        self.system.settle()
        return self.stage.took()

    def decisions(self) -> list[str]:
        return [f"{record.event.value} {record.path} {record.decision.value}" for record in self.log.recent()]

    def last_record(self) -> RestartRecord:
        return self.log.recent()[-1]


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_left_behind(request.node):
        yield


@pytest.fixture
def theatre() -> Iterator[Theatre]:
    theatre = Theatre()
    yield theatre
    theatre.stage.open_all()
    theatre.system.stop()
    assert not theatre.system.roots, "an actor survived the end of its system"

"""An actor system in virtual time, and a check that nothing of it is left behind."""

from collections.abc import Iterator

import pytest

from tests.leaks import nothing_left_behind
from tests.wyld_actors.family import Family
from wyld_actors import ActorSystem, ManualClock


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_left_behind(request.node):
        yield


@pytest.fixture
def system() -> Iterator[ActorSystem]:
    system = ActorSystem(clock=ManualClock())
    yield system
    system.stop()
    assert not system.roots, "an actor survived the end of its system"


@pytest.fixture
def family(system: ActorSystem) -> Family:
    return Family(system)

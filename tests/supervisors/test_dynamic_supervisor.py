"""Dynamic supervisors as actors, in virtual time."""

from __future__ import annotations

import pytest

from supervisors import (
    TRANSIENT,
    AlreadyStarted,
    Backoff,
    CountChildren,
    Done,
    InvalidSpec,
    SpawnChild,
    StartChild,
    Started,
    StartFailed,
    TerminateChild,
    Tree,
    WhichChildren,
    dynamic,
    one_for_one,
    supervisor,
)
from tests.supervisors.actors import Crash, Leave, Ping, Player, player
from tests.supervisors.conftest import Theatre
from wyld_actors import Ref


@pytest.fixture
def tree(theatre: Theatre) -> Tree:
    pool = dynamic("pool", Player, theatre.stage, restart=TRANSIENT, backoff=Backoff.none())
    return theatre.run(supervisor("top", one_for_one, [pool]))


@pytest.fixture
def pool(theatre: Theatre, tree: Tree) -> Ref:
    found = theatre.system.find("/top/pool")
    assert found is not None
    return found


def test_a_child_is_made_from_the_template_and_its_own_arguments(theatre: Theatre, pool: Ref) -> None:
    answer = pool.ask(SpawnChild(args=("ann",), id="7"))

    assert answer == Started("7", theatre.system.find("/top/pool/7"))
    assert theatre.took() == ["ann up"]


def test_children_without_an_id_are_numbered(pool: Ref) -> None:
    pool.ask(SpawnChild(id="1"))

    assert [pool.ask(SpawnChild()).id for _ in range(2)] == ["2", "3"]


def test_a_second_child_with_the_same_id_is_not_started(theatre: Theatre, pool: Ref) -> None:
    first = pool.ask(SpawnChild(id="7"))

    assert pool.ask(SpawnChild(id="7")) == AlreadyStarted("7", first.ref)
    assert theatre.took() == ["7 up"]


def test_a_failed_start_tells_the_real_error_and_leaves_nothing(theatre: Theatre, pool: Ref) -> None:
    theatre.stage.broken = {"7"}

    answer = pool.ask(SpawnChild(id="7"))

    assert isinstance(answer, StartFailed)
    assert str(answer.reason.error) == "7 cannot start"
    assert pool.ask(WhichChildren()) == ()


def test_a_pool_without_a_class_wants_one_from_the_caller(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [dynamic("pool")]))
    pool = theatre.system.find("/top/pool")
    assert pool is not None

    with pytest.raises(InvalidSpec, match="SpawnChild"):
        pool.ask(SpawnChild())
    assert isinstance(pool.ask(SpawnChild(Player, (theatre.stage,))), Started)


def test_a_crash_restarts_and_a_clean_end_forgets(theatre: Theatre, pool: Ref) -> None:
    child = pool.ask(SpawnChild(id="7")).ref
    child.tell(Crash())
    theatre.system.settle()
    assert child.ask(Ping()) == 2

    child.tell(Leave())
    theatre.system.settle()
    assert theatre.system.find("/top/pool/7") is None
    assert not child.is_alive()


def test_terminate_ends_the_child_before_it_answers(theatre: Theatre, pool: Ref) -> None:
    pool.ask(SpawnChild(id="7"))
    theatre.took()

    assert pool.ask(TerminateChild("7")) == Done()
    assert theatre.took() == ["7 down"]


def test_a_complete_specification_may_be_a_supervisor(theatre: Theatre, pool: Ref) -> None:
    zone = supervisor("harbour", one_for_one, [player(theatre.stage, "inn")])

    answer = pool.ask(StartChild(zone))

    assert isinstance(answer, Started)
    assert theatre.took() == ["inn up"]
    assert theatre.system.find("/top/pool/harbour/inn") is not None


@pytest.mark.slow
def test_a_thousand_children_that_crash_in_one_turn_are_all_back(theatre: Theatre, pool: Ref) -> None:
    refs = [pool.ask(SpawnChild(), timeout=60).ref for _ in range(1000)]
    for ref in refs:
        ref.tell(Crash())
    theatre.system.settle()

    assert pool.ask(CountChildren()).active == 1000
    assert {ref.ask(Ping()) for ref in refs} == {2}


def test_children_of_a_pool_are_lost_when_the_pool_itself_is_restarted(theatre: Theatre, pool: Ref) -> None:
    pool.ask(SpawnChild(id="7"))
    pool.cell.kill()
    theatre.system.settle()

    assert pool.ask(WhichChildren()) == ()


def test_the_whole_pool_ends_with_its_tree(theatre: Theatre, tree: Tree, pool: Ref) -> None:
    for _ in range(100):
        pool.ask(SpawnChild())
    theatre.took()
    tree.shutdown(deadline_seconds=10.0)

    assert len(theatre.took()) == 100
    reason = tree.ended.get(block=False)
    assert reason is not None
    assert reason.is_clean

"""An incarnation that survives its kill is left behind: its path is free for a successor."""

from collections.abc import Iterator

import pytest
from gevent.event import Event

from tests.wyld_actors.actors import Add, Counter, Hold, Read, wait_until_blocked
from tests.wyld_actors.family import Family
from wyld_actors import ActorSystem, Cell, Context, ExitKind


class Immortal(Counter):
    def hold(self, ctx: Context, message: Hold) -> str:
        while not message.event.is_set():
            try:
                message.event.wait()
            except BaseException:  # noqa: BLE001 - what an author should never do
                continue
        return "still here"


@pytest.fixture
def gate() -> Iterator[Event]:
    gate = Event()
    yield gate
    gate.set()


def abandoned(family: Family, gate: Event) -> Cell:
    cell = family.child(Immortal)
    cell.ref.tell(Hold(gate))
    wait_until_blocked(gate)
    cell.kill()
    wait_until_blocked(gate)
    family.take_reports()
    cell.abandon()
    return cell


def test_the_path_and_the_names_are_free_for_a_successor(system: ActorSystem, gate: Event) -> None:
    family = Family(system)
    old = family.child(Immortal)
    system.registry.register("the-child", old.ref)
    old.ref.tell(Hold(gate))
    wait_until_blocked(gate)
    old.abandon()

    new = family.child()
    system.registry.register("the-child", new.ref)

    assert system.find("/parent/child") == new.ref
    assert new.ref.ask(Read()) == 0


def test_its_mail_is_accounted_for_and_it_counts_as_gone(system: ActorSystem, gate: Event) -> None:
    family = Family(system)
    cell = family.child(Immortal)
    cell.ref.tell(Hold(gate))
    wait_until_blocked(gate)
    cell.ref.tell(Add(1))
    cell.kill()
    wait_until_blocked(gate)
    cell.abandon()

    assert [letter.message for letter in system.dead_letters] == [Add(1)]
    assert not cell.ref.is_alive()


def test_its_parent_hears_no_more_of_it_and_its_end_frees_nothing_of_the_successor(
    system: ActorSystem, gate: Event
) -> None:
    family = Family(system)
    abandoned(family, gate)
    new = family.child()
    family.take_reports()

    gate.set()

    assert family.take_reports() == []
    assert system.find("/parent/child") == new.ref


def test_an_incarnation_that_ends_after_all_is_not_reported_as_killed_twice(
    system: ActorSystem, gate: Event
) -> None:
    family = Family(system)
    crashed: list[ExitKind] = []
    system.on_crash.append(lambda exited: crashed.append(exited.reason.kind))
    abandoned(family, gate)

    gate.set()
    system.settle()

    assert crashed == [ExitKind.KILLED]

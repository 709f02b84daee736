"""Who is not at rest is found without a look at everybody."""

from gevent.event import Event

from tests.wyld_actors.actors import Crash, Do, Doer, wait_until_blocked
from tests.wyld_actors.family import Family
from wyld_actors import ActorSystem, Cell
from wyld_actors.quiet import may_be_restless, restless


class Saved(Doer):
    """Of the kind that checkpoints look at."""

    is_persistent = True


def found(system: ActorSystem) -> list[Cell]:
    candidates = may_be_restless(system)
    assert candidates is not None
    return restless(candidates)


def test_who_is_up_and_has_no_mail_is_at_rest(system: ActorSystem, family: Family) -> None:
    family.child(Saved)

    assert found(system) == []


def test_who_has_ended_is_found_until_it_is_up_again(system: ActorSystem, family: Family) -> None:
    child = family.child(Saved)
    child.ref.tell(Crash())
    system.settle()

    assert found(system) == [child]

    child.start()
    system.settle()
    assert found(system) == []


def test_who_is_suspended_is_found_with_its_mail(system: ActorSystem, family: Family) -> None:
    child = family.child(Saved)
    child.suspend()
    assert found(system) == []
    child.ref.tell(Do(lambda _actor, _ctx: None))
    system.settle()

    assert found(system) == [child]

    child.resume()
    system.settle()
    assert found(system) == []


def test_mail_behind_a_handler_that_waits_is_found(system: ActorSystem, family: Family) -> None:
    child, over = family.child(Saved), Event()
    child.ref.tell(Do(lambda _actor, _ctx: over.wait()))
    child.ref.tell(Do(lambda _actor, _ctx: None))
    wait_until_blocked(over)
    system.settle()

    assert found(system) == [child]

    over.set()
    system.settle()
    assert found(system) == []


def test_who_has_been_killed_while_it_waited_is_found_once(system: ActorSystem, family: Family) -> None:
    child, over = family.child(Saved), Event()
    child.ref.tell(Do(lambda _actor, _ctx: over.wait()))
    wait_until_blocked(over)
    child.kill()
    system.settle()

    assert found(system) == [child]
    assert not system.dispatcher.blocked


def test_in_a_system_that_works_everybody_is_to_be_looked_at(system: ActorSystem, family: Family) -> None:
    child = family.child(Saved)
    seen: list[object] = []
    child.ref.tell(Do(lambda _actor, _ctx: seen.append(may_be_restless(system))))
    system.settle()

    assert seen == [None]

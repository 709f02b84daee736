"""Asks have a deadline, always end, and never wait for themselves."""

from typing import Any

import gevent
import pytest
from gevent.event import Event

from tests.wyld_actors.actors import Add, Counter, Crash, Hold, Read, wait_until_blocked
from wyld_actors import (
    Actor,
    ActorDeadError,
    ActorSystem,
    AskTimeout,
    Context,
    DeadlockError,
    Message,
    Ref,
    Reply,
    on,
)


class Ask(Message, frozen=True):
    path: tuple[Any, ...]


class Link(Actor):
    """Passes an ask on along a path of actors."""

    @on(Ask)
    def pass_on(self, ctx: Context, message: Ask) -> str:
        if not message.path:
            return ctx.path
        first, *rest = message.path
        return str(ctx.ask(first, Ask(tuple(rest))))


def test_an_ask_without_an_answer_ends_at_its_deadline(system: ActorSystem) -> None:
    counter = system.spawn(Counter, name="slow")
    counter.tell(Hold(never := Event()))
    asked = gevent.spawn(counter.ask, Read(), timeout=3)

    system.advance(2.9)
    assert not asked.dead
    system.advance(0.2)

    with pytest.raises(AskTimeout, match="no answer from /slow within 3"):
        asked.get()
    never.set()


def test_an_ask_that_nobody_waits_for_any_more_is_not_executed(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.tell(Hold(gate := Event()))
    asked = gevent.spawn(counter.ask, Add(5), timeout=3)

    system.advance(4)
    gate.set()
    system.settle()

    with pytest.raises(AskTimeout):
        asked.get()
    assert counter.ask(Read()) == 0


def test_the_default_deadline_is_five_seconds(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.tell(Hold(gate := Event()))
    asked = gevent.spawn(counter.ask, Read())

    system.advance(5.1)

    with pytest.raises(AskTimeout):
        asked.get()
    gate.set()


def test_an_ask_to_oneself_is_told_at_once(system: ActorSystem) -> None:
    link = system.spawn(Link, name="narcissus")

    with pytest.raises(DeadlockError, match="/narcissus -> /narcissus"):
        link.ask(Ask((link,)))


def test_a_cycle_of_asks_is_told_with_its_path(system: ActorSystem) -> None:
    a, b, c = (system.spawn(Link, name=name) for name in "abc")

    with pytest.raises(DeadlockError) as caught:
        a.ask(Ask((b, c, a)))

    assert caught.value.paths == ("/c", "/a", "/b", "/c")


def test_a_chain_of_asks_without_a_cycle_is_answered(system: ActorSystem) -> None:
    a, b, c = (system.spawn(Link, name=name) for name in "abc")

    assert a.ask(Ask((b, c))) == "/c"


def test_a_handler_that_asks_makes_final_what_it_did_before(system: ActorSystem) -> None:
    class Go(Message, frozen=True):
        pass

    class Hasty(Counter):
        @on(Go)
        def go(self, ctx: Context, message: Go) -> None:
            ctx.tell(other, Add(1))
            self.state = self.state.replace(total=9)
            ctx.ask(other, Add(10))
            raise ValueError("too late")

    other = system.spawn(Counter)
    hasty = system.spawn(Hasty)

    with pytest.raises(ValueError, match="too late"):
        hasty.ask(Go())

    assert other.ask(Read()) == 11


def test_a_handler_that_waits_does_not_hold_up_other_actors(system: ActorSystem) -> None:
    waiting, busy = system.spawn(Counter), system.spawn(Counter)
    held = gevent.spawn(waiting.ask, Hold(gate := Event()), timeout=None)
    wait_until_blocked(gate)

    assert busy.ask(Add(1)) == 1
    gate.set()
    assert held.get() == "released"


def test_one_actor_is_never_run_by_two_workers(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.tell(Hold(gate := Event()))
    counter.tell(Add(1))
    system.settle()
    assert counter.cell.depth == 1

    gate.set()
    system.settle()

    assert counter.ask(Read()) == 1


def test_an_ask_to_an_actor_that_is_gone_fails_at_once(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.stop()

    with pytest.raises(ActorDeadError):
        counter.ask(Read())


def test_asks_that_wait_behind_a_crash_are_told_that_the_actor_is_gone(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.tell(Crash())
    waiting = counter.ask(Read(), block=False)

    with pytest.raises(ActorDeadError):
        waiting.get()


def test_an_answer_may_be_given_later_from_another_handler(system: ActorSystem) -> None:
    class Order(Message, frozen=True):
        pass

    class Deliver(Message, frozen=True):
        what: str

    class Kitchen(Actor):
        waiting: Reply

        @on(Order)
        def order(self, ctx: Context, message: Order) -> None:
            self.waiting = ctx.defer_reply()

        @on(Deliver)
        def deliver(self, ctx: Context, message: Deliver) -> None:
            self.waiting.set(message.what)

    kitchen = system.spawn(Kitchen)
    answer = kitchen.ask(Order(), block=False)

    kitchen.tell(Deliver("soup"))

    assert answer.get() == "soup"


def test_a_killed_actor_answers_the_ask_it_was_working_on(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    asked = counter.ask(Hold(gate := Event()), block=False)
    wait_until_blocked(gate)

    counter.cell.kill()

    with pytest.raises(ActorDeadError):
        asked.get()
    assert not counter.is_alive()


def test_a_thousand_waiting_handlers_all_get_their_answers(system: ActorSystem) -> None:
    target: Ref = system.spawn(Counter)
    links = [system.spawn(Link, name=f"link-{number}") for number in range(1000)]

    class Where(Link):
        pass

    last = system.spawn(Where, name="last")
    answers = [link.ask(Ask((last,)), block=False) for link in links]

    assert {answer.get() for answer in answers} == {"/last"}
    assert target.is_alive()

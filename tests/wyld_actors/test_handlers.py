"""A handler is atomic, and found by the type of the message."""

import logging
from typing import Any

import gevent
import pytest

from tests.wyld_actors.actors import Add, Count, Counter, Crash, Read, Recorder, Refuse
from wyld_actors import Actor, ActorDeadError, ActorSystem, Context, HandlerConflict, Message, Refused, on


def test_the_return_value_of_a_handler_answers_an_ask(system: ActorSystem) -> None:
    counter = system.spawn(Counter)

    assert counter.ask(Add(2)) == 2
    assert counter.ask(Add(3)) == 5


def test_what_a_handler_tells_leaves_when_it_has_returned(system: ActorSystem) -> None:
    heard: list[Any] = []
    counter = system.spawn(Counter, system.spawn(Recorder, heard))

    counter.tell(Add(1))
    system.settle()

    assert heard == [Add(1)]


@pytest.mark.parametrize("message", [Crash(), Refuse()])
def test_a_handler_that_raises_tells_nothing_and_schedules_nothing(
    system: ActorSystem, message: Message
) -> None:
    heard: list[Any] = []
    counter = system.spawn(Counter, system.spawn(Recorder, heard))

    with pytest.raises((ValueError, Refused)):
        counter.ask(message)
    system.advance(2)

    assert heard == []


def test_a_refusal_puts_the_state_back_and_the_actor_lives_on(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.ask(Add(7))

    with pytest.raises(Refused, match="not today"):
        counter.ask(Refuse())

    assert counter.ask(Read()) == 7


@pytest.mark.parametrize(
    "error", [ValueError("x"), gevent.Timeout(1), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_any_exception_ends_this_actor_only(system: ActorSystem, error: BaseException) -> None:
    counter, bystander = system.spawn(Counter), system.spawn(Counter)

    with pytest.raises(type(error)):
        counter.ask(Crash(error))

    assert not counter.is_alive()
    assert bystander.ask(Add(1)) == 1


def test_a_crash_reaches_the_asker_and_ends_the_actor(system: ActorSystem) -> None:
    counter = system.spawn(Counter)

    with pytest.raises(ValueError, match="a bug"):
        counter.ask(Crash())

    with pytest.raises(ActorDeadError):
        counter.ask(Read())


def test_with_crash_on_ask_off_the_actor_lives_on_as_in_pykka(system: ActorSystem) -> None:
    class Lenient(Counter):
        crash_on_ask = False

    counter = system.spawn(Lenient)

    with pytest.raises(ValueError, match="a bug"):
        counter.ask(Crash())

    assert counter.is_alive()


def test_the_first_state_may_be_given_when_spawned(system: ActorSystem) -> None:
    counter = system.spawn(Counter, state=Count(total=40))

    assert counter.ask(Add(2)) == 42


def test_a_subclass_overrides_a_handler_without_repeating_the_decorator(system: ActorSystem) -> None:
    class Doubler(Counter):
        def add(self, ctx: Context, message: Add) -> int:
            return super().add(ctx, Add(message.amount * 2))

    assert system.spawn(Doubler).ask(Add(5)) == 10


def test_two_handlers_for_one_type_are_refused_when_the_class_is_made() -> None:
    with pytest.raises(HandlerConflict, match="both first and second handle Add"):

        class Torn(Actor):
            @on(Add)
            def first(self, ctx: Context, message: Add) -> None: ...

            @on(Add)
            def second(self, ctx: Context, message: Add) -> None: ...


def test_on_without_a_type_says_what_it_takes() -> None:
    with pytest.raises(TypeError, match="@on takes the message types"):
        on("Add")  # type: ignore[arg-type]


def test_a_message_without_a_handler_is_logged_and_harmless(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    counter = system.spawn(Counter)

    with caplog.at_level(logging.WARNING):
        counter.tell("what?")
        system.settle()

    assert "Unexpected message received" in caplog.text
    assert counter.is_alive()


def test_the_trace_of_a_message_is_handed_on_with_what_it_causes(system: ActorSystem) -> None:
    class Start(Message, frozen=True):
        pass

    class Next(Message, frozen=True):
        pass

    class Last(Actor):
        @on(Next)
        def next(self, ctx: Context, message: Next) -> object:
            return ctx.trace

    class First(Actor):
        @on(Start)
        def start_it(self, ctx: Context, message: Start) -> object:
            ctx.trace = ("session", 7)
            return ctx.ask(last, Next())

    last = system.spawn(Last)

    assert system.spawn(First).ask(Start()) == ("session", 7)


def test_the_trace_tells_what_caused_a_crash(system: ActorSystem) -> None:
    class Start(Message, frozen=True):
        pass

    class First(Actor):
        @on(Start)
        def start_it(self, ctx: Context, message: Start) -> None:
            ctx.trace = "command 7"
            ctx.tell(counter, Crash())

    seen: list[Any] = []
    system.on_crash.append(seen.append)
    counter = system.spawn(Counter, name="counter")

    system.spawn(First).tell(Start())
    system.settle()

    assert [(exited.cell.path, exited.envelope.trace) for exited in seen] == [("/counter", "command 7")]

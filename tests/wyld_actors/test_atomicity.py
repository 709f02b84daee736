"""All of what a handler does to others happens when it returns, none of it when it raises."""

from collections.abc import Callable
from typing import Any

import gevent
import pytest

from tests.wyld_actors.actors import Add, Count, Counter, Do, Doer, Read, Recorder, Watcher
from tests.wyld_actors.family import Family
from wyld_actors import Actor, ActorSystem, Context, Refused

Work = Callable[[Any, Context], Any]

FAILURES = [Refused("not today"), ValueError("a bug"), gevent.Timeout(None)]


@pytest.fixture(params=FAILURES, ids=["refused", "crash", "BaseException"])
def failure(request: pytest.FixtureRequest) -> BaseException:
    error: BaseException = request.param
    return error


class Bystander(Doer, Watcher):
    """Hears of ends, and keeps what it hears."""

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)

    def __init__(self, heard: list[Any]) -> None:
        Watcher.__init__(self, heard)
        self.listener = None


class Scene:
    """An actor that does some work and then fails, and is started again if it crashed."""

    def __init__(self, family: Family, failure: BaseException) -> None:
        self.system = family.system
        self.heard: list[Any] = []
        self.cell = family.child(Bystander, self.heard)
        self.failure = failure
        self.other_heard: list[Any] = []
        self.other = self.system.spawn(Recorder, self.other_heard, name="other")

    def fail_after(self, work: Work) -> None:
        def fail(actor: Any, ctx: Context) -> None:
            work(actor, ctx)
            raise self.failure

        with pytest.raises(type(self.failure)):
            self.cell.ref.ask(Do(fail))
        self.system.settle()
        if self.cell.instance is None:
            self.cell.start()

    def does(self, work: Work) -> Any:
        return self.cell.ref.ask(Do(work))


@pytest.fixture
def scene(family: Family, failure: BaseException) -> Scene:
    return Scene(family, failure)


def test_nothing_is_told(scene: Scene) -> None:
    def tell_in_every_way(actor: Actor, ctx: Context) -> None:
        ctx.tell(scene.other, 1)
        scene.other.tell(2)
        scene.other.try_tell(3)

    scene.fail_after(tell_in_every_way)

    scene.system.settle()
    assert scene.other_heard == []


def test_no_timer_runs(scene: Scene) -> None:
    scene.fail_after(lambda actor, ctx: (ctx.after(1, "once"), ctx.every(1, "often")))

    scene.system.advance(5)
    assert scene.heard == []


def test_no_child_is_left_and_its_name_is_free(scene: Scene) -> None:
    scene.fail_after(lambda actor, ctx: ctx.spawn(Counter, name="egg"))

    assert scene.system.find("/parent/child/egg") is None
    assert scene.does(lambda actor, ctx: ctx.spawn(Counter, name="egg")).ask(Read()) == 0


def test_no_monitor_is_left(scene: Scene) -> None:
    scene.fail_after(lambda actor, ctx: ctx.monitor(scene.other))

    scene.other.stop()
    scene.system.settle()
    assert scene.heard == []


def test_a_monitor_on_one_that_is_gone_tells_nothing(scene: Scene) -> None:
    scene.other.stop()
    scene.fail_after(lambda actor, ctx: ctx.monitor(scene.other))

    scene.system.settle()
    assert scene.heard == []


def test_no_name_is_taken_and_no_group_is_joined(scene: Scene) -> None:
    registry = scene.system.registry

    def take(actor: Any, ctx: Context) -> None:
        registry.register("till", ctx.ref)
        registry.join("staff", ctx.ref)

    scene.fail_after(take)

    assert registry.whereis("till") is None
    assert registry.members("staff") == []


def test_names_and_groups_that_it_had_given_up_are_its_own_again(scene: Scene) -> None:
    registry = scene.system.registry
    registry.register("till", scene.cell.ref)
    registry.join("staff", scene.cell.ref)

    def give_up(actor: Any, ctx: Context) -> None:
        registry.unregister("till")
        registry.leave("staff", ctx.ref)

    scene.fail_after(give_up)

    assert registry.whereis("till") == scene.cell.ref
    assert registry.members("staff") == [scene.cell.ref]


def test_no_answer_is_given_to_an_ask_that_waits(scene: Scene) -> None:
    def put_off(actor: Any, ctx: Context) -> None:
        actor.reply = ctx.defer_reply()

    waiting = scene.cell.ref.ask(Do(put_off), block=False)
    scene.fail_after(lambda actor, ctx: actor.reply.set("half an answer"))

    if isinstance(scene.failure, Refused):
        assert not waiting.is_done
        scene.does(lambda actor, ctx: actor.reply.set("whole"))
        assert waiting.get() == "whole"
    else:
        with pytest.raises(Exception, match="ended before it answered"):
            waiting.get()


def test_an_ask_whose_answer_was_put_off_gets_the_error(scene: Scene) -> None:
    scene.fail_after(lambda actor, ctx: ctx.defer_reply())


def test_its_own_end_is_called_off(scene: Scene) -> None:
    scene.fail_after(lambda actor, ctx: ctx.stop())

    assert scene.does(lambda actor, ctx: "still here") == "still here"


def test_the_state_is_as_before(scene: Scene) -> None:
    scene.cell.ref.ask(Add(7))

    def spoil(actor: Any, ctx: Context) -> None:
        actor.state = Count(-1)

    scene.fail_after(spoil)

    assert scene.cell.ref.ask(Read()) == 7


def test_a_refusing_handler_has_cancelled_no_timer_and_no_monitor(family: Family) -> None:
    scene = Scene(family, Refused("not today"))

    def prepare(actor: Any, ctx: Context) -> None:
        actor.timer = ctx.after(1, "once")
        actor.period = ctx.every(2, "often")
        actor.watch = ctx.monitor(scene.other)

    def undo(actor: Any, ctx: Context) -> None:
        actor.timer.cancel()
        actor.period.cancel()
        ctx.demonitor(actor.watch)

    scene.does(prepare)
    scene.fail_after(undo)
    scene.other.stop()
    scene.system.advance(2)

    assert [message if isinstance(message, str) else message.ref for message in scene.heard] == [
        scene.other,
        "once",
        "often",
    ]


def test_what_a_handler_cancels_after_all_never_comes(family: Family) -> None:
    scene = Scene(family, Refused())

    def prepare(actor: Any, ctx: Context) -> None:
        actor.timer = ctx.after(1, "once")
        actor.watch = ctx.monitor(scene.other)

    def undo(actor: Any, ctx: Context) -> None:
        actor.timer.cancel()
        ctx.demonitor(actor.watch)

    scene.does(prepare)
    scene.does(undo)
    scene.other.stop()
    scene.system.advance(2)

    assert scene.heard == []


def test_what_cannot_be_done_is_an_error_at_once_not_when_the_handler_has_returned(
    system: ActorSystem,
) -> None:
    reached: list[str] = []

    def mistake(actor: Any, ctx: Context) -> None:
        ctx.monitor(None)  # type: ignore[arg-type]
        reached.append("further")

    with pytest.raises(AttributeError):
        system.spawn(Doer).ask(Do(mistake))
    assert reached == []


@pytest.mark.parametrize("hook", ["__init__", "on_start"])
def test_a_start_that_fails_has_done_nothing(family: Family, hook: str) -> None:
    heard: list[Any] = []
    other = family.system.spawn(Recorder, heard, name="other")

    def fail(self: Any) -> None:
        other.tell("I am up")
        self.ctx.spawn(Counter, name="egg")
        self.ctx.after(1, "later")
        self.ctx.monitor(other)
        family.system.registry.register("till", self.ctx.ref)
        raise OSError("no water in the well")

    cell = family.child(type("Broken", (Actor,), {hook: fail}))
    family.system.advance(2)

    assert heard == []
    assert cell.children is None
    assert family.system.registry.whereis("till") is None


def test_an_on_stop_that_raises_tells_nothing(family: Family) -> None:
    heard: list[Any] = []
    other = family.system.spawn(Recorder, heard)

    class Sulking(Actor):
        def on_stop(self) -> None:
            other.tell("good bye")
            raise ValueError("a bug")

    family.child(Sulking).stop()
    family.system.settle()

    assert heard == []


def test_with_crash_on_ask_off_a_raising_handler_leaves_its_state_as_before(system: ActorSystem) -> None:
    class Lenient(Doer):
        crash_on_ask = False

    def spoil(actor: Any, ctx: Context) -> None:
        actor.state = Count(-1)
        raise ValueError("a bug")

    lenient = system.spawn(Lenient)
    with pytest.raises(ValueError, match="a bug"):
        lenient.ask(Do(spoil))

    assert lenient.ask(Read()) == 0


def test_a_try_tell_in_a_handler_leaves_when_it_has_returned_and_carries_the_cause(
    system: ActorSystem,
) -> None:
    heard: list[Any] = []

    class Tracing(Recorder):
        def on_receive(self, message: Any) -> None:
            heard.append((message, self.ctx.trace))

    other = system.spawn(Tracing, [])
    doer = system.spawn(Doer)

    def work(actor: Any, ctx: Context) -> bool:
        ctx.trace = "command 7"
        return other.try_tell("news")

    assert doer.ask(Do(work)) is True
    system.settle()
    assert heard == [("news", "command 7")]


def test_a_start_and_an_end_carry_no_trace_of_what_the_worker_did_before(system: ActorSystem) -> None:
    traces: list[Any] = []

    class Tracing(Recorder):
        def on_receive(self, message: Any) -> None:
            traces.append(self.ctx.trace)

    other = system.spawn(Tracing, [])

    class Fresh(Actor):
        def on_start(self) -> None:
            other.tell("up")

    def work(actor: Any, ctx: Context) -> None:
        ctx.trace = "command 7"

    doer = system.spawn(Doer)
    doer.tell(Do(work))
    system.spawn(Fresh)
    system.settle()

    assert traces == [None]

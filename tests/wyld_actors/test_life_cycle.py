"""Cells outlast their incarnations; a parent hears of each beginning and each end exactly once."""

import gc
import sys
import weakref
from typing import Any

import gevent
import pytest
from gevent.event import Event

from tests.wyld_actors.actors import (
    Add,
    Counter,
    Crash,
    Do,
    Doer,
    Hold,
    Read,
    Recorder,
    Refuse,
    Watch,
    Watcher,
    wait_until_blocked,
)
from tests.wyld_actors.family import Family
from wyld_actors import (
    SHUTDOWN,
    Actor,
    ActorSystem,
    CellState,
    ChildExited,
    ChildStarted,
    Context,
    Exited,
    ExitKind,
    Message,
    NameTaken,
    Ref,
    StopRequested,
    WrongState,
    every,
    on,
)


def test_a_start_is_reported_when_on_start_is_done(family: Family) -> None:
    cell = family.child()

    assert family.take_reports() == [ChildStarted(cell, 1)]
    assert cell.state is CellState.RUNNING
    assert cell.path == "/parent/child"


def test_a_crash_is_reported_with_the_message_that_caused_it(family: Family) -> None:
    cell = family.child()
    family.take_reports()

    cell.ref.tell(Crash())

    [exited] = family.take_reports()
    assert isinstance(exited, ChildExited)
    assert (exited.reason.kind, exited.started) == (ExitKind.CRASH, True)
    assert exited.envelope is not None
    assert isinstance(exited.envelope.message, Crash)
    assert "a bug" in exited.reason.traceback
    assert cell.state is CellState.STOPPED


def test_a_reference_stays_good_across_a_crash_and_mail_waits(family: Family) -> None:
    cell = family.child()
    cell.ref.ask(Add(3))
    cell.ref.tell(Crash())
    waiting = cell.ref.ask(Read(), block=False)
    family.system.settle()

    cell.start()

    assert waiting.get() == 3
    assert cell.incarnation == 2


def test_with_a_fresh_mailbox_waiting_mail_is_lost_and_asks_are_told(family: Family) -> None:
    cell = family.child(keep_mailbox=False)
    cell.ref.tell(Crash())
    cell.ref.tell(Add(1))
    waiting = cell.ref.ask(Read(), block=False)
    family.system.settle()

    cell.start()

    assert cell.ref.ask(Read()) == 0
    assert [letter.message for letter in family.system.dead_letters] == [Add(1)]
    with pytest.raises(Exception, match="fresh mailbox"):
        waiting.get()


def test_the_next_incarnation_starts_from_the_last_good_state(family: Family) -> None:
    cell = family.child()
    cell.ref.ask(Add(5))
    cell.ref.tell(Crash())
    family.system.settle()

    cell.start()

    assert cell.ref.ask(Read()) == 5


def test_a_new_incarnation_is_a_new_object(family: Family) -> None:
    cell = family.child()
    first = cell.instance
    cell.ref.tell(Crash())
    family.system.settle()
    cell.start()
    family.system.settle()

    assert cell.instance is not first


def test_the_object_of_a_crashed_incarnation_is_freed_though_its_error_is_kept(family: Family) -> None:
    def mistype(actor: Any, ctx: Context) -> None:
        actors.append(weakref.ref(actor))
        actor.no_such_name()

    actors: list[weakref.ref[Any]] = []
    cell = family.child(Doer)
    cell.ref.tell(Do(mistype))
    family.system.settle()

    assert cell.exit_reason is not None
    assert isinstance(cell.exit_reason.error, AttributeError)
    gc.collect()
    assert [actor() for actor in actors] == [None]


@pytest.mark.parametrize("hook", ["__init__", "on_start"])
def test_a_start_that_raises_is_reported_as_not_started(family: Family, hook: str) -> None:
    def fail(self: Actor) -> None:
        raise OSError("no water in the well")

    cell = family.child(type("Broken", (Actor,), {hook: fail}))

    [exited] = family.take_reports()
    assert (exited.reason.kind, exited.started) == (ExitKind.START_FAILED, False)
    assert cell.state is CellState.STOPPED


def test_a_start_that_takes_too_long_is_ended(family: Family) -> None:
    class Slow(Actor):
        def on_start(self) -> None:
            Event().wait()

    family.child(Slow, start_timeout_seconds=3)
    family.system.advance(2.9)
    assert family.take_reports() == []
    family.system.advance(0.2)

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.START_TIMEOUT
    assert "3 seconds" in exited.reason.detail


def test_an_ordered_stop_runs_on_stop_and_what_it_tells_arrives(family: Family) -> None:
    heard: list[Any] = []
    recorder = family.system.spawn(Recorder, heard)

    class Polite(Actor):
        def on_stop(self) -> None:
            recorder.tell("good bye")

    cell = family.child(Polite)
    family.take_reports()
    cell.stop()

    [exited] = family.take_reports()
    assert exited.reason is SHUTDOWN
    assert heard == ["good bye"]


def test_a_kill_ends_a_handler_that_waits(family: Family) -> None:
    cell = family.child()
    cell.ref.tell(Hold(gate := Event()))
    wait_until_blocked(gate)
    family.take_reports()

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    assert isinstance(exited.envelope.message, Hold)


@pytest.mark.parametrize("started", [True, False])
def test_a_kill_while_nothing_runs_is_reported_once(family: Family, started: bool) -> None:
    cell = family.system.create_cell(Counter, name="child", parent=family.parent.cell)
    cell.start()
    if started:
        family.take_reports()

    cell.kill()
    cell.kill()

    [exited] = family.take_reports()
    assert (exited.reason.kind, exited.started) == (ExitKind.KILLED, started)


def test_a_handler_that_swallows_its_kill_ends_all_the_same(family: Family) -> None:
    class Stubborn(Counter):
        def hold(self, ctx: Context, message: Hold) -> str:
            try:
                message.event.wait()
            except BaseException:  # noqa: BLE001 - what an author should never do
                ctx.tell(ctx.ref, Add(1))
            return "still here"

    cell = family.child(Stubborn)
    cell.ref.tell(Hold(gate := Event()))
    wait_until_blocked(gate)
    family.take_reports()

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED


def test_a_stop_that_comes_during_the_start_holds_when_the_start_is_done(family: Family) -> None:
    gate = Event()

    class Slow(Actor):
        def on_start(self) -> None:
            gate.wait()

    cell = family.child(Slow)
    cell.stop()
    gate.set()

    started, exited = family.take_reports()
    assert isinstance(started, ChildStarted)
    assert exited.reason is SHUTDOWN


def test_a_class_that_handles_stop_requested_decides_when_it_ends(family: Family) -> None:
    class Careful(Counter):
        @on(StopRequested)
        def asked_to_stop(self, ctx: Context, request: StopRequested) -> None:
            ctx.after(2, Read())

        def read(self, ctx: Context, message: Read) -> int:
            ctx.stop(SHUTDOWN)
            return 0

    cell = family.child(Careful)
    family.take_reports()
    cell.stop()
    family.system.advance(1)
    assert family.take_reports() == []
    family.system.advance(1.1)

    [exited] = family.take_reports()
    assert exited.reason is SHUTDOWN


def test_children_end_with_the_incarnation_that_had_them(system: ActorSystem) -> None:
    class Nest(Counter):
        def on_start(self) -> None:
            self.ctx.spawn(Counter, name="egg")

    nest = system.spawn(Nest, name="nest")
    system.settle()
    egg = system.find("/nest/egg")
    assert egg is not None

    nest.tell(Crash())
    system.settle()

    assert not egg.is_alive()
    assert system.find("/nest") is None


def test_the_child_that_a_refusing_handler_spawned_was_never_there(system: ActorSystem) -> None:
    class Fickle(Counter):
        def refuse(self, ctx: Context, message: Any) -> None:
            ctx.spawn(Counter, name="idea")
            super().refuse(ctx, message)

    fickle = system.spawn(Fickle, name="fickle")
    fickle.ask(Read())

    with pytest.raises(Exception, match="not today"):
        fickle.ask(Refuse())

    assert system.find("/fickle/idea") is None


def test_starting_twice_and_discarding_alive_are_refused(family: Family) -> None:
    cell = family.child()

    with pytest.raises(WrongState, match="cannot start /parent/child while it is running"):
        cell.start()
    with pytest.raises(WrongState, match="cannot discard"):
        cell.discard()


def test_a_path_belongs_to_one_actor_until_it_is_discarded(family: Family) -> None:
    cell = family.child()
    with pytest.raises(NameTaken, match="/parent/child is taken"):
        family.child()
    cell.stop()
    family.system.settle()

    cell.discard()

    assert family.child().ref.ask(Read()) == 0


def test_a_monitor_is_told_once_when_the_actor_is_gone(system: ActorSystem) -> None:
    heard: list[Any] = []
    counter, watcher = system.spawn(Counter), system.spawn(Watcher, heard)
    watcher.ask(Watch(counter))

    counter.tell(Crash())
    system.settle()

    [exited] = heard
    assert isinstance(exited, Exited)
    assert exited.ref == counter
    assert exited.reason.kind is ExitKind.CRASH


def test_a_monitor_on_an_actor_that_is_gone_is_told_at_once(system: ActorSystem) -> None:
    heard: list[Any] = []
    counter, watcher = system.spawn(Counter), system.spawn(Watcher, heard)
    counter.stop()

    watcher.ask(Watch(counter))
    system.settle()

    assert [message.ref for message in heard] == [counter]


def test_a_cancelled_monitor_is_never_told(system: ActorSystem) -> None:
    heard: list[Any] = []
    counter, watcher = system.spawn(Counter), system.spawn(Watcher, heard)
    monitor = watcher.ask(Watch(counter))
    counter.cell.kill()

    monitor.cancel()
    system.settle()

    assert heard == []


def test_a_restart_is_no_end_for_a_monitor(family: Family) -> None:
    heard: list[Any] = []
    cell = family.child()
    family.system.spawn(Watcher, heard).ask(Watch(cell.ref))

    cell.ref.tell(Crash())
    family.system.settle()
    cell.start()
    family.system.settle()
    assert heard == []
    cell.stop()
    family.system.settle()
    cell.discard()
    family.system.settle()

    assert len(heard) == 1


def test_timers_and_periods_belong_to_the_incarnation(family: Family) -> None:
    ticks: list[float] = []

    class Bell(Counter):
        @every(seconds=10)
        def ring(self, ctx: Context) -> None:
            ticks.append(ctx.now)

        def add(self, ctx: Context, message: Add) -> int:
            ctx.after(message.amount, Crash())
            return 0

    cell = family.child(Bell)
    cell.ref.ask(Add(25))
    family.system.advance(24)
    assert ticks == [10, 20]

    family.system.advance(20)
    assert ticks == [10, 20]
    cell.start()
    family.system.advance(10)

    assert ticks == [10, 20, 54]


def test_a_period_never_piles_up_behind_a_busy_handler(system: ActorSystem) -> None:
    ticks: list[float] = []

    class Bell(Counter):
        @every(seconds=1)
        def ring(self, ctx: Context) -> None:
            ticks.append(ctx.now)

    bell = system.spawn(Bell)
    bell.tell(Hold(gate := Event()))
    system.advance(10)
    gate.set()
    system.settle()

    assert len(ticks) == 1


def test_a_cancelled_timer_never_fires(system: ActorSystem) -> None:
    class Set(Message, frozen=True):
        pass

    class Clock(Counter):
        @on(Set)
        def set_and_cancel(self, ctx: Context, message: Set) -> None:
            ctx.after(1, Crash()).cancel()

    clock = system.spawn(Clock)
    clock.ask(Set())
    system.advance(2)

    assert clock.is_alive()


def test_names_and_groups_are_freed_with_the_actor(system: ActorSystem) -> None:
    counter, other = system.spawn(Counter), system.spawn(Counter)
    system.registry.register("till", counter)
    system.registry.join("staff", counter)
    system.registry.join("staff", other)
    with pytest.raises(NameTaken, match="till"):
        system.registry.register("till", other)

    counter.stop()

    assert system.registry.whereis("till") is None
    assert system.registry.members("staff") == [other]
    system.registry.register("till", other)
    assert system.registry.whereis("till") == other


def test_two_systems_with_the_same_paths_never_meet(system: ActorSystem) -> None:
    second = ActorSystem()
    mine, theirs = system.spawn(Counter, name="a"), second.spawn(Counter, name="a")

    mine.ask(Add(1))

    assert theirs.ask(Read()) == 0
    assert second.find("/a") != system.find("/a")
    second.stop()
    assert mine.is_alive()


def test_only_a_manual_clock_can_be_advanced() -> None:
    system = ActorSystem()
    with pytest.raises(TypeError, match="ManualClock"):
        system.advance(1)
    system.stop()


def test_a_busy_actor_lets_the_hub_have_its_turn(system: ActorSystem) -> None:
    class Loop(Counter):
        def add(self, ctx: Context, message: Add) -> int:
            ctx.tell(ctx.ref, message)
            return 0

    turns = 0
    loop: Ref = ActorSystem().spawn(Loop)
    loop.tell(Add(1))
    while turns < 3:
        gevent.sleep(0.001)
        turns += 1

    assert loop.cell.handled > 0
    loop.cell.kill()


def test_states_of_persistent_classes_are_noted_when_they_change(system: ActorSystem) -> None:
    class Saved(Counter):
        is_persistent = True

    saved = system.spawn(Saved)
    saved.ask(Read())
    system.changed.clear()

    saved.ask(Read())
    assert system.changed == set()
    saved.ask(Add(1))

    assert system.changed == {saved.cell}


def test_what_comes_and_goes_leaves_an_actor_as_small_as_it_was(family: Family) -> None:
    cell = family.child(Doer)
    stays = Message()

    def set_again(_actor: Doer, ctx: Context) -> None:
        ctx.after(60, stays)
        for _ in range(20):
            timer = ctx.after(30, stays)
            timer.cancel()

    cell.ref.tell(Do(set_again))
    family.system.settle()

    assert cell.owned is not None
    assert len(cell.owned) == 1
    assert sys.getsizeof(cell.owned) == sys.getsizeof({stays: None})

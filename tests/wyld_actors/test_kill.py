"""A kill ends an incarnation wherever it is, and whoever waited for it is told.

The sweep runs one scenario again and again, and ends the victim at its first, second, third ... switch
of greenlets, until the scenario is over before the end comes.
"""

from collections.abc import Callable
from typing import Any

import gevent
import pykka
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
from tests.wyld_actors.switches import sweep
from wyld_actors import (
    NORMAL,
    Actor,
    ActorDeadError,
    ActorSystem,
    AskTimeout,
    Cell,
    CellState,
    ChildExited,
    ChildStarted,
    Context,
    ExitKind,
    ExitReason,
    Future,
    Mailbox,
    Overflow,
    Refused,
)


class Victim(Doer):
    """Does everything that leaves something behind."""

    def on_start(self) -> None:
        gevent.sleep(0)
        assert self.listener is not None
        self.ctx.spawn(Doer).tell(Do(lambda actor, ctx: Event().wait()))
        self.ctx.monitor(self.listener)
        self.ctx.every(1, Add(0))
        self.ctx.system.registry.register("victim", self.ctx.ref)
        gevent.sleep(0)

    def on_stop(self) -> None:
        gevent.sleep(0)
        assert self.listener is not None
        self.listener.tell(Add(0))

    def on_failure(self, *_: Any) -> None:
        gevent.sleep(0)

    def read(self, ctx: Context, message: Read) -> int:
        gevent.sleep(0)
        return super().read(ctx, message)


def ask_the_helper(actor: Any, ctx: Context) -> Any:
    try:
        return ctx.ask(actor.listener, Read())
    finally:
        gevent.sleep(0)


def put_off(actor: Any, ctx: Context) -> None:
    actor.reply = ctx.defer_reply()


class Ending:
    """One scenario around a victim, with everything that must come to an end."""

    def __init__(self) -> None:
        self.system = ActorSystem()
        self.family = Family(self.system)
        helper = self.system.spawn(Counter, name="helper")
        self.asker = self.system.spawn(Doer, name="asker")
        self.heard: list[Any] = []
        self.watcher = self.system.spawn(Watcher, self.heard)
        self.jobs: list[Any] = []
        self.futures: list[Future[Any]] = []
        self.cell = self.system.create_cell(
            Victim,
            (helper,),
            name="child",
            parent=self.family.parent.cell,
            mailbox=Mailbox(4, Overflow.BLOCK),
        )

    def begin(self) -> None:
        """Set everything going; nothing of it may wait for ever."""
        ref = self.cell.ref
        self.cell.start()
        self.watcher.tell(Watch(ref))
        for message in (Do(ask_the_helper), Add(1), Do(put_off), Read(), Refuse(), Read(), Read()):
            self._job(ref.ask, message, timeout=None)
        for _ in range(4):
            self._job(ref.tell, Add(1))
        self.asker.tell(Do(lambda actor, ctx: self.futures.append(ref.ask(Read(), block=False))))
        self._job(self.asker.ask, Do(lambda actor, ctx: ctx.ask(ref, Read())), timeout=None)
        # Long enough for everything but the answer that is put off for ever.
        for _ in range(30):
            gevent.sleep(0)

    def _job(self, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        def run() -> object:
            try:
                return call(*args, **options)
            except (ActorDeadError, Refused) as expected:
                return expected

        self.jobs.append(gevent.spawn(run))

    def finish(self) -> None:
        """Give up the victim, wherever the scenario has got to, as a supervisor would."""
        self.system.settle()
        self.cell.kill()
        self.system.settle()
        self.cell.discard()
        self.check()
        reports = self.family.take_reports()
        assert [type(report) for report in reports] in ([ChildExited], [ChildStarted, ChildExited])
        self.system.stop()
        assert not self.system.roots

    def check(self) -> None:
        """Nobody waits for the victim, and nothing of it is left."""
        self.system.settle()
        gevent.joinall(self.jobs, timeout=2)
        assert [job for job in self.jobs if not job.dead] == [], "somebody waits for ever"
        assert [job for job in self.jobs if job.exception is not None] == []
        assert all(future.is_done for future in self.futures)
        assert self.cell.state is CellState.DISCARDED
        assert (self.cell.worker, self.cell.instance) == (None, None)
        assert not self.cell.owned
        assert not self.cell.children
        assert self.cell.depth == 0
        assert self.system.registry.whereis("victim") is None
        assert [exited.ref for exited in self.heard] == [self.cell.ref]


def kill_twice(scene: Ending) -> None:
    scene.cell.kill()
    scene.cell.kill()


def stop_and_kill(scene: Ending) -> None:
    scene.cell.stop()
    scene.cell.kill()


def crash(scene: Ending) -> None:
    scene.cell.ref.try_tell(Crash())


ENDS: dict[str, Callable[[Ending], None]] = {
    "kill": lambda scene: scene.cell.kill(),
    "kill twice": kill_twice,
    "stop": lambda scene: scene.cell.stop(),
    "stop and kill": stop_and_kill,
    "crash": crash,
}


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_whenever_an_actor_is_ended_nobody_waits_for_it_for_ever(end: str) -> None:
    for scene in sweep(Ending, ENDS[end]):
        scene.finish()


@pytest.mark.slow
def test_whenever_its_parent_is_killed_an_actor_goes_too_and_nobody_waits_for_it() -> None:
    for scene in sweep(Ending, lambda scene: scene.family.parent.cell.kill()):
        scene.family.parent.cell.kill()
        scene.check()
        scene.system.stop()
        assert not scene.system.roots


def test_a_kill_reaches_a_handler_that_waits_in_an_ask_and_the_other_goes_on(family: Family) -> None:
    gate = Event()
    other = family.system.spawn(Counter)
    other.tell(Hold(gate))
    cell = family.child(Doer, other)
    asked = cell.ref.ask(Do(ask_the_helper), block=False)
    wait_until_blocked(gate)
    family.take_reports()

    cell.kill()
    [exited] = family.take_reports()
    gate.set()

    assert exited.reason.kind is ExitKind.KILLED
    with pytest.raises(ActorDeadError):
        asked.get()
    assert cell.waiting_for is None
    assert other.ask(Read()) == 0


@pytest.mark.parametrize("hook", ["on_start", "on_stop", "on_failure"])
def test_a_kill_reaches_a_hook_that_waits(family: Family, hook: str) -> None:
    def wait(self: Actor, *_: Any) -> None:
        Event().wait()

    cell = family.child(type("Slow", (Counter,), {hook: wait}))
    if hook == "on_stop":
        cell.stop()
    elif hook == "on_failure":
        cell.ref.tell(Crash())
    reports = family.take_reports()
    assert not [report for report in reports if isinstance(report, ChildExited)]

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is (ExitKind.CRASH if hook == "on_failure" else ExitKind.KILLED)
    assert cell.state is CellState.STOPPED


def test_while_on_failure_waits_the_cell_cannot_be_started_or_discarded(family: Family) -> None:
    gate = Event()

    class Slow(Counter):
        def on_failure(self, *_: Any) -> None:
            gate.wait()

    cell = family.child(Slow)
    cell.ref.tell(Crash())
    family.take_reports()

    with pytest.raises(Exception, match="cannot start"):
        cell.start()
    with pytest.raises(Exception, match="cannot discard"):
        cell.discard()
    gate.set()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.CRASH


@pytest.mark.parametrize("hook", ["on_start", "on_stop"])
def test_a_hook_that_swallows_its_kill_has_done_nothing(family: Family, hook: str) -> None:
    heard: list[Any] = []
    other = family.system.spawn(Recorder, heard)

    def wait(self: Actor) -> None:
        try:
            Event().wait()
        except BaseException:  # noqa: BLE001 - what an author should never do
            other.tell("half done")

    cell = family.child(type("Stubborn", (Counter,), {hook: wait}))
    cell.stop()
    family.take_reports()

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    assert heard == []


def test_a_kill_that_a_handler_turns_into_a_refusal_is_a_kill(family: Family) -> None:
    def refuse_to_die(actor: Any, ctx: Context) -> None:
        try:
            Event().wait()
        finally:
            raise Refused("not today")

    cell = family.child(Doer)
    asked = cell.ref.ask(Do(refuse_to_die), block=False)
    family.take_reports()

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    with pytest.raises(ActorDeadError):
        asked.get()


def test_a_killed_handler_cannot_ask_any_more_and_makes_nothing_final(family: Family) -> None:
    other = family.system.spawn(Counter)

    def clean_up_by_asking(actor: Any, ctx: Context) -> None:
        try:
            Event().wait()
        finally:
            ctx.tell(other, Add(1))
            ctx.ask(other, Add(10))

    cell = family.child(Doer)
    cell.ref.tell(Do(clean_up_by_asking))
    family.take_reports()

    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    assert other.ask(Read()) == 0


def test_a_killed_handler_that_still_unwinds_holds_its_cell(family: Family) -> None:
    """Until it is over no other incarnation is begun, and one report is made of it."""
    gate = Event()

    def unwind_slowly(actor: Any, ctx: Context) -> None:
        try:
            Event().wait()
        finally:
            gate.wait()

    cell = family.child(Doer)
    cell.ref.tell(Do(unwind_slowly))
    family.take_reports()
    cell.kill()
    assert family.take_reports() == []
    with pytest.raises(Exception, match="cannot start"):
        cell.start()

    gate.set()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    cell.start()
    assert cell.ref.ask(Read()) == 0


def test_a_handler_that_kills_itself_ends_when_it_returns(family: Family) -> None:
    cell = family.child(Doer)
    family.take_reports()

    cell.ref.tell(Do(lambda actor, ctx: ctx.cell.kill()))

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED


def test_of_two_that_kill_each_other_both_end(system: ActorSystem) -> None:
    a, b = system.spawn(Doer), system.spawn(Doer)
    a.tell(Do(lambda actor, ctx: b.cell.kill()))
    b.tell(Do(lambda actor, ctx: a.cell.kill()))
    system.settle()

    assert [a.is_alive(), b.is_alive()] == [True, False]


def test_an_answer_that_comes_at_the_moment_of_the_kill_does_not_save_the_handler(family: Family) -> None:
    cell = family.child()
    asked = cell.ref.ask(Hold(gate := Event()), block=False)
    wait_until_blocked(gate)
    family.take_reports()

    gate.set()
    cell.kill()

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.KILLED
    with pytest.raises(ActorDeadError):
        asked.get()


@pytest.mark.parametrize("end", ["kill", "stop", "crash"])
def test_an_ask_whose_answer_was_put_off_ends_with_the_incarnation(family: Family, end: str) -> None:
    cell = family.child(Doer)
    waiting = cell.ref.ask(Do(put_off), block=False, timeout=None)
    family.system.settle()

    if end == "crash":
        cell.ref.tell(Crash())
    else:
        getattr(cell, end)()
    family.system.settle()

    with pytest.raises(ActorDeadError, match="ended before it answered"):
        waiting.get(timeout=1)


def test_an_ask_that_waits_for_room_keeps_its_deadline(system: ActorSystem) -> None:
    full = system.spawn(Counter, mailbox=Mailbox(1, Overflow.BLOCK))
    full.tell(Hold(gate := Event()))
    wait_until_blocked(gate)
    full.tell(Add(1))
    asked = gevent.spawn(full.ask, Add(5), timeout=3)

    system.advance(3.1)

    with pytest.raises(AskTimeout):
        asked.get(timeout=1)
    gate.set()
    system.settle()
    assert full.ask(Read()) == 1


def test_an_ask_that_is_not_to_block_does_not_wait_for_room(system: ActorSystem) -> None:
    full = system.spawn(Counter, mailbox=Mailbox(1, Overflow.BLOCK))
    full.tell(Hold(gate := Event()))
    wait_until_blocked(gate)
    full.tell(Add(1))

    future = full.ask(Read(), block=False)

    with pytest.raises(ActorDeadError, match="mailbox is full"):
        future.get()
    gate.set()


def test_all_who_wait_for_room_wake_when_the_actor_is_gone(family: Family) -> None:
    cell = family.child(mailbox=Mailbox(1, Overflow.BLOCK))
    cell.ref.tell(Hold(Event()))
    family.system.settle()
    readers = [gevent.spawn(cell.ref.tell, number) for number in range(10)]
    family.system.settle()

    cell.kill()
    family.system.settle()
    assert len([reader for reader in readers if not reader.dead]) == 9, "the next incarnation may have room"
    cell.discard()
    family.system.settle()

    assert all(reader.dead for reader in readers)


def test_those_who_wait_for_room_are_served_by_the_next_incarnation(family: Family) -> None:
    cell = family.child(mailbox=Mailbox(1, Overflow.BLOCK))
    cell.ref.tell(Hold(Event()))
    family.system.settle()
    readers = [gevent.spawn(cell.ref.tell, Add(1)) for _ in range(10)]
    family.system.settle()
    cell.kill()
    family.system.settle()

    cell.start()
    gevent.joinall(readers, timeout=1)

    assert cell.ref.ask(Read()) == 10


def test_a_stop_of_pykkas_is_never_lost_in_a_full_mailbox_or_by_its_age(system: ActorSystem) -> None:
    for overflow in (Overflow.DEAD_LETTER, Overflow.DROP_OLDEST, Overflow.BLOCK):
        full = system.spawn(Counter, mailbox=Mailbox(1, overflow))
        full.tell(Hold(gate := Event()))
        wait_until_blocked(gate)
        full.tell(Add(1))
        stopped: pykka.Future[bool] = full.stop(block=False)
        full.try_tell(Add(1))
        if overflow is Overflow.DROP_OLDEST:
            full.tell(Add(1))
        system.advance(60)
        gate.set()
        system.settle()

        assert not full.is_alive()
        assert stopped.get() is True


def test_a_monitor_learns_why_the_last_incarnation_ended(family: Family) -> None:
    heard: list[Any] = []
    cell = family.child()
    family.system.spawn(Watcher, heard).ask(Watch(cell.ref))
    cell.ref.tell(Crash())
    family.system.settle()

    cell.discard()
    family.system.settle()

    [exited] = heard
    assert exited.reason.kind is ExitKind.CRASH


def test_a_deep_family_ends_as_a_whole(system: ActorSystem) -> None:
    parent: Cell | None = None
    cells: list[Cell] = []
    for _ in range(1500):
        parent = system.create_cell(Counter, name="child", parent=parent)
        parent.start()
        cells.append(parent)
    system.settle()

    cells[0].kill()
    system.settle()

    assert {cell.state for cell in cells} == {CellState.DISCARDED}


def test_a_child_that_still_unwinds_does_not_hold_up_its_parents_next_incarnation(family: Family) -> None:
    gate = Event()
    cell = family.child(Doer)

    def unwind_slowly(actor: Any, ctx: Context) -> None:
        try:
            Event().wait()
        finally:
            gate.wait()

    egg = cell.ref.ask(Do(lambda actor, ctx: ctx.spawn(Doer, name="egg")))
    egg.tell(Do(unwind_slowly))
    family.system.settle()
    cell.kill()
    family.system.settle()
    cell.start()
    second = cell.ref.ask(Do(lambda actor, ctx: ctx.spawn(Doer, name="egg")))
    family.system.settle()

    assert not egg.is_alive()
    gate.set()
    family.system.settle()
    assert egg.cell.state is CellState.DISCARDED
    assert family.system.find("/parent/child/egg") == second


def test_mail_for_an_actor_that_was_left_behind_is_accounted_for(family: Family) -> None:
    gate, heard = Event(), list[Any]()
    cell = family.child(Doer, mailbox=Mailbox(1, Overflow.BLOCK))

    def never_end(actor: Any, ctx: Context) -> None:
        ctx.ask(sibling, Read())
        while not gate.is_set():
            try:
                gate.wait()
            except BaseException:  # noqa: BLE001 - what an author should never do
                continue

    sibling = family.system.spawn(Counter)
    family.system.spawn(Watcher, heard).ask(Watch(cell.ref))
    asked = cell.ref.ask(Do(never_end), block=False, timeout=None)
    family.system.settle()
    egg = family.system.create_cell(Counter, name="egg", parent=cell)
    egg.start()
    cell.kill()
    family.system.settle()

    cell.abandon()
    family.system.settle()
    family.system.spawn(Counter, cell.ref).ask(Add(1))
    family.system.settle()

    with pytest.raises(ActorDeadError):
        asked.get(timeout=1)
    with pytest.raises(ActorDeadError):
        cell.ref.tell(Add(2))
    assert [letter.message for letter in family.system.dead_letters] == [Add(1)]
    assert [exited.ref for exited in heard] == [cell.ref]
    assert egg.state is CellState.DISCARDED
    gate.set()
    family.system.settle()
    assert cell.state is CellState.DISCARDED
    assert len(heard) == 1


def test_an_end_by_ones_own_hand_has_its_reason(family: Family) -> None:
    cell = family.child(Doer)
    family.take_reports()
    reason = ExitReason(ExitKind.NORMAL, detail="done")

    cell.ref.tell(Do(lambda actor, ctx: ctx.stop(reason)))

    [exited] = family.take_reports()
    assert exited.reason is reason
    assert reason != NORMAL

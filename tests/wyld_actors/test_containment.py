"""Errors in what an author hooks into the runtime stay where they are: the others go on."""

import logging
from typing import Any

import gevent
import pykka
import pytest
from gevent.event import Event

from tests.wyld_actors.actors import Add, Counter, Crash, Do, Doer, Hold, Read, Recorder, wait_until_blocked
from tests.wyld_actors.family import Family
from wyld_actors import (
    ActorDeadError,
    ActorSystem,
    CellState,
    ChildExited,
    Context,
    Envelope,
    ExitKind,
    Mailbox,
    Overflow,
)
from wyld_actors.reasons import TEXT_LIMIT


class Confused(Exception):
    def __init__(self, trouble: type[BaseException]) -> None:
        super().__init__()
        self.trouble = trouble

    def __str__(self) -> str:
        raise self.trouble


def fail(_: Any) -> None:
    raise ValueError("a listener's bug")


def test_a_listener_for_crashes_that_raises_is_logged_and_the_rest_is_told(
    family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[ChildExited] = []
    family.system.on_crash += [fail, heard.append]
    cell = family.child()

    cell.ref.tell(Crash())
    _started, exited = family.take_reports()

    assert heard == [exited]
    assert cell.state is CellState.STOPPED
    assert "a listener's bug" in caplog.text


def test_a_listener_for_dead_letters_that_raises_does_not_hurt_the_sender(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    system.on_dead_letter += [fail, heard.append]
    gone = system.spawn(Recorder, [])
    gone.stop()
    counter = system.spawn(Counter, gone)

    assert counter.ask(Add(2)) == 2
    assert counter.ask(Read()) == 2
    assert len(heard) == 1
    assert "a listener's bug" in caplog.text


def test_a_listener_that_tells_the_dead_does_not_go_round_for_ever(system: ActorSystem) -> None:
    gone = system.spawn(Recorder, [], name="gone")
    gone.stop()
    system.on_dead_letter += [
        gone.cell.post_control,
        gone.tell,
        lambda letter: gone.cell.post(Envelope(letter)),
    ]

    counter = system.spawn(Counter, gone)

    assert counter.ask(Add(2)) == 2


def test_what_a_listener_tells_arrives_whatever_becomes_of_the_handler_it_interrupts(family: Family) -> None:
    """A listener runs in the turn of whoever caused the news; it is not part of its handler."""
    heard: list[Any] = []
    operator = family.system.spawn(Recorder, heard)
    family.system.on_crash.append(lambda exited: operator.tell("crash"))
    family.system.on_dead_letter.append(lambda letter: operator.tell("dead letter"))
    victim = family.child(keep_mailbox=False)

    victim.ref.tell(Crash())
    victim.ref.tell(Add(1))
    family.system.settle()
    assert sorted(heard) == ["crash", "dead letter"]

    def kill_and_fail(actor: Any, ctx: Context) -> None:
        victim.kill()
        raise ValueError("a bug")

    heard.clear()
    victim.start()
    family.system.settle()
    victim.ref.tell(Hold(Event()))
    family.system.settle()
    victim.ref.tell(Add(1))
    family.system.spawn(Doer).tell(Do(kill_and_fail))
    family.system.settle()

    assert sorted(heard) == ["crash", "crash", "dead letter"]


def test_a_key_that_cannot_be_made_means_no_merging(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    def key(message: Any) -> Any:
        raise ValueError("a listener's bug")

    heard: list[Any] = []
    ref = system.spawn(Recorder, heard, mailbox=Mailbox(10, Overflow.COALESCE, key))

    ref.tell(1)
    ref.tell(2)
    system.settle()

    assert heard == [1, 2]
    assert "a listener's bug" in caplog.text


def test_a_key_that_is_not_hashable_means_no_merging(system: ActorSystem) -> None:
    heard: list[Any] = []
    key: Any = lambda message: [message]  # noqa: E731
    ref = system.spawn(Recorder, heard, mailbox=Mailbox(10, Overflow.COALESCE, key))

    ref.tell(1)
    ref.tell(1)
    system.settle()

    assert heard == [1, 1]


@pytest.mark.parametrize("seconds", ["soon", None, float("nan"), float("inf")])
def test_a_timer_without_a_sensible_time_is_an_error_of_its_handler(
    system: ActorSystem, seconds: Any
) -> None:
    doer, bystander = system.spawn(Doer), system.spawn(Doer)

    for call in ("after", "every"):
        with pytest.raises((TypeError, ValueError)):
            system.spawn(Doer).ask(Do(lambda actor, ctx, call=call: getattr(ctx, call)(seconds, "message")))

    assert bystander.ask(Read()) == 0
    assert doer.ask(Read()) == 0


def test_a_future_that_somebody_else_fulfilled_or_hooked_is_no_harm_to_the_actor(system: ActorSystem) -> None:
    doer = system.spawn(Doer)
    early = doer.ask(Read(), block=False)
    early.set("not from the actor")
    hooked = doer.ask(Read(), block=False)
    hooked.set_get_hook(lambda timeout: "hooked")

    assert doer.ask(Read()) == 0
    assert early.get() == "not from the actor"
    assert hooked.get() == "hooked"


def test_a_future_that_is_not_ours_is_refused_at_the_door(system: ActorSystem) -> None:
    counter = system.spawn(Counter)

    with pytest.raises(TypeError, match=r"wyld_actors\.Future"):
        counter.actor_inbox.put(Envelope(Read(), pykka.ThreadingFuture()))  # type: ignore[arg-type]
    assert counter.ask(Read()) == 0


@pytest.mark.parametrize("trouble", [RuntimeError, SystemExit, gevent.Timeout])
def test_an_error_that_cannot_be_put_into_words_is_reported_all_the_same(
    family: Family, trouble: type[BaseException]
) -> None:
    cell = family.child()
    family.take_reports()

    cell.ref.tell(Crash(Confused(trouble)))

    [exited] = family.take_reports()
    assert exited.reason.kind is ExitKind.CRASH
    assert "Confused" in str(exited.reason)


def test_of_an_endless_text_of_an_error_only_the_beginning_is_kept(family: Family) -> None:
    cell = family.child()

    cell.ref.tell(Crash(ValueError("x" * 1_000_000)))
    family.system.settle()

    assert cell.last_error is not None
    assert len(cell.last_error.reason) < 2 * TEXT_LIMIT
    assert cell.last_error.reason.endswith("(1000000 characters)")


def test_an_actor_that_cannot_say_its_name_ends_as_any_other(system: ActorSystem) -> None:
    class Nameless(Counter):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    nameless, bystander = system.spawn(Nameless), system.spawn(Counter)

    nameless.tell(Crash())
    nameless.tell("unexpected")
    system.settle()

    assert not nameless.is_alive()
    assert bystander.ask(Read()) == 0


def test_an_on_failure_that_raises_or_tells_ends_the_same_way(family: Family) -> None:
    heard: list[Any] = []
    recorder = family.system.spawn(Recorder, heard)

    class Wordy(Counter):
        def on_failure(self, *exc_info: Any) -> None:
            recorder.tell("ouch")
            self.ctx.after(1, "later")
            self.ctx.stop()

    class Worse(Counter):
        def on_failure(self, *exc_info: Any) -> None:
            recorder.tell("never")
            raise SystemExit(3)

    for kind in (Wordy, Worse):
        cell = family.child(kind)
        cell.ref.tell(Crash())
        family.system.settle()
        cell.start()
        family.system.settle()
        assert cell.state is CellState.RUNNING, "what the last incarnation left must not touch the next"
        family.system.advance(2)
        cell.stop()
        family.system.settle()
        cell.discard()

    assert heard == ["ouch"]


def test_an_idle_callback_that_raises_leaves_the_others_to_run(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []
    system.dispatcher.when_idle(lambda: fail(None))
    system.dispatcher.when_idle(lambda: called.append("second"))

    system.settle()

    assert called == ["second"]
    assert system.spawn(Counter).ask(Read()) == 0


def test_an_error_of_the_runtime_itself_ends_one_actor_and_not_the_dispatcher(
    family: Family, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bystander = family.system.spawn(Counter)
    cell = family.child(Doer)
    family.take_reports()

    asked = cell.ref.ask(Read(), block=False)
    monkeypatch.setattr(type(cell), "keep_state", fail_in_the_runtime)
    changing = cell.ref.ask(Add(1), block=False)
    with caplog.at_level(logging.CRITICAL):
        [exited] = family.take_reports()

    assert asked.get() == 0
    with pytest.raises(MemoryError):
        changing.get()
    assert exited.reason.kind is ExitKind.CRASH
    assert bystander.ask(Read()) == 0


def fail_in_the_runtime(*_: Any) -> None:
    raise MemoryError("in the runtime")


def test_a_hub_callback_that_raises_does_not_stop_the_dispatcher(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = system.spawn(Counter)
    hub = gevent.get_hub()
    reported: list[Any] = []
    monkeypatch.setattr(hub, "handle_error", lambda *error: reported.append(error))
    for _ in range(3):
        hub.loop.run_callback(lambda: 1 / 0)
        counter.tell(Add(1))
    system.settle()

    assert counter.ask(Read()) == 3
    assert len(reported) == 3


def test_a_greenlet_that_a_handler_spawned_is_no_part_of_the_handler(system: ActorSystem) -> None:
    heard: list[Any] = []
    other = system.spawn(Recorder, heard)
    helper = system.spawn(Doer)
    greenlets: list[Any] = []

    def aside() -> int:
        other.tell("at once")
        return int(helper.ask(Add(2)))

    def work(actor: Any, ctx: Context) -> None:
        greenlets.append(gevent.spawn(aside))
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        system.spawn(Doer).ask(Do(work))

    assert greenlets[0].get(timeout=1) == 2
    assert heard == ["at once"]


def test_what_a_leftover_greenlet_does_with_the_context_does_not_reach_the_next_incarnation(
    family: Family,
) -> None:
    contexts: list[Context] = []
    heard: list[Any] = []

    class Leaving(Recorder, Doer):
        def __init__(self, heard: list[Any]) -> None:
            self.heard = heard

    cell = family.child(Leaving, heard)
    cell.ref.ask(Do(lambda actor, ctx: contexts.append(ctx)))
    other = family.system.spawn(Counter)
    cell.ref.tell(Crash())
    family.system.settle()
    cell.start()
    family.system.settle()

    [old] = contexts
    old.after(1, "late")
    old.every(1, "late")
    old.monitor(other)
    with pytest.raises(ActorDeadError, match="incarnation 1 of /parent/child has ended"):
        old.spawn(Counter, name="egg")
    other.stop()
    family.system.advance(3)

    assert old.incarnation == 1
    assert heard == []
    assert family.system.find("/parent/child/egg") is None


def test_a_tell_from_the_hub_never_waits_for_room(system: ActorSystem) -> None:
    gate = Event()
    full = system.spawn(Counter, mailbox=Mailbox(1, Overflow.BLOCK))
    full.tell(Hold(gate))
    wait_until_blocked(gate)
    full.tell(Add(1))
    done: list[str] = []

    def in_the_hub() -> None:
        full.tell(Add(2))
        done.append("told")

    system.dispatcher.hub.loop.run_callback(in_the_hub)
    system.settle()

    assert done == ["told"]
    assert [letter.message for letter in system.dead_letters] == [Add(2)]
    gate.set()


def test_a_stopped_system_takes_no_more_actors(system: ActorSystem) -> None:
    second = ActorSystem("second")
    gate = Event()
    stubborn = second.spawn(Stubborn)
    stubborn.tell(Hold(gate))
    wait_until_blocked(gate)
    second.stop()

    with pytest.raises(Exception, match="second has stopped"):
        second.spawn(Counter)
    gate.set()
    second.settle()
    assert not stubborn.is_alive()
    assert not second.roots


class Stubborn(Counter):
    def hold(self, ctx: Context, message: Hold) -> str:
        while not message.event.is_set():
            try:
                message.event.wait()
            except BaseException:  # noqa: BLE001 - what an author should never do
                continue
        return "still here"


def test_cells_that_never_started_go_with_their_system() -> None:
    system = ActorSystem()
    cell = system.create_cell(Counter, name="new")

    system.stop()

    assert cell.state is CellState.DISCARDED
    assert not system.roots

"""The watchdog over real handlers that do not give the thread back, in real time."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import monkey
from gevent.event import Event
from greenlet import getcurrent

from supervisors import LogEvent, RestartLog, Services, one_for_one, run_tree, supervisor, worker
from supervisors.watchdog import Blocked, Watchdog, WatchdogOptions
from wyld_actors import Actor, ActorDeadError, ActorSystem, Context, Message, Record, Ref, StuckReport, on
from wyld_actors.holder import Holder
from wyld_actors.worker import Worker

native_sleep = monkey.get_original("time", "sleep")

# Half of what a server takes, and the same order.
OPTIONS = WatchdogOptions(
    report_after_seconds=0.1, interrupt_after_seconds=0.2, unready_after_seconds=0.15, slow_after_seconds=0.05
)
# Of processor time, as the watchdog counts. A handler that nobody interrupts ends by itself: the test fails.
LONG_SECONDS = 8.0


class Work(Message, frozen=True):
    """Do `what(actor, ctx)`."""

    what: Callable[[Any, Any], object]


class Ping(Message, frozen=True):
    pass


class Seen(Record, frozen=True):
    number: int = 0


class Labourer(Actor):
    State = Seen

    @on(Work)
    def work(self, ctx: Context, work: Work) -> object:
        self.state = Seen(self.state.number + 1)
        return work.what(self, ctx)

    @on(Ping)
    def ping(self, ctx: Context, _: Ping) -> tuple[int, int]:
        return ctx.incarnation, self.state.number


class Keeper(Labourer):
    may_be_interrupted = False


def spin(seconds: float = LONG_SECONDS, *, until: Callable[[], bool] = lambda: False) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end and not until():
        pass


class Yard:
    """A tree of labourers under a watchdog."""

    def __init__(self) -> None:
        self.told: list[StuckReport] = []
        self.blocked: list[Blocked] = []
        self.log = RestartLog()
        self.system = ActorSystem()
        self.dog = Watchdog(OPTIONS, tell=self.told.append, pulse=self._pulse)
        self.tree = run_tree(
            self.system,
            supervisor(
                "yard",
                one_for_one,
                [worker("a", Labourer), worker("b", Labourer), worker("keeper", Keeper)],
            ),
            services=Services(log=self.log),
        )
        self.tree.started.get(timeout=5)
        self.system.slow_handlers.answers_for = self.dog.answers_for
        self.dog.start()

    def _pulse(self, blocked: Blocked | None) -> None:
        if blocked is not None:
            self.blocked.append(blocked)

    def close(self) -> None:
        self.dog.stop()
        self.tree.shutdown(2.0)
        self.tree.ended.get(timeout=5)
        self.system.stop()

    def ref(self, name: str) -> Ref:
        found = self.system.find(f"/yard/{name}")
        assert found is not None
        return found

    def ask(self, name: str, what: Callable[[Any, Any], object]) -> Any:
        return self.ref(name).ask(Work(what), timeout=20.0)

    def events(self) -> list[tuple[LogEvent, str, str | None]]:
        return [(record.event, record.path, record.reason_class) for record in self.log.recent()]


@pytest.fixture
def yard() -> Iterator[Yard]:
    # Hypothesis leaves one that times each collection. An interruption that falls into it comes again, but
    # Python warns of the one that was lost.
    callbacks = gc.callbacks.copy()
    gc.callbacks.clear()
    yard = Yard()
    yield yard
    yard.close()
    gc.callbacks.extend(callbacks)


def holder(actor: Actor) -> Holder:
    worker = getcurrent()
    assert isinstance(worker, Worker)
    return Holder(worker, actor._cell)


def is_stuck_and_restarted(yard: Yard, work: Callable[[Any, Any], object]) -> None:
    with pytest.raises(ActorDeadError, match="was stuck"):
        yard.ask("a", work)

    # Restarted, from its last good state; the sibling has noticed nothing.
    assert yard.ref("a").ask(Ping()) == (2, 0)
    assert yard.ref("b").ask(Ping()) == (1, 0)
    gevent.sleep(0)
    assert (LogEvent.STUCK, "/yard/a", None) in yard.events()
    assert (LogEvent.CHILD_TERMINATED, "/yard/a", "stuck") in yard.events()


@pytest.mark.slow
def test_a_handler_that_computes_for_ever_is_reported_interrupted_and_restarted_alone(yard: Yard) -> None:
    is_stuck_and_restarted(yard, lambda actor, ctx: spin())

    report = yard.told[0]
    assert report.cell is yard.ref("a").cell
    assert report.message_type == "Work"
    assert report.seconds < 0.5
    assert "in spin" in report.stack
    assert "seam.py" not in report.stack


@pytest.mark.slow
def test_a_handler_that_catches_every_exception_is_interrupted(yard: Yard) -> None:
    def work(_actor: Any, _ctx: Any) -> None:
        end = time.thread_time() + LONG_SECONDS
        while time.thread_time() < end:
            with contextlib.suppress(Exception):
                sum(range(50))

    is_stuck_and_restarted(yard, work)


@pytest.mark.slow
def test_what_a_handler_did_that_caught_its_interruption_never_leaves_it(yard: Yard) -> None:
    def work(actor: Any, ctx: Any) -> str:
        ctx.tell(yard.ref("b"), Work(lambda other, _: None))
        with contextlib.suppress(BaseException):
            spin()
        return "all is well"

    is_stuck_and_restarted(yard, work)


@pytest.mark.slow
def test_a_handler_that_goes_on_after_it_caught_its_interruption_is_reported_as_such(yard: Yard) -> None:
    def work(_actor: Any, _ctx: Any) -> None:
        end = time.thread_time() + 1.0
        while time.thread_time() < end:
            # A call: in Python 3.13 the jump back of a loop is not within the `with` around it.
            with contextlib.suppress(BaseException):
                spin(end - time.thread_time())

    is_stuck_and_restarted(yard, work)

    assert [report.catches for report in yard.told] == [False, True]
    records = [record for record in yard.log.recent() if record.event is LogEvent.STUCK]
    assert "caught what interrupted it" in (records[-1].exc_msg or "")


@pytest.mark.slow
def test_a_handler_that_computes_after_it_has_waited_is_interrupted_as_well(yard: Yard) -> None:
    def work(_actor: Any, ctx: Any) -> None:
        ctx.ask(yard.ref("b"), Ping())
        spin()

    with pytest.raises(ActorDeadError, match="was stuck"):
        yard.ask("a", work)

    # What came before the ask was final.
    assert yard.ref("a").ask(Ping()) == (2, 1)


@pytest.mark.slow
def test_a_loop_that_uses_the_runtime_all_the_time_is_interrupted_where_that_does_no_harm(yard: Yard) -> None:
    def work(_actor: Any, ctx: Any) -> None:
        end = time.thread_time() + LONG_SECONDS
        while time.thread_time() < end:
            ctx.tell(yard.ref("b"), Ping())

    is_stuck_and_restarted(yard, work)


@pytest.mark.slow
def test_a_loop_that_is_hardly_ever_where_it_may_be_interrupted_is_interrupted_soon(yard: Yard) -> None:
    quiet = logging.getLogger("tests.quiet")
    quiet.addHandler(logging.StreamHandler(io.StringIO()))
    quiet.propagate = False

    def work(_actor: Any, _ctx: Any) -> None:
        end = time.monotonic() + LONG_SECONDS
        while time.monotonic() < end:
            quiet.error("here we are again")

    is_stuck_and_restarted(yard, work)


@pytest.mark.slow
def test_a_call_that_blocks_is_interrupted_if_it_heeds_signals(yard: Yard) -> None:
    is_stuck_and_restarted(yard, lambda actor, ctx: native_sleep(LONG_SECONDS))

    assert any(blocked.is_unready and blocked.path == "/yard/a" for blocked in yard.blocked)


@pytest.mark.slow
def test_a_message_that_makes_its_actor_stuck_again_is_parked(yard: Yard) -> None:
    work = Work(lambda actor, ctx: spin())
    for _ in range(2):
        with pytest.raises(ActorDeadError):
            yard.ref("a").ask(work, timeout=20.0)

    assert [letter.message for letter in yard.system.dead_letters] == [work]


@pytest.mark.slow
def test_an_actor_that_is_stuck_in_its_start_is_interrupted(yard: Yard) -> None:
    class Sleeper(Actor):
        def on_start(self) -> None:
            spin()

    ended = Event()
    yard.system.on_crash.append(lambda exited: ended.set())
    yard.system.spawn(Sleeper, name="sleeper")

    assert ended.wait(LONG_SECONDS / 2)
    assert yard.told[0].message_type is None


@pytest.mark.slow
def test_who_keeps_more_than_a_record_is_reported_and_left_to_end(yard: Yard) -> None:
    yard.ask("keeper", lambda actor, ctx: spin(0.5))

    assert [report.cell for report in yard.told] == [yard.ref("keeper").cell]
    assert yard.ref("keeper").ask(Ping()) == (1, 1)


@pytest.mark.slow
def test_what_is_no_actor_is_reported_with_its_stack(yard: Yard) -> None:
    # Until the watchdog's thread has had its turns, which on a busy machine takes what it takes.
    spin(until=lambda: any("in spin" in report.stack for report in yard.told))

    report = next(report for report in yard.told if "in spin" in report.stack)
    assert report.cell is None


@pytest.mark.slow
def test_a_handler_that_waits_is_left_alone(yard: Yard) -> None:
    yard.ask("a", lambda actor, ctx: gevent.sleep(0.6))

    assert yard.told == []


def test_an_interruption_that_comes_too_late_hits_nobody(yard: Yard) -> None:
    earlier: list[Holder] = []
    yard.ask("a", lambda actor, ctx: earlier.append(holder(actor)))
    interrupter = yard.dog._interrupter

    for name in ("a", "b"):
        yard.ask(name, lambda actor, ctx: interrupter.request(earlier[0], 1.0, 0))
    interrupter.request(earlier[0], 1.0, 0)

    assert interrupter.raised == 0
    assert yard.ref("a").ask(Ping()) == (1, 2)


def test_who_was_interrupted_a_moment_ago_is_not_interrupted_by_an_older_request(yard: Yard) -> None:
    interrupter = yard.dog._interrupter

    yard.ask("a", lambda actor, ctx: interrupter.request(holder(actor), 1.0, interrupter.raised - 1))

    assert yard.ref("a").ask(Ping()) == (1, 1)

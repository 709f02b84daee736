"""Does the faults of a schedule to a real server, and says when each began and when it was over."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence

import gevent
import psutil

from tests.chaos.bots import Bot
from tests.chaos.faults import Fault, Kind
from tests.chaos.recovery import Struck
from tests.chaos.stage import Stage

logger = logging.getLogger(__name__)

# How often what is waited for is looked at.
LOOK_SECONDS = 0.02
# Seconds that every piece on a slow link takes.
SLOW_SECONDS = 0.15

Deed = Callable[["Injector", Fault], None]


class NotThere(Exception):
    """What is to be hurt is not there: another fault has hurt it already."""


class Injector:
    """Strikes a server and its players. `struck` are the faults that were done."""

    def __init__(self, stage: Stage, bots: Sequence[Bot], now: Callable[[], float]) -> None:
        self.struck: list[Struck] = []
        self.missed: list[Fault] = []
        self._stage = stage
        self._bots = bots
        self._now = now

    def run(self, faults: Sequence[Fault], say: Callable[[str], object]) -> None:
        """Do them all at their times, each on its own, and return when all are over."""
        strikes = []
        for fault in faults:
            gevent.sleep(max(0.0, fault.at - self._now()))
            say(str(fault))
            strikes.append(gevent.spawn(self._strike, fault))
        gevent.joinall(strikes, raise_error=True)

    def _strike(self, fault: Fault) -> None:
        for bot in self._bots:
            bot.pastes()
        gevent.sleep(fault.lead)
        began = self._now()
        try:
            _DEEDS[fault.kind](self, fault)
        except NotThere:
            self.missed.append(fault)
        else:
            self.struck.append(Struck(fault, began, self._now()))

    # Processes --------------------------------------------------------------------------------------------

    def kill_world(self, _: Fault) -> None:
        send(self._pid("world"), signal.SIGKILL)

    def kill_gateway(self, _: Fault) -> None:
        pid = self._pid("gateway")
        # Said first: players whose connection ends by it ask who it was.
        self._stage.gateways_killed += 1
        send(pid, signal.SIGKILL)

    def freeze_world(self, fault: Fault) -> None:
        with frozen([self._pid("world")]):
            gevent.sleep(fault.seconds)

    def freeze_gateway(self, fault: Fault) -> None:
        with frozen([self._pid("gateway")]):
            gevent.sleep(fault.seconds)

    def _pid(self, half: str) -> int:
        pid = self._stage.content().get("pids", {}).get(half)
        if not pid or not psutil.pid_exists(pid):
            raise NotThere
        return int(pid)

    # The database -----------------------------------------------------------------------------------------

    def kill_database(self, _: Fault) -> None:
        """The launcher starts it again when it notices."""
        self._end_database()

    def take_database_away(self, fault: Fault) -> None:
        """Whoever starts it again waits for this lock first, see `actors/storage/embedded.py`."""
        with (self._stage.data_dir / "postgres.lock").open("w") as lock:
            while not try_lock(lock.fileno()):
                gevent.sleep(LOOK_SECONDS)
            self._end_database()
            gevent.sleep(fault.seconds)

    def freeze_database(self, fault: Fault) -> None:
        with frozen([process.pid for process in self._database()]):
            gevent.sleep(fault.seconds)

    def _end_database(self) -> None:
        postmaster, *others = self._database()
        postmaster.kill()
        psutil.wait_procs([postmaster, *others], timeout=10.0)

    def _database(self) -> list[psutil.Process]:
        """The postmaster, then its children."""
        try:
            postmaster = self._stage.postgres
            return [postmaster, *postmaster.children(recursive=True)]
        except (AssertionError, psutil.NoSuchProcess) as error:
            raise NotThere from error

    # Connections ------------------------------------------------------------------------------------------

    def cut_link(self, fault: Fault) -> None:
        proxy = self._stage.link_proxy
        with nested(lambda: setattr(proxy, "refuses", True), lambda: setattr(proxy, "refuses", False)):
            proxy.cut_all()
            gevent.sleep(fault.seconds)

    def stall_link(self, fault: Fault) -> None:
        flows = self._stage.link_proxy.traffic.flows
        with nested(flows.clear, flows.set):
            gevent.sleep(fault.seconds)

    def slow_link(self, fault: Fault) -> None:
        traffic = self._stage.link_proxy.traffic
        with nested(
            lambda: setattr(traffic, "delay_seconds", SLOW_SECONDS),
            lambda: setattr(traffic, "delay_seconds", 0.0),
        ):
            gevent.sleep(fault.seconds)

    def cut_client(self, fault: Fault) -> None:
        pipe = self._bots[fault.victim].proxy.newest
        if pipe is None or pipe.was_cut:
            raise NotThere
        pipe.cut_after(fault.cut_bytes, fault.cut)
        # It is over when the connection is.
        with gevent.Timeout(CUT_SECONDS, NotThere):
            while not pipe.was_cut:
                if pipe.has_ended:
                    raise NotThere
                gevent.sleep(LOOK_SECONDS)


# Seconds. Somebody who plays has sent and been sent so many bytes by then.
CUT_SECONDS = 30.0

_DEEDS: Mapping[Kind, Deed] = {
    Kind.WORLD_KILLED: Injector.kill_world,
    Kind.WORLD_FROZEN: Injector.freeze_world,
    Kind.GATEWAY_KILLED: Injector.kill_gateway,
    Kind.GATEWAY_FROZEN: Injector.freeze_gateway,
    Kind.DATABASE_KILLED: Injector.kill_database,
    Kind.DATABASE_AWAY: Injector.take_database_away,
    Kind.DATABASE_FROZEN: Injector.freeze_database,
    Kind.LINK_CUT: Injector.cut_link,
    Kind.LINK_STALLED: Injector.stall_link,
    Kind.LINK_SLOW: Injector.slow_link,
    Kind.CLIENT_CUT: Injector.cut_client,
}


def send(pid: int, number: int) -> None:
    """A signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@contextlib.contextmanager
def frozen(pids: Sequence[int]) -> Iterator[None]:
    """They stand still meanwhile."""
    for pid in pids:
        send(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            send(pid, signal.SIGCONT)


@contextlib.contextmanager
def nested(begin: Callable[[], object], end: Callable[[], object]) -> Iterator[None]:
    """`begin` now, `end` in any case."""
    begin()
    try:
        yield
    finally:
        end()


def try_lock(descriptor: int) -> bool:
    """Without waiting in the kernel, which would stop the players as well."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

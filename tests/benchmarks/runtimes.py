"""The three ways to run a Pykka actor that are compared: ours, threads under gevent, greenlets.

Each is a process of its own (`python -m tests.benchmarks.runtimes NAME`), which prints its figures as
JSON: what one leaves behind does not weigh on the next.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402 - patched before anything else is imported
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import pykka  # noqa: E402
from gevent.queue import SimpleQueue  # noqa: E402

from wyld_actors import Actor, ActorSystem, Context, Mailbox, Message, Ref, on  # noqa: E402

ACTORS = 5_000
ASKS = 20_000
TELLS = 200_000
ROUNDS = 60


class Ping(Message, frozen=True):
    number: int


class Wyld(Actor):
    @on(Ping)
    def ping(self, ctx: Context, message: Ping) -> int:
        return message.number


class Threaded(pykka.ThreadingActor):
    # Otherwise the interpreter scans the locks of all threads at each start (measured: 1 ms and more).
    use_daemon_thread = True

    def on_receive(self, message: Ping) -> int:
        return message.number


class GreenletActor(pykka.Actor):
    """Pykka's own loop in a greenlet of its own for each actor, with gevent's fastest queue."""

    @staticmethod
    def _create_actor_inbox() -> Any:
        return SimpleQueue()

    @staticmethod
    def _create_future() -> Any:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        gevent.spawn(self._actor_loop)

    def on_receive(self, message: Ping) -> int:
        return message.number


def measure(start: Callable[[], Any]) -> dict[str, float]:
    """All figures of one runtime; `start` makes one actor and gives its reference."""
    figures: dict[str, float] = {}
    start()
    gevent.sleep(0)
    gc.collect()
    before = _resident_bytes()
    began = time.perf_counter()
    refs = [start() for _ in range(ACTORS)]
    for ref in (refs[0], refs[-1]):
        ref.ask(Ping(0))
    figures["starts a second"] = ACTORS / (time.perf_counter() - began)
    gc.collect()
    figures["KiB an idle actor"] = (_resident_bytes() - before) / ACTORS / 1024
    figures["tells a second, one target"] = _rate(TELLS, lambda: _tell_one(refs[0]), refs[:1])
    figures["tells a second, over 5,000"] = _rate(ACTORS * ROUNDS, lambda: _tell_all(refs), refs)
    figures["asks a second"] = _rate(ASKS, lambda: _ask(refs[0]), refs[:1])
    return figures


def _rate(count: int, work: Callable[[], None], targets: list[Any]) -> float:
    began = time.perf_counter()
    work()
    # The mail is handled in order, so an answer means that all before it is done.
    for future in [ref.ask(Ping(0), block=False) for ref in targets]:
        future.get(timeout=60)
    return count / (time.perf_counter() - began)


def _tell_one(ref: Any) -> None:
    for number in range(TELLS):
        ref.tell(Ping(number))
        if number % 500 == 0:
            gevent.sleep(0)


def _tell_all(refs: list[Any]) -> None:
    message = Ping(1)
    for _ in range(ROUNDS):
        for ref in refs:
            ref.tell(message)
        gevent.sleep(0)


def _ask(ref: Any) -> None:
    for number in range(ASKS):
        ref.ask(Ping(number))


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


def wyld() -> Callable[[], Ref]:
    system = ActorSystem()
    return lambda: system.spawn(Wyld, mailbox=Mailbox(limit=TELLS))


RUNTIMES: dict[str, Callable[[], Callable[[], Any]]] = {
    "Wyld Actors": wyld,
    "ThreadingActor, patched": lambda: Threaded.start,
    "a greenlet for each": lambda: GreenletActor.start,
}


if __name__ == "__main__":
    json.dump(measure(RUNTIMES[sys.argv[1]]()), sys.stdout)

"""What others notice while something happens: how long the loop is held, and how long an answer takes.

Each millisecond a question is due. It waits from then on, also when the loop was held and it could not even
be put: what is missed counts, as it does for players. That time has the machine's other work in it. How long
the loop is held is processor time, so it says what this process did and not what its neighbours did.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import gevent

from wyld_actors import Actor, ActorSystem, Context, Message, on

__all__ = ["Bystander", "Pulse", "Question"]

BEAT_SECONDS = 0.001


class Question(Message, frozen=True):
    pass


class Bystander(Actor):
    """Answers, and does nothing else."""

    @on(Question)
    def answer(self, ctx: Context, question: Question) -> int:
        return ctx.incarnation


class Pulse:
    """While the block runs, at most: `held_seconds` between two turns of the loop, `answer_seconds`."""

    def __init__(self, system: ActorSystem) -> None:
        self._ref = system.spawn(Bystander)
        self._greenlets: list[gevent.Greenlet[[], None]] = []
        self.held_seconds = 0.0
        self.answer_seconds = 0.0

    def __enter__(self) -> Self:
        self.held_seconds = self.answer_seconds = 0.0
        self._greenlets = [gevent.spawn(self._look), gevent.spawn(self._ask)]
        # So that they wait already when the block begins.
        gevent.sleep(5 * BEAT_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, stack: TracebackType | None) -> None:
        # What became due in the block is still waited for.
        gevent.sleep(5 * BEAT_SECONDS)
        gevent.killall(self._greenlets)

    def _look(self) -> None:
        while True:
            before = time.process_time()
            gevent.sleep(BEAT_SECONDS)
            self.held_seconds = max(self.held_seconds, time.process_time() - before)

    def _ask(self) -> None:
        while True:
            due = time.monotonic() + BEAT_SECONDS
            gevent.sleep(BEAT_SECONDS)
            self._ref.ask(Question())
            self.answer_seconds = max(self.answer_seconds, time.monotonic() - due)

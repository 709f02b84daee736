"""What crashes cost those who meet them and those who do not.

A process of its own (`python -m tests.benchmarks.crashes FIGURE`), which prints its figures as JSON. The
actors live under a dynamic supervisor with its defaults below another one; the restart log writes to a file
of JSON lines and to `logging`, whose lines are made and thrown away.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from run_half import calm_collector  # noqa: E402
from supervisors import (  # noqa: E402
    Backoff,
    Budget,
    JsonLinesFile,
    RestartLog,
    Services,
    SpawnChild,
    dynamic,
    one_for_one,
    run_tree,
    supervisor,
)
from tests.benchmarks.pulse import Bystander, Pulse, Question  # noqa: E402
from wyld_actors import ActorSystem, Context, Message, Ref, on  # noqa: E402

USUAL = Backoff()
CRASHES = 2_000
STORM, STORMS = 1_000, 5
OTHERS = 1_000
# What the others have to stay within, of their questions.
LIMIT_SECONDS, SHARE = 0.010, 0.99
# From step to step; each is held for so long, after a moment in which it is not looked at.
FIRST_RATE, FACTOR = 500.0, 1.25
HELD_SECONDS, SETTLING_SECONDS = 2.0, 0.5
# A machine that is shared may stumble by itself.
TRIES = 2
# Of the crashes that were ordered, as many have to be over and mended.
DONE_SHARE = 0.95
TICK_SECONDS = 0.002


class Crash(Message, frozen=True):
    """`bug` tells one cause from another."""

    bug: int = 0


class Victim(Bystander):
    @on(Crash)
    def crash(self, ctx: Context, message: Crash) -> None:
        if not message.bug:
            raise ValueError("a bug")
        raise type(f"Bug{message.bug}", (Exception,), {})("another bug")


class House:
    """So many victims. With the usual back-off each is restarted at once after its first crash only."""

    def __init__(self, folder: Path, size: int, backoff: Backoff = USUAL) -> None:
        self.system = ActorSystem()
        log = RestartLog([JsonLinesFile(folder / "restarts.jsonl")])
        patience = Budget(max_failures=1_000_000)
        victims = dynamic("victims", Victim, budget=patience, backoff=backoff)
        run_tree(self.system, supervisor("top", one_for_one, [victims]), services=Services(log=log))
        self.system.settle()
        pool = self._find("/top/victims")
        for _ in range(size):
            pool.tell(SpawnChild())
        self.system.settle()
        self.refs = [self._find(f"/top/victims/{number}") for number in range(1, size + 1)]

    def _find(self, path: str) -> Ref:
        ref = self.system.find(path)
        assert ref is not None
        return ref

    @property
    def restarts(self) -> int:
        return sum(ref.cell.incarnation - 1 for ref in self.refs)


def first_answer(folder: Path) -> dict[str, float]:
    """One after the other crashes, once each, and is asked."""
    figures: dict[str, float] = {}
    for what, is_new in (("one bug", False), ("a new bug each time", True)):
        house = House(folder, CRASHES)
        calm_collector()
        seconds = [_crash(ref, number if is_new else 0) for number, ref in enumerate(house.refs, 1)]
        assert house.restarts == CRASHES
        house.system.stop()
        figures[f"ms from crash to next answer, p50: {what}"] = 1000 * quantile(seconds, 0.50)
        figures[f"ms from crash to next answer, p99: {what}"] = 1000 * quantile(seconds, 0.99)
    return figures


def _crash(ref: Ref, bug: int) -> float:
    begun = time.monotonic()
    ref.tell(Crash(bug))
    incarnation = ref.ask(Question())
    seconds = time.monotonic() - begun
    assert incarnation == 2
    return seconds


def storm(folder: Path) -> dict[str, float]:
    """All crash in one turn of the loop."""
    durations, held, answers = [], [], []
    for _ in range(STORMS):
        house = House(folder, STORM)
        pulse = Pulse(house.system)
        calm_collector()
        with pulse:
            begun = time.monotonic()
            for ref in house.refs:
                ref.tell(Crash())
            for answer in [ref.ask(Question(), block=False) for ref in house.refs]:
                assert answer.get() == 2
            durations.append(time.monotonic() - begun)
        held.append(pulse.held_seconds)
        answers.append(pulse.answer_seconds)
        house.system.stop()
    return {
        f"ms until {STORM:,} that crashed in one turn have answered": 1000 * statistics.median(durations),
        "ms that the loop was held meanwhile, at most": 1000 * max(held),
        "ms that another actor's answer took meanwhile, at most": 1000 * max(answers),
    }


class Others:
    """Actors that are asked once a second each, evenly spread. A question waits from the time it is due."""

    def __init__(self, system: ActorSystem) -> None:
        self._refs = [system.spawn(Bystander) for _ in range(OTHERS)]
        self._begun = time.monotonic()
        self.waits: list[float] = []
        self._greenlets = [gevent.spawn(self._ask, number) for number in range(OTHERS)]

    def _ask(self, number: int) -> None:
        due = self._begun + number / OTHERS
        while True:
            gevent.sleep(max(0.0, due - time.monotonic()))
            self._refs[number].ask(Question(), timeout=60)
            self.waits.append(time.monotonic() - due)
            due += 1.0

    def stop(self) -> None:
        gevent.killall(self._greenlets)


def sustained(folder: Path) -> dict[str, float]:
    """Crashes a second, more and more of them, until the others have to wait."""
    house = House(folder, OTHERS, Backoff.none())
    others = Others(house.system)
    calm_collector()
    quiet = wait_at(house, others, 0.0)
    best, wait, rate = 0.0, quiet, FIRST_RATE
    while (at_rate := _best_wait_at(house, others, rate)) <= LIMIT_SECONDS:
        best, wait = rate, at_rate
        rate *= FACTOR
    others.stop()
    return {
        f"crashes a second while {OTHERS:,} others answer within 10 ms at p99": best,
        "ms that these answers take at that rate, p99": 1000 * wait,
        "ms that these answers take at the next step, p99": 1000 * at_rate,
        "ms that these answers take without crashes, p99": 1000 * quiet,
    }


def _best_wait_at(house: House, others: Others, rate: float) -> float:
    for _ in range(TRIES):
        wait = wait_at(house, others, rate)
        if wait <= LIMIT_SECONDS:
            break
    return wait


def wait_at(house: House, others: Others, rate: float) -> float:
    """What the others wait for an answer, p99, at so many crashes a second; infinite if these lag behind."""
    crashing = gevent.spawn(_crash_steadily, house.refs, rate)
    gevent.sleep(SETTLING_SECONDS)
    others.waits.clear()
    before, begun = house.restarts, time.monotonic()
    gevent.sleep(HELD_SECONDS)
    done = (house.restarts - before) / (time.monotonic() - begun)
    waits = list(others.waits)
    crashing.kill()
    house.system.settle()
    enough = len(waits) >= DONE_SHARE * OTHERS * HELD_SECONDS and done >= DONE_SHARE * rate
    return quantile(waits, SHARE) if enough else float("inf")


def _crash_steadily(refs: list[Ref], rate: float) -> None:
    begun, crashed = time.monotonic(), 0
    while True:
        gevent.sleep(TICK_SECONDS)
        while crashed < rate * (time.monotonic() - begun):
            refs[crashed % len(refs)].tell(Crash())
            crashed += 1


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


FIGURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "first-answer": first_answer,
    "sustained": sustained,
    "storm": storm,
}

if __name__ == "__main__":
    logging.basicConfig(filename=os.devnull, level=logging.INFO)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(FIGURES[sys.argv[1]](Path(name))))  # noqa: T201 - read by supervision.py

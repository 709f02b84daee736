"""What one actor's start, look-up, crash and stop cost among few and among many.

A process of its own (`python -m tests.benchmarks.crowds KIND SIZE`), which prints microseconds for each actor
as JSON. A small crowd is measured often enough that both measurements deal with the same number of actors.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402

from supervisors import (  # noqa: E402
    Budget,
    ChildSpec,
    SpawnChild,
    Tree,
    dynamic,
    one_for_one,
    run_tree,
    supervisor,
    worker,
)
from wyld_actors import Actor, ActorSystem, Context, Message, on  # noqa: E402

# Actors that are dealt with for each figure, at least.
ENOUGH = 3_000
# Everybody crashes once, at the same time, and comes back.
PATIENCE = Budget(max_failures=1_000_000)


class Crash(Message, frozen=True):
    pass


class Member(Actor):
    @on(Crash)
    def crash(self, ctx: Context, message: Crash) -> None:
        raise ValueError("a bug")


def pool(size: int) -> ChildSpec:
    """A dynamic supervisor; its children are still to come."""
    return dynamic("crowd", Member, budget=PATIENCE)


def fixed(size: int) -> ChildSpec:
    """A list of children."""
    children = [worker(str(number), Member, budget=PATIENCE) for number in range(1, size + 1)]
    return supervisor("crowd", one_for_one, children)


KINDS: dict[str, Callable[[int], ChildSpec]] = {"dynamic": pool, "one_for_one": fixed}


class Crowd:
    """So many actors under one supervisor, from the first start to the last stop."""

    def __init__(self, kind: str, size: int) -> None:
        self.kind = kind
        self.size = size
        self.seconds: dict[str, list[float]] = {}

    def live(self) -> None:
        """One life, each part of it measured."""
        system = ActorSystem()
        spec = KINDS[self.kind](self.size)
        with self._measured("start"):
            tree = run_tree(system, spec)
            if self.kind == "dynamic":
                self._spawn(tree)
            system.settle()
        with self._measured("look-up"):
            refs = [system.find(f"/crowd/{number}") for number in range(1, self.size + 1)]
        with self._measured("crash and restart"):
            for ref in refs:
                assert ref is not None
                ref.tell(Crash())
            system.settle()
        assert all(ref is not None and ref.cell.incarnation == 2 for ref in refs)
        with self._measured("stop"):
            tree.shutdown()
            system.settle()
        assert tree.ended.ready()
        system.stop()

    def _spawn(self, tree: Tree) -> None:
        for _ in range(self.size):
            tree.ref.tell(SpawnChild())
            if not tree.ref.cell.depth % 1000:
                tree.ref.cell.system.settle()

    @contextmanager
    def _measured(self, figure: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds.setdefault(figure, []).append(time.perf_counter() - begun)

    def figures(self) -> dict[str, float]:
        """Microseconds for each actor, the median of all lives."""
        return {
            figure: statistics.median(seconds) / self.size * 1e6 for figure, seconds in self.seconds.items()
        }


if __name__ == "__main__":
    # What a log line costs is not the question here.
    logging.disable(logging.CRITICAL)
    crowd = Crowd(sys.argv[1], int(sys.argv[2]))
    for _ in range(max(1, ENOUGH // crowd.size)):
        crowd.live()
    print(json.dumps(crowd.figures()))  # noqa: T201 - read by supervision.py

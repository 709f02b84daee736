"""What an idle player costs in memory, part by part: `python -m tests.benchmarks.idle_memory HALF`.

The tree of the gateway with a scripted world, or that of the world with a scripted gateway, in virtual time;
five hundred players log in after a hundred others. What Python has allocated since is told by `tracemalloc`,
and belongs to the part whose code is nearest to the allocation. What the kits of the tests hold (clients,
scripts) is left out, and so are sockets. Prints KiB for each player as JSON.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402 - patched before anything else is imported
import json  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
import tracemalloc  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import cache  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.actors.gateway_kit import PASSWORD, GatewayBench  # noqa: E402
from tests.actors.world_kit import RawGateway, WorldBench  # noqa: E402
from tests.benchmarks.accounts import player_name  # noqa: E402
from transports.link.protocol import Acks  # noqa: E402

PROJECT = Path(__file__).resolve().parents[2]
FIRST, PLAYERS = 100, 500
# Deep enough to see who has called the libraries.
FRAMES = 8
# A scripted gateway sends no heartbeats, and counts as gone after five.
CALM_SECONDS = 2.0

_KITS = "kits of the tests"
# In this order: the first that fits. Paths are those of the project.
PARTS = (
    ("tests/", _KITS),
    ("actors/gateway/connection", "connection"),
    ("actors/gateway/session_book", "book of sessions"),
    ("actors/gateway/session_cache", "book of sessions"),
    ("actors/gateway/session_writes", "book of sessions"),
    ("actors/gateway/book_writing", "book of sessions"),
    ("actors/gateway/pool", "pool"),
    ("actors/gateway/link", "link"),
    ("actors/gateway/ledger", "link"),
    ("actors/gateway/", "session"),
    ("actors/world_link/", "link"),
    ("actors/checkpoint/", "checkpoint"),
    ("actors/entrance/", "entrance"),
    ("actors/world/session", "session"),
    ("actors/world/", "character, and its room"),
    ("actors/", "other"),
    ("transports/", "link"),
    ("supervisors/", "supervision: declaration and history of each child"),
    ("wyld_actors/", "runtime: cells, addresses, monitors, timers"),
)


def of_gateway() -> Callable[[int, int], None]:
    """Lets the players of these numbers come, until all is quiet."""
    house = GatewayBench(max_sessions=10_000)
    house.settle()
    house.starts_world()

    def come(first: int, count: int) -> None:
        for number in range(first, first + count):
            name = player_name(number).capitalize()
            house.table.add(name, PASSWORD, name)
            house.client().logs_in(name).forgets()
        assert house.world is not None
        house.world.saves()
        house.advance(CALM_SECONDS)
        assert len(house.world.places) == first + count

    return come


def of_world() -> Callable[[int, int], None]:
    """The same, for the world."""
    bench = WorldBench()
    gateway = bench.gateway()

    def come(first: int, count: int) -> None:
        for number in range(first, first + count):
            name = player_name(number).capitalize()
            account = bench.account(name)
            gateway.selects(account, number + 1, session=number + 1)
        _confirm(bench, gateway)
        bench.saves()
        bench.advance(CALM_SECONDS)
        assert sum(1 for _ in bench.half.link.streams) == first + count

    return come


def _confirm(bench: WorldBench, gateway: RawGateway) -> None:
    """As a gateway whose clients have seen everything."""
    gateway.sends(Acks({streams.session: streams.tail.last for streams in bench.half.link.streams}))
    gateway.frames.clear()


HALVES = {"gateway": of_gateway, "world": of_world}


def kib_by_part(half: str) -> dict[str, float]:
    come = HALVES[half]()
    come(0, FIRST)
    gc.collect()
    tracemalloc.start(FRAMES)
    come(FIRST, PLAYERS)
    gc.collect()
    parts: defaultdict[str, float] = defaultdict(float)
    # Grouped first: a thousand players are allocated by a few hundred lines.
    for group in tracemalloc.take_snapshot().statistics("traceback"):
        files = [frame.filename for frame in reversed(group.traceback)]
        parts[next(filter(None, map(_part_of, files)), "libraries")] += group.size / 1024 / PLAYERS
    parts.pop(_KITS, None)
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


@cache
def _part_of(file: str) -> str:
    """The part whose file this is; empty for a library."""
    name = file.removeprefix(f"{PROJECT}/")
    if name == file or name.startswith(".venv/"):
        return ""
    return next((part for beginning, part in PARTS if name.startswith(beginning)), "other")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(kib_by_part(sys.argv[1])))  # noqa: T201 - read by memory.py

"""What a checkpoint costs: a world of ten thousand entities, a thousand of them and a thousand sessions
changed each time, and a real PostgreSQL that forces its log to disk.

A process of its own, which prints its figures as JSON: `python -m tests.benchmarks.checkpoint forced` takes
one checkpoint after the other; `paced` and `never` change the world evenly, as players do, with a checkpoint
a second and with none at all, and ask what others notice of it.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from itertools import cycle  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from unittest import mock  # noqa: E402

import gevent  # noqa: E402

from actors.checkpoint.collecting import collect  # noqa: E402
from actors.checkpoint.keeper import (  # noqa: E402
    GetKeeperStatus,
    KeeperOptions,
    KeeperStatus,
    SaveNow,
    WorldKeeper,
)
from actors.storage.cooperative import CooperativeDatabase  # noqa: E402
from actors.storage.embedded import EmbeddedPostgres  # noqa: E402
from actors.storage.migrations import migrate  # noqa: E402
from actors.storage.options import StoreOptions  # noqa: E402
from actors.world.messages.subjects import Goods  # noqa: E402
from actors.world.messages.transfers import Returned  # noqa: E402
from actors.world.outlet import KEEPER, OUTLET, EmitTo, Performed  # noqa: E402
from actors.world_link.messages import OpenStreams  # noqa: E402
from actors.world_tree import WorldOptions, start_world  # noqa: E402
from run_half import calm_collector  # noqa: E402
from tests.benchmarks.pulse import BEAT_SECONDS, Bystander, Question  # noqa: E402
from transports.link.protocol import TextOutput  # noqa: E402
from wyld_actors import ActorSystem, Ref  # noqa: E402

# In each of the zones: rooms, npcs and items, a thousand together.
ZONES, ROOMS, NPCS, ITEMS = 10, 200, 400, 400
CHANGED = SESSIONS = 1_000
# The first ones write everything.
WARM_UP, CHECKPOINTS = 5, 150
PACED_SECONDS = 12.0
NEVER_SECONDS = 1e6
FIRST_SESSION = 1 << 32
STOP_SECONDS = 30.0


def zone_file(zone: int) -> str:
    """A zone of rooms in a row, with somebody and something in each."""
    lines = [f'[zone]\nid = "z{zone}"\nname = "Zone {zone}"']
    lines += ['start = "r0"'] if zone == 0 else []
    for room in range(ROOMS):
        lines.append(f'[rooms.r{room}]\nname = "Room {room}"\ndescription = "A room as any other."')
        ways = {"east": room + 1, "west": room - 1}
        lines += [f'exits.{way} = "r{next_}"' for way, next_ in ways.items() if 0 <= next_ < ROOMS]
    for npc in range(NPCS):
        lines.append(
            f'[npcs.n{npc}]\nname = "Somebody {npc}"\ndescription = "One of many."\nroom = "r{npc % ROOMS}"'
        )
    for item in range(ITEMS):
        lines.append(
            f'[items.i{item}]\nname = "thing {item}"\ndescription = "A thing."\nroom = "r{item % ROOMS}"'
        )
    return "\n".join(lines)


class Bench:
    """The world, and hands that change it."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.keeper = _named(system, KEEPER)
        self.link = _named(system, OUTLET)
        self._npcs = cycle(
            [_named(system, f"npc:z{zone}/n{npc}") for zone in range(ZONES) for npc in range(NPCS)]
        )
        self._commands = 0
        instance = self.keeper.cell.instance
        assert isinstance(instance, WorldKeeper)
        self._streams = instance._kept.streams
        for session in range(FIRST_SESSION, FIRST_SESSION + SESSIONS):
            self.link.ask(OpenStreams(session, 0))
            self._streams.play(session, None, f"character:{session}")

    def change(self, count: int) -> None:
        """Let so many entities, and as many sessions, move on."""
        for _ in range(count):
            session, number = divmod(self._commands, SESSIONS)[::-1]
            self._commands += 1
            next(self._npcs).tell(Returned(Goods(coins=1)))
            self.link.tell(EmitTo(FIRST_SESSION + session, number + 1, TextOutput("Somebody smiles.")))
            self.link.tell(Performed(FIRST_SESSION + session, number + 1, "> "))

    def acknowledge(self) -> None:
        """As a gateway does: it has all but the last line of each session."""
        for streams in self._streams:
            streams.ack(max(0, streams.tail.last - 2))

    @property
    def status(self) -> KeeperStatus:
        status: KeeperStatus = self.keeper.ask(GetKeeperStatus())
        return status

    def save(self) -> None:
        self.keeper.ask(SaveNow(), timeout=60.0)


def _named(system: ActorSystem, name: str) -> Ref:
    ref = system.registry.whereis(name)
    assert ref is not None, name
    return ref


@contextmanager
def world(interval_seconds: float) -> Iterator[Bench]:
    """A whole world process but for its gateway, with an empty database."""
    with tempfile.TemporaryDirectory(prefix="wyld-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "postgres")
        postgres.ensure_running()
        database = CooperativeDatabase(postgres.dsn())
        database.connect()
        migrate(database)
        database.close()
        half = start_world(
            WorldOptions(
                name="bench",
                files=[(f"z{zone}.toml", zone_file(zone)) for zone in range(ZONES)],
                link_address=f"ipc://{folder}/link",
                link_key=b"k" * 32,
                store=StoreOptions(postgres.dsn()),
                keeper=KeeperOptions(interval_seconds),
            )
        )
        calm_collector()
        yield Bench(half.system)
        half.stop(STOP_SECONDS)
        half.tree.wait()
        postgres.stop()


def forced() -> dict[str, float]:
    """One checkpoint after the other; nothing else happens meanwhile."""
    pauses, encoded, written = [], [], []
    with world(NEVER_SECONDS) as bench, collecting_watched() as computed:
        for _ in range(WARM_UP + CHECKPOINTS):
            bench.change(CHANGED)
            bench.system.settle()
            bench.acknowledge()
            cpu, begun = time.process_time(), time.monotonic()
            bench.save()
            encoded.append(time.process_time() - cpu)
            written.append(time.monotonic() - begun)
            pauses.append(bench.status.last_pause_seconds)
    del pauses[:WARM_UP], computed[:WARM_UP]
    return {
        "ms that a checkpoint holds the gateways, median": 1000 * share(pauses, 0.5),
        "ms that a checkpoint holds the gateways, p99": 1000 * share(pauses, 0.99),
        "ms of processor time of that, p99": 1000 * share(computed, 0.99),
        "ms of processor time to collect, encode and hand over": 1000 * share(encoded, 0.5),
        "ms until it is durable": 1000 * share(written, 0.5),
    }


@contextmanager
def collecting_watched() -> Iterator[list[float]]:
    """The processor time of each collecting: the clock has in it what else this machine does."""
    taken: list[float] = []

    def watched(*arguments: Any) -> Any:
        begun = time.thread_time()
        moment = collect(*arguments)
        taken.append(time.thread_time() - begun)
        return moment

    with mock.patch("actors.checkpoint.keeper.collect", watched):
        yield taken


def paced(name: str, interval_seconds: float) -> dict[str, float]:
    """A thousand changes a second, evenly; how long another actor's answer takes meanwhile."""
    answers: list[float] = []
    with world(interval_seconds) as bench:
        greenlet = gevent.spawn(_ask, bench.system.spawn(Bystander), answers)
        cpu, begun = time.process_time(), time.monotonic()
        done = 0
        while (now := time.monotonic() - begun) < PACED_SECONDS:
            due = int(now * CHANGED)
            bench.change(due - done)
            if due // CHANGED > done // CHANGED:
                bench.acknowledge()
            done = due
            gevent.sleep(BEAT_SECONDS)
        spent = time.process_time() - cpu
        greenlet.kill()
    return {
        f"ms of processor time a second, {name}": 1000 * spent / PACED_SECONDS,
        f"ms that another's answer takes, p99, {name}": 1000 * share(answers, 0.99),
        f"ms that another's answer takes, p99.9, {name}": 1000 * share(answers, 0.999),
    }


def _ask(ref: Ref, answers: list[float]) -> None:
    while True:
        due = time.monotonic() + BEAT_SECONDS
        gevent.sleep(BEAT_SECONDS)
        ref.ask(Question())
        answers.append(time.monotonic() - due)


def share(values: list[float], part: float) -> float:
    """The value that so many of them do not exceed."""
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


FIGURES: dict[str, Callable[[], dict[str, float]]] = {
    "forced": forced,
    "never": lambda: paced("no checkpoints", NEVER_SECONDS),
    "paced": lambda: paced("a checkpoint a second", 1.0),
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(FIGURES[sys.argv[1]]()))  # noqa: T201 - read by checkpoints.py

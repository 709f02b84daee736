"""How much there may be of everything: connections, messages, entities, and what each costs in memory.

Real servers. The connections are idle clients in a process of their own that have not logged in; a thousand
players among them type a line a second each. The worlds are the shipped one with a heath of rooms full of
stones, or of people who bustle about.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.bustle import BUSTLE_SECONDS
from tests.benchmarks.large_worlds import larger_world
from tests.benchmarks.load import Crowd, log_in, pace, saturate
from tests.benchmarks.running import PROJECT, Server, running_server
from tests.benchmarks.table import Row, Target, at_least, at_most, figures_of, row_of, rows_of

__all__ = ["connection_rows", "entity_rows"]

CONNECTIONS, PLAYERS = 10_000, 1_000
ENTITIES, ROOMS = 100_000, 500
ACTIVE, VISITORS = 10_000, 100
RUNS, SECONDS = 3, 5.0
LOGIN_SECONDS = 240.0
MIB = 1024

_PATIENT = {
    # Whoever only connects would be sent away after two minutes.
    "GATEWAY__SESSIONS__LOGIN_TIMEOUT_SECONDS": "3600",
}
_TRANSPORT = "KiB for a connection in the transport alone"
TARGETS: dict[str, Target] = {
    f"{_TRANSPORT}: telnet": at_most(10),
    f"{_TRANSPORT}: websocket": at_most(10),
}


def connection_rows() -> list[Row]:
    """One connection in the transports alone, and ten thousand in a server."""
    rows = [
        row
        for kind in ("telnet", "websocket")
        for row in rows_of(figures_of("tests.benchmarks.transport_memory", kind), TARGETS)
    ]
    return [*rows, *_ten_thousand()]


def entity_rows() -> list[Row]:
    """A hundred thousand that are there, and ten thousand that are never at rest."""
    return [*_still_rows(), *_active_rows()]


def _ten_thousand() -> list[Row]:
    with running_server(PLAYERS, **_PATIENT) as server:
        names = [player_name(number) for number in range(PLAYERS)]
        crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
        before = server.resident_kib()["gateway"]
        with _idle(server, CONNECTIONS - PLAYERS) as (count, seconds):
            each = (server.resident_kib()["gateway"] - before) / count
            rows = [
                row_of("connections open at once", [count + PLAYERS], at_least(CONNECTIONS)),
                row_of("connections taken in a second", [count / seconds]),
                row_of("KiB for each that has not logged in, all of the gateway", [each]),
                *_pace_rows(crowd, f"{CONNECTIONS:,} connections, {PLAYERS:,} of them type a line a second"),
            ]
    return rows


@contextlib.contextmanager
def _idle(server: Server, count: int) -> Iterator[tuple[int, float]]:
    """So many more clients that have connected; how many there are, and in which time they came."""
    command = [sys.executable, "-m", "tests.benchmarks.idle_clients", "telnet", str(server.port), str(count)]
    clients = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT)
    try:
        assert clients.stdout is not None
        came, seconds = clients.stdout.readline().split()
        yield int(came), float(seconds)
    finally:
        clients.communicate()


def _still_rows() -> list[Row]:
    stones = (ENTITIES - ROOMS) // ROOMS
    with larger_world(ROOMS, stones=stones) as files:
        return _world_rows(f"{ENTITIES:,} entities", ENTITIES, WORLD__FILES=str(files))


def _active_rows() -> list[Row]:
    title = f"{ACTIVE:,} active entities, {ACTIVE / BUSTLE_SECONDS:,.0f} deeds a second"
    with larger_world(ROOMS, people=ACTIVE // ROOMS) as files:
        return _world_rows(
            title, ACTIVE, WORLD__FILES=str(files), WORLD__BEHAVIOURS="tests.benchmarks.bustle"
        )


def _world_rows(title: str, size: int, **settings: str) -> list[Row]:
    began = time.monotonic()
    with running_server(VISITORS, **settings) as server:
        started = time.monotonic() - began
        crowd = log_in(
            server.port, [player_name(number) for number in range(VISITORS)], PASSWORD, seconds=LOGIN_SECONDS
        )
        crowd.run(2 * BUSTLE_SECONDS)
        megabytes = server.resident_kib()["world"] / MIB
        target = at_most(2_048) if size == ACTIVE else None
        return [
            row_of(f"{title}: MiB of the world", [megabytes], target),
            row_of("    s until the server serves, with its first checkpoint", [started]),
            *_pace_rows(crowd, f"    {VISITORS} players type a line a second"),
            *_message_rows(crowd),
        ]


def _pace_rows(crowd: Crowd, title: str) -> list[Row]:
    halves, tails = [], []
    for _ in range(RUNS):
        _, times = pace(crowd, b"inventory\r\n", SECONDS)
        halves.append(1000 * times[len(times) // 2])
        tails.append(1000 * times[int(len(times) * 0.99)])
    return [row_of(f"{title}: p50 ms", halves), row_of("    the same: p99 ms", tails, at_most(50))]


def _message_rows(crowd: Crowd) -> list[Row]:
    rates = [2 * saturate(crowd, b"inventory\r\n", SECONDS) for _ in range(RUNS)]
    return [row_of("    messages a second, lines and answers, without pause", rates, at_least(10_000))]

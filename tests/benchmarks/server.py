"""The whole way: telnet, gateway, link, world and back, on a real server with its two processes.

The server runs in a fresh data folder on free ports, with the starting world; everybody stands in its start
room. Figures are those of MISSION's table "The speed to beat": at 100 players without pause, and at
1,000 with a command a second each.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.load import (
    deliveries,
    leave,
    log_in,
    own_seconds,
    pace,
    saturate,
)
from tests.benchmarks.running import Server, running_server
from tests.benchmarks.table import Row, Target, at_least, at_most, row_of

__all__ = ["server_rows"]

CROWD, MULTITUDE = 100, 1_000
RUNS, SECONDS = 3, 4.0
LOGIN_SECONDS = 240.0


def server_rows() -> list[Row]:
    """All figures, from one server."""
    with running_server(CROWD + MULTITUDE) as server:
        rows = _crowd_rows(server)
        rows += _multitude_rows(server)
    return rows


def _crowd_rows(server: Server) -> list[Row]:
    names, rates = [player_name(n) for n in range(CROWD)], list[float]()
    for run in range(RUNS):
        began = time.perf_counter()
        crowd = log_in(server.port, names, PASSWORD, at_once=64, seconds=LOGIN_SECONDS)
        rates.append(CROWD / (time.perf_counter() - began))
        if run < RUNS - 1:
            leave(crowd)
    rows = [row_of(f"logins a second, {CROWD} players", rates, at_least(60))]
    rows += _repeated(
        server,
        "one-line answer, commands a second",
        at_least(12_000),
        lambda: saturate(crowd, b"inventory\r\n", SECONDS),
    )
    rows += _repeated(
        server,
        f"look in a room of {CROWD}, commands a second",
        at_least(6_000),
        lambda: saturate(crowd, b"look\r\n", SECONDS),
    )
    rows += _repeated(
        server,
        f"say in a room of {CROWD}, deliveries a second",
        at_least(250_000),
        lambda: deliveries(crowd, b"say the quick brown fox\r\n", SECONDS),
    )
    leave(crowd)
    return rows


def _multitude_rows(server: Server) -> list[Row]:
    names = [player_name(n) for n in range(CROWD, CROWD + MULTITUDE)]
    crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
    halves, tails, shares = list[float](), list[float](), list[float]()
    for _ in range(RUNS):
        used = sum(server.processor_seconds().values())
        began = time.perf_counter()
        _, times = pace(crowd, b"inventory\r\n", 2 * SECONDS)
        shares.append(100 * (sum(server.processor_seconds().values()) - used) / (time.perf_counter() - began))
        halves.append(1000 * times[len(times) // 2])
        tails.append(1000 * times[int(len(times) * 0.99)])
    leave(crowd)
    return [
        row_of(f"{MULTITUDE:,} players, one command a second: p50 ms", halves, at_most(1.5)),
        row_of(f"{MULTITUDE:,} players, one command a second: p99 ms", tails, at_most(8)),
        row_of("the same, % of one core, all processes", shares, at_most(40)),
    ]


def _repeated(server: Server, name: str, target: Target, measure: Callable[[], float]) -> list[Row]:
    """The figure, and what of a core each process and the load generator used meanwhile."""
    values, shares = [], []
    for _ in range(RUNS):
        before, own, began = server.processor_seconds(), own_seconds(), time.perf_counter()
        values.append(measure())
        took = time.perf_counter() - began
        used = server.processor_seconds()
        shares.append(
            {name: 100 * (used[name] - before[name]) / took for name in used if name != "launcher"}
            | {"load generator": 100 * (own_seconds() - own) / took}
        )
    return [
        row_of(name, values, target),
        *(row_of(f"    of a core: {who}, %", [share[who] for share in shares]) for who in shares[0]),
    ]

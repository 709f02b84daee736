"""The whole way: telnet, gateway, link, world and back, on a real server with its two processes.

The server runs in a fresh data folder on free ports, with the starting world; everybody stands in its start
room. Figures are those of MISSION's table "The speed to beat": at 100 players without pause, and at
1,000 with a command a second each.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.load import (
    Crowd,
    deliveries,
    log_in,
    own_seconds,
    pace,
    saturate,
)
from tests.benchmarks.table import Row

__all__ = ["server_rows"]

PROJECT = Path(__file__).resolve().parents[2]
CROWD, MULTITUDE = 100, 1_000
RUNS, SECONDS = 3, 4.0
START_SECONDS = 60.0
LOGIN_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    processes: dict[str, psutil.Process]

    def processor_seconds(self) -> dict[str, float]:
        """Of each process so far."""
        return {name: sum(process.cpu_times()[:2]) for name, process in self.processes.items()}

    def resident_kib(self) -> float:
        """Of all processes together."""
        return sum(process.memory_info().rss for process in self.processes.values()) / 1024


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server with accounts for everybody; stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="wyld-bench-") as folder:
        data_dir = Path(folder)
        environment = os.environ | {
            "WYLD_DATA_DIR": folder,
            "WYLD_GATEWAY__TELNET__PORT": "0",
            "WYLD_GATEWAY__WEB__PORT": "0",
            "WYLD_ADMIN__GATEWAY_PORT": "0",
            "WYLD_ADMIN__WORLD_PORT": "0",
            "WYLD_LOG__LEVEL": "warning",
        }
        launcher = subprocess.Popen(
            [sys.executable, str(PROJECT / "run.py")], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            run = _wait_for(data_dir / "run.json", launcher)
            seed = [sys.executable, "-m", "tests.benchmarks.seed", folder, str(CROWD + MULTITUDE)]
            subprocess.run(seed, check=True, timeout=START_SECONDS, cwd=PROJECT)
            processes = {name: psutil.Process(pid) for name, pid in run["pids"].items()}
            yield Server(run["ports"]["telnet"], processes)
        finally:
            launcher.terminate()
            launcher.wait(60)


def server_rows() -> list[Row]:
    """All figures, from one server."""
    with running_server() as server:
        rows = _crowd_rows(server)
        rows += _multitude_rows(server)
    return rows


def _crowd_rows(server: Server) -> list[Row]:
    names, rates = [player_name(n) for n in range(CROWD)], list[float]()
    for run in range(RUNS):
        began = time.perf_counter()
        crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
        rates.append(CROWD / (time.perf_counter() - began))
        if run < RUNS - 1:
            _leave(crowd)
    rows = [_row(f"logins a second, {CROWD} players", rates, "60")]
    rows += _repeated(
        server,
        "one-line answer, commands a second",
        "12,000",
        lambda: saturate(crowd, b"inventory\r\n", SECONDS),
    )
    rows += _repeated(
        server,
        f"look in a room of {CROWD}, commands a second",
        "6,000",
        lambda: saturate(crowd, b"look\r\n", SECONDS),
    )
    rows += _repeated(
        server,
        f"say in a room of {CROWD}, deliveries a second",
        "250,000",
        lambda: deliveries(crowd, b"say the quick brown fox\r\n", SECONDS),
    )
    _leave(crowd)
    return rows


def _multitude_rows(server: Server) -> list[Row]:
    before = server.resident_kib()
    names = [player_name(n) for n in range(CROWD, CROWD + MULTITUDE)]
    crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
    kib = (server.resident_kib() - before) / MULTITUDE
    rows = [Row("KiB for an idle player logged in, all processes", kib, kib, kib, "at most 20")]
    halves, tails, shares = [], [], []
    for _ in range(RUNS):
        used = sum(server.processor_seconds().values())
        began = time.perf_counter()
        _, times = pace(crowd, b"inventory\r\n", 2 * SECONDS)
        shares.append(100 * (sum(server.processor_seconds().values()) - used) / (time.perf_counter() - began))
        halves.append(1000 * times[len(times) // 2])
        tails.append(1000 * times[int(len(times) * 0.99)])
    rows.append(_row(f"{MULTITUDE:,} players, one command a second: p50 ms", halves, "at most 1.5"))
    rows.append(_row(f"{MULTITUDE:,} players, one command a second: p99 ms", tails, "at most 8"))
    rows.append(_row("the same, % of one core, all processes", shares, "at most 40"))
    _leave(crowd)
    return rows


def _repeated(server: Server, name: str, target: str, measure: Callable[[], float]) -> list[Row]:
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
        _row(name, values, target),
        *(_row(f"    of a core: {who}, %", [share[who] for share in shares]) for who in shares[0]),
    ]


def _row(name: str, values: list[float], target: str = "") -> Row:
    return Row(name, statistics.median(values), min(values), max(values), target)


def _leave(crowd: Crowd) -> None:
    for player in crowd.players:
        player.socket.close()


def _wait_for(path: Path, launcher: subprocess.Popen[bytes]) -> dict[str, dict[str, int]]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and launcher.poll() is None:
        if path.exists():
            run: dict[str, dict[str, int]] = json.loads(path.read_text())
            return run
        time.sleep(0.05)
    raise RuntimeError(f"the server did not come up; see {path.parent}/log")

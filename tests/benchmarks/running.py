"""A real server for a benchmark: `run.py` with all its processes, in a fresh folder on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["PROJECT", "Server", "running_server"]

PROJECT = Path(__file__).resolve().parents[2]
# A hundred thousand entities take a while.
START_SECONDS = 240.0


@dataclass(slots=True)
class Server:
    """A running server. `processes` are those of its start."""

    data_dir: Path
    launcher: subprocess.Popen[bytes]
    ports: dict[str, int]
    processes: dict[str, psutil.Process]

    @property
    def port(self) -> int:
        """Of plain telnet."""
        return self.ports["telnet"]

    def pid(self, name: str) -> int | None:
        """Of the process that serves now; None while none does."""
        found: int | None = json.loads((self.data_dir / "run.json").read_text())["pids"][name]
        return found

    def processor_seconds(self) -> dict[str, float]:
        """Of each process so far."""
        return {name: sum(process.cpu_times()[:2]) for name, process in self.processes.items()}

    def resident_kib(self) -> dict[str, float]:
        """Of each process now."""
        return {name: process.memory_info().rss / 1024 for name, process in self.processes.items()}


@contextlib.contextmanager
def running_server(accounts: int, **settings: str) -> Iterator[Server]:
    """A server with accounts for everybody; stopped at the end.

    `settings` are environment variables without their WYLD_.
    """
    with tempfile.TemporaryDirectory(prefix="wyld-bench-") as folder:
        data_dir = Path(folder)
        environment = os.environ | {
            "WYLD_DATA_DIR": folder,
            "WYLD_GATEWAY__TELNET__PORT": "0",
            "WYLD_GATEWAY__WEB__PORT": "0",
            "WYLD_ADMIN__GATEWAY_PORT": "0",
            "WYLD_ADMIN__WORLD_PORT": "0",
            "WYLD_LOG__LEVEL": "warning",
            "WYLD_LAUNCHER__START_TIMEOUT_SECONDS": str(START_SECONDS),
            **{f"WYLD_{key}": value for key, value in settings.items()},
        }
        launcher = subprocess.Popen(
            [sys.executable, str(PROJECT / "run.py")],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=None if environment["WYLD_LOG__LEVEL"] == "warning" else subprocess.DEVNULL,
        )
        try:
            run = _wait_for(data_dir / "run.json", launcher)
            seed = [sys.executable, "-m", "tests.benchmarks.seed", folder, str(accounts)]
            subprocess.run(seed, check=True, timeout=START_SECONDS, cwd=PROJECT)
            processes = {name: psutil.Process(pid) for name, pid in run["pids"].items()}
            yield Server(data_dir, launcher, run["ports"], processes)
        finally:
            launcher.terminate()
            launcher.wait(60)


def _wait_for(path: Path, launcher: subprocess.Popen[bytes]) -> dict[str, dict[str, int]]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and launcher.poll() is None:
        if path.exists():
            run: dict[str, dict[str, int]] = json.loads(path.read_text())
            return run
        time.sleep(0.05)
    raise RuntimeError(f"the server did not come up; see {path.parent}/log")

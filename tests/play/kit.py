"""A real server for tests: `run.py` as a process of its own, on free ports, in a folder of its own.

    with Server(folder).start() as server:
        ann = server.telnet("ann").signs_up()

`Server` knows of the server only what an operator does: what it prints, run.json, its processes. It can be
stopped as an operator would, and hurt as a bad day would. What it has started it ends in any case.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import psutil

from tests.actors.world import sample
from tests.play.clusters import put_cluster
from tests.play.players import LIMIT_SECONDS, Player, TelnetPlayer, WebPlayer

__all__ = [
    "PROJECT",
    "RUN_SECONDS",
    "Server",
    "dsn_of",
    "empty_folder",
    "folder",
    "free_port",
    "half_of",
    "until_open",
    "write_world",
]

PROJECT = Path(__file__).parents[2]
HALVES = ("world", "gateway")
# For a start with a new database, or a stop, on a machine that does much else.
RUN_SECONDS = 60.0
# How often run.json is looked at.
LOOK_SECONDS = 0.02

_MEMORY = "/dev/shm"


_TELL_DSN = """
import sys
from pathlib import Path
from gevent import monkey
monkey.patch_all()
from actors.storage.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).ensure_running())
"""


def dsn_of(data_dir: Path) -> str:
    """Of the embedded PostgreSQL in this folder, which is started if need be."""
    command = [sys.executable, "-c", _TELL_DSN, str(data_dir)]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


class Server:
    """One server in one folder, which may be started again and again."""

    # What Python is started with.
    arguments: Sequence[str] = (str(PROJECT / "run.py"),)

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` are environment variables without their WYLD_."""
        self.data_dir = folder / "data"
        self.words_file = folder / "words"
        self.environment = os.environ | {
            "WYLD_DATA_DIR": str(self.data_dir),
            "WYLD_GATEWAY__TELNET__PORT": "0",
            "WYLD_GATEWAY__WEB__PORT": "0",
            "WYLD_ADMIN__GATEWAY_PORT": "0",
            "WYLD_ADMIN__WORLD_PORT": "0",
            "WYLD_WORLD__FILES": str(folder / "world"),
            **{f"WYLD_{key}": value for key, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._family: list[psutil.Process] = []
        self._players: list[Player] = []

    # As an operator would ------------------------------------------------------------------------------

    def begin(self) -> Self:
        """Start it, and do not wait."""
        with self.words_file.open("ab") as words:
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
            )
        return self

    def start(self) -> Self:
        """Start it, and wait until it serves."""
        self.begin()
        self.until(self._is_ready)
        return self

    def stop(self) -> int:
        """Ask it to stop, and return its exit code when it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        """Wait for its end, and return its exit code."""
        return self.process.wait(RUN_SECONDS)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server was never started"
        return self._process

    @property
    def words(self) -> str:
        """All it has printed."""
        return self.words_file.read_text(encoding="utf-8")

    def content(self) -> dict[str, Any]:
        """run.json; empty while there is none."""
        try:
            content: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return content

    def until(self, holds: Callable[[dict[str, Any]], bool], within: float = RUN_SECONDS) -> dict[str, Any]:
        """Wait for a content of run.json that `holds`."""
        deadline = time.monotonic() + within
        while not holds(content := self.content()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_SECONDS)
                raise AssertionError(f"the server has ended: {self.words}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {within} s: run.json is {content}; it said: {self.words}")
        return content

    def until_said(self, text: str, within: float = LIMIT_SECONDS) -> None:
        """Wait until it has printed `text`."""
        self.until(lambda _: text in self.words, within)

    def pid(self, name: str) -> int:
        """The process id of the launcher, the world or the gateway."""
        return int(self.content()["pids"][name])

    def port(self, name: str) -> int:
        return int(self.content()["ports"][name])

    def _is_ready(self, content: dict[str, Any]) -> bool:
        pids = content.get("pids", {})
        return pids.get("launcher") == self.process.pid and all(pids.values())

    # As a bad day would --------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """SIGKILL one of its processes."""
        os.kill(self.pid(name), signal.SIGKILL)

    def kill_and_wait(self, name: str) -> None:
        """SIGKILL one of its halves, and wait until another serves in its place."""
        ready = f"{name} is ready"
        before = self.words.count(ready)
        self.kill(name)
        self.until(lambda content: self._is_ready(content) and self.words.count(ready) > before)

    def lose_machine(self) -> None:
        """SIGKILL everything at once, the database as well."""
        family = self.family()
        for process in family:
            process.suspend()
        for process in family:
            process.kill()
        psutil.wait_procs(family[1:], timeout=LIMIT_SECONDS)
        self.process.wait(LIMIT_SECONDS)

    @property
    def postgres(self) -> psutil.Process:
        """The embedded PostgreSQL."""
        found = [
            process
            for process in psutil.Process(self.process.pid).children()
            if str(self.data_dir / "postgres") in " ".join(process.cmdline())
        ]
        assert len(found) == 1, f"{len(found)} PostgreSQL servers"
        return found[0]

    @contextlib.contextmanager
    def without_database(self) -> Iterator[None]:
        """Kill PostgreSQL, and keep it from being started again."""
        with (self.data_dir / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            postgres = self.postgres
            family = [postgres, *postgres.children(recursive=True)]
            postgres.kill()
            psutil.wait_procs(family, timeout=LIMIT_SECONDS)
            yield

    # Its processes -------------------------------------------------------------------------------------

    def family(self) -> list[psutil.Process]:
        """The launcher and all that it has started."""
        launcher = psutil.Process(self.process.pid)
        return [launcher, *launcher.children(recursive=True)]

    def leftovers(self) -> Sequence[psutil.Process]:
        """Processes that work in its folder or were started for it, whoever started them."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("WYLD_DATA_DIR") == str(self.data_dir):
                return True
            return str(self.data_dir) in f"{process.cwd()} {' '.join(process.cmdline())}"
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.send_all_away()
        for process in self.leftovers():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait(RUN_SECONDS)

    # Its players ---------------------------------------------------------------------------------------

    def send_all_away(self) -> None:
        """Cut every player's connection."""
        for player in self._players:
            player.leave()
        self._players.clear()

    def telnet(self, name: str) -> TelnetPlayer:
        """Somebody connects by telnet."""
        player = TelnetPlayer(name.capitalize(), self.port("telnet"))
        self._players.append(player)
        return player

    def web(self, name: str) -> WebPlayer:
        """Somebody connects by websocket."""
        player = WebPlayer(name.capitalize(), self.port("web"))
        self._players.append(player)
        return player


def half_of(server: Server, name: str, folder: Path, **settings: str) -> subprocess.Popen[str]:
    """Another process of this half, from a folder of its own, with the database of the server."""
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "run.py"), name],
        env=server.environment
        | {"WYLD_DATA_DIR": str(folder), "WYLD_DATABASE__DSN": dsn_of(server.data_dir)}
        | {f"WYLD_{key}": value for key, value in settings.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_open(port: int) -> None:
    """Wait until somebody listens there."""
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nobody listens at {port}"
        time.sleep(LOOK_SECONDS)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that has the sample world, and for its server a database cluster."""
    with empty_folder() as made:
        write_world(made / "world")
        put_cluster(made / "data")
        yield made


@contextlib.contextmanager
def empty_folder(*, keep: bool = False) -> Iterator[Path]:
    """An empty folder that is quick and lets PostgreSQL's account through; pytest's own is private."""
    is_quick = os.path.isdir(_MEMORY) and shutil.disk_usage(_MEMORY).free > 1 << 30
    made = Path(tempfile.mkdtemp(prefix="wyld-play-", dir=_MEMORY if is_quick else None))
    made.chmod(0o711)
    try:
        yield made
    finally:
        if not keep:
            shutil.rmtree(made, ignore_errors=True)


def write_world(path: Path, lanterns: int = 50) -> None:
    """The sample world as files, with enough lanterns for every test."""
    path.mkdir()
    for name, text in sample.FILES:
        (path / name).write_text(text.replace("count = 2", f"count = {lanterns}"), encoding="utf-8")

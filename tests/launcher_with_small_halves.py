"""A real launcher, for tests, whose halves are small ones: a tree of three actors, one of them the
operators'.

`python -m tests.launcher_with_small_halves [arguments of run.py]`. `/<half>/labourer` does what a file
`do-<half>` in the data directory names (see `TROUBLES`), once.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import gevent
from prometheus_client.core import Metric

import run
import run_half
import run_launcher
from actors.admin.checks import Check
from actors.admin.half import SessionsView
from actors.admin.server import admin_address, admin_child
from actors.running_half import RunningHalf
from config.settings import Settings
from run_link import HALVES
from run_options import admin_options, restart_file
from supervisors import RestartLog, Services, one_for_one, run_tree, supervisor, worker
from supervisors.restart_log import JsonLinesFile
from tests.launcher_with_tiny_halves import NoDatabase
from wyld_actors import Actor, ActorSystem, Context, every


def spin() -> None:
    while True:
        pass


def deaf_call() -> None:
    """A call that lets other threads run and heeds no signal: some ten seconds, much more under load."""
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 30_000_000)


def greedy_call() -> None:
    """A call that lets no other thread run."""
    ctypes.PyDLL(None).sleep(30)


def immortal() -> None:
    """Waits, and swallows every kill."""
    while True:
        with contextlib.suppress(BaseException):
            gevent.sleep(100)


def give_up() -> None:
    raise RuntimeError("again and again")


TROUBLES = {
    "spin": spin,
    "deaf_call": deaf_call,
    "greedy_call": greedy_call,
    "immortal": immortal,
    "slow_stop": lambda: None,
    "short_stop": lambda: None,
    "give_up": give_up,
}


class Labourer(Actor):
    """Looks for trouble."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__()
        self.file = folder / f"do-{name}"
        self.stop_seconds = 0.0

    @every(seconds=0.05)
    def look(self, _ctx: Context) -> None:
        if self.file.exists():
            wanted = self.file.read_text()
            if wanted != "give_up":
                self.file.unlink()
            self.stop_seconds = {"slow_stop": 100.0, "short_stop": 0.5}.get(wanted, 0.0)
            TROUBLES[wanted]()

    def on_stop(self) -> None:
        gevent.sleep(self.stop_seconds)


class Sibling(Actor):
    """Has nothing to do with it."""


class SmallAdmin:
    """What the operators' interface wants to know of a half."""

    def __init__(self, name: str) -> None:
        self.name = name

    def link(self) -> None:
        return None

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        return SessionsView([], 0, {})

    def checks(self) -> list[Check]:
        return []

    def metrics(self) -> Sequence[Metric]:
        return []


def start(name: str, settings: Settings) -> RunningHalf:
    system, admin = ActorSystem(name), SmallAdmin(name)
    log = RestartLog([JsonLinesFile(restart_file(settings, name))])
    children = [
        worker("labourer", Labourer, settings.data_dir, name, shutdown=60.0),
        worker("sibling", Sibling),
        admin_child(admin_options(settings, name), system, admin, log),
    ]
    tree = run_tree(system, supervisor(name, one_for_one, children), services=Services(log=log))
    tree.started.get(timeout=10)
    return RunningHalf(system, tree, {f"{name}-admin": admin_address(system, admin)})


def small_half(_common: Sequence[str], name: str, descriptor: int) -> Sequence[str]:
    return [sys.executable, "-m", "tests.launcher_with_small_halves", name, "--lifeline", str(descriptor)]


if __name__ == "__main__":
    starts = {name: lambda settings, _dsn, name=name: start(name, settings) for name in HALVES}
    with (
        mock.patch.multiple(run_launcher, child_command=small_half, Provision=NoDatabase),
        mock.patch.multiple(run_half, Provision=NoDatabase, STARTS=starts),
    ):
        run.main()

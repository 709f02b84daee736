"""The embedded PostgreSQL: a real server, for one data folder, without installing anything.

`EmbeddedPostgres(data_dir).ensure_running()` makes the cluster the first time, adopts the server
that is running on it already (its starter may have been killed), or starts one, and returns a DSN.
`stop()` ends it cleanly. Where the data lives and under whose account: `cluster_home.py`.

Nobody else gets in: no TCP, the socket in a folder for its account alone, scram passwords that
were drawn at random and lie in a file beside the data (the DSN names the file, so no secret
is in it). The game's role `wyld` owns its database and is no superuser.

The server is detached from its starter's terminal and outlives it. A `postmaster.pid` is believed only
if that process really works in this data folder: after a restart of a container, process ids
come again. Two starters at once are put in order by a lock file.

Everything waits by sleeping in short steps and by subprocess, so under gevent's patching it is cooperative.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn

from actors.storage.binaries import Binaries, usable_binaries
from actors.storage.cluster import (
    DATABASE,
    ROLE,
    SUPERUSER,
    check_version,
    child_arguments,
    make_cluster,
    make_database,
)
from actors.storage.cluster_home import ClusterHome, choose_home, find_home
from actors.storage.errors import EmbeddedError
from actors.storage.postmaster import Postmaster, read_postmaster, read_stale
from actors.storage.service_account import STATE_FOLDER

__all__ = ["EmbeddedPostgres"]

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.02
_LOG_LIMIT_BYTES = 4 * 1024 * 1024
_LOG_TAIL_CHARACTERS = 1500
# Orphaned server processes of a killed postmaster hold on to its memory for a moment.
_STILL_IN_USE = "shared memory block"

# For one game server with a handful of connections on a machine it shares. Each differs from
# PostgreSQL's default because that default serves a dedicated machine, replication, or nobody here.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "log_checkpoints": "off",
    # Statements come with their values in them: password hashes, whole checkpoints.
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "wyld-actors",
}


class EmbeddedPostgres:
    """The server of one data folder. Objects for the same folder, in any process, mean the same server.

    `fsync=False` risks the data at a loss of power: for tests only. `settings` are added to ours.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        start_timeout_seconds: float = 60.0,
        state_folder: Path = STATE_FOLDER,
    ) -> None:
        self._data_dir = Path(data_dir).absolute()
        self._settings = {**_SETTINGS, **_durability(fsync), **(settings or {})}
        self._timeout_seconds = start_timeout_seconds
        self._state_folder = state_folder
        self._child: subprocess.Popen[bytes] | None = None

    def ensure_running(self) -> str:
        """The DSN of the game's database, on a server that answers. Raises EmbeddedError.

        Takes about two seconds the first time, a few tenths to start, milliseconds to adopt.
        """
        try:
            with self._locked():
                return self._ensure_running()
        except (OSError, psycopg2.OperationalError) as failure:
            text = f"the embedded PostgreSQL cannot be run in {self._data_dir}: {failure}"
            raise EmbeddedError(text) from failure

    def dsn(self, *, role: str = ROLE, database: str = DATABASE) -> str:
        """The DSN for a role and database of the running server; role "postgres" is the superuser."""
        home = find_home(self._data_dir)
        postmaster = read_postmaster(home.data) if home else None
        if home is None or postmaster is None:
            raise EmbeddedError(f"no server is running for {self._data_dir}")
        return self._dsn(home, postmaster, role, database)

    def stop(self, *, timeout_seconds: float = 30.0) -> None:
        """End the server, whoever started it, after a last checkpoint. No server: nothing to do."""
        home = find_home(self._data_dir)
        if home is None:
            return
        with self._locked():
            postmaster = read_postmaster(home.data)
            if postmaster is None:
                return
            # SIGINT: fast shutdown, sessions are ended. SIGQUIT: immediate, recovered at the next start.
            for number, seconds in ((signal.SIGINT, timeout_seconds), (signal.SIGQUIT, 5.0)):
                postmaster.send(number)
                if _within(seconds, lambda: self._has_ended(postmaster)):
                    break
                logger.warning("PostgreSQL on %s did not end within %s seconds", home.data, seconds)
            _remove_temporary(home, postmaster)

    @property
    def postmaster_pid(self) -> int | None:
        """The process id of the running server."""
        home = find_home(self._data_dir)
        postmaster = read_postmaster(home.data) if home else None
        return postmaster.pid if postmaster else None

    def _ensure_running(self) -> str:
        home = choose_home(self._data_dir, state_folder=self._state_folder)
        binaries = usable_binaries(home.account, self._state_folder)
        check_version(home)
        if not home.has_cluster:
            make_cluster(home, binaries)
        postmaster = self._running(home) or self._start(home, binaries)
        make_database(self._dsn(home, postmaster, SUPERUSER, SUPERUSER), home)
        return self._dsn(home, postmaster, ROLE, DATABASE)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        with open(self._data_dir / "postgres.lock", "w") as lock:
            if not _within(self._timeout_seconds, lambda: _try_lock(lock.fileno())):
                raise EmbeddedError(
                    f"another process has held {lock.name} for {self._timeout_seconds} seconds"
                )
            yield

    def _running(self, home: ClusterHome) -> Postmaster | None:
        """The server found on the data, once it is ready; None if there is none, or it went away."""

        def settled() -> bool:
            postmaster = read_postmaster(home.data)
            return postmaster is None or postmaster.is_ready

        if not _within(self._timeout_seconds, settled):
            raise EmbeddedError(f"the PostgreSQL found on {home.data} is not ready; see {home.log}")
        return read_postmaster(home.data)

    def _start(self, home: ClusterHome, binaries: Binaries) -> Postmaster:
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            _clear_stale(home)
            _rotate_log(home)
            logged = home.log.stat().st_size if home.log.exists() else 0
            self._launch(home, binaries)
            found = self._await_ready(home, deadline)
            if found is not None:
                return found
            tail = _log_tail(home, logged)
            if _STILL_IN_USE not in tail or time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL did not start on {home.data}. The end of {home.log}:\n{tail}"
                )
            time.sleep(_POLL_SECONDS * 10)

    def _launch(self, home: ClusterHome, binaries: Binaries) -> None:
        settings = self._settings | {"unix_socket_directories": str(home.socket_folder())}
        with open(home.log, "ab", opener=_private) as log:
            self._child = subprocess.Popen(
                [
                    binaries.postgres,
                    "-D",
                    home.data,
                    *(f"--{key}={value}" for key, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its own session: neither Ctrl-C nor the end of the terminal reaches it.
                start_new_session=True,
                **child_arguments(home),
            )

    def _await_ready(self, home: ClusterHome, deadline: float) -> Postmaster | None:
        """The ready server; None when it ended instead, or the time is over."""
        while time.monotonic() < deadline and self._child is not None and self._child.poll() is None:
            postmaster = read_postmaster(home.data)
            if postmaster is not None and postmaster.is_ready:
                return postmaster
            time.sleep(_POLL_SECONDS)
        return None

    def _has_ended(self, postmaster: Postmaster) -> bool:
        if self._child is not None and self._child.pid == postmaster.pid:
            return self._child.poll() is not None
        return not postmaster.is_alive()

    def _dsn(self, home: ClusterHome, postmaster: Postmaster, role: str, database: str) -> str:
        return make_dsn(
            host=str(postmaster.socket_folder), user=role, dbname=database, passfile=str(home.passwords)
        )


def _durability(fsync: bool) -> Mapping[str, str]:
    return {} if fsync else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _clear_stale(home: ClusterHome) -> None:
    """Remove what a server that is gone has left: its pid file, unless in doubt, and its socket."""
    stale = read_stale(home.data)
    if stale is None:
        return
    _remove_temporary(home, stale)
    if not stale.may_be_a_server():
        (home.data / "postmaster.pid").unlink(missing_ok=True)
        for socket in (home.folder / "run").glob(".s.PGSQL.*"):
            socket.unlink(missing_ok=True)


def _remove_temporary(home: ClusterHome, postmaster: Postmaster) -> None:
    folder = postmaster.socket_folder
    if folder is not None and home.is_temporary(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _rotate_log(home: ClusterHome) -> None:
    if home.log.exists() and home.log.stat().st_size > _LOG_LIMIT_BYTES:
        home.log.replace(home.log.with_name("log.1"))


def _log_tail(home: ClusterHome, start_bytes: int) -> str:
    return home.log.read_bytes()[start_bytes:].decode(errors="replace")[-_LOG_TAIL_CHARACTERS:]


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _try_lock(descriptor: int) -> bool:
    # Never waits in the kernel: that would stop the event loop.
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

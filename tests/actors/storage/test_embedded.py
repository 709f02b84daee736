"""The embedded server is found again, started again, and never opens what was private."""

from __future__ import annotations

import os
import pwd
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from psycopg2.extensions import parse_dsn

from actors.storage.binaries import Binaries, installed_binaries
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.errors import EmbeddedError, NotOurs, WrongMajorVersion
from actors.storage.service_account import ServiceAccount, account_name

PROJECT = Path(__file__).resolve().parents[3]
STARTER = """
from gevent import monkey; monkey.patch_all()
import sys, pathlib
from actors.storage.embedded import EmbeddedPostgres
print(EmbeddedPostgres(pathlib.Path(sys.argv[1]), fsync=False).ensure_running(), flush=True)
sys.stdin.read()
"""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has another account to run PostgreSQL as"
)
Make = Callable[..., EmbeddedPostgres]


@pytest.fixture(scope="module")
def made(postgres_folder: Path) -> Path:
    """The data folder of a cluster that was stopped cleanly. Tests leave it stopped."""
    folder = postgres_folder / "embedded"
    cluster = EmbeddedPostgres(folder, fsync=False)
    database = CooperativeDatabase(cluster.ensure_running())
    database.connect()
    database.rows("CREATE TABLE kept (value text)")
    database.rows("INSERT INTO kept VALUES ('here')")
    database.close()
    cluster.stop()
    return folder


@pytest.fixture
def make(postgres_folder: Path) -> Iterator[Make]:
    """Makes servers and stops them when the test is over."""
    servers: list[EmbeddedPostgres] = []

    def begin(data_dir: Path) -> EmbeddedPostgres:
        state_folder = postgres_folder / "state"
        servers.append(EmbeddedPostgres(data_dir, fsync=False, state_folder=state_folder))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def kept(dsn: str) -> list[tuple[object, ...]]:
    database = CooperativeDatabase(dsn)
    database.connect()
    try:
        return database.rows("SELECT value FROM kept")
    finally:
        database.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def nobody() -> ServiceAccount:
    entry = pwd.getpwnam("nobody")
    return ServiceAccount(entry.pw_uid, entry.pw_gid)


# Finding it again --------------------------------------------------------------------------------------


def test_a_stopped_server_is_started_again_with_its_data(made: Path, make: Make) -> None:
    assert kept(make(made).ensure_running()) == [("here",)]


def test_a_running_server_is_adopted(made: Path, make: Make) -> None:
    first, second = make(made), make(made)
    dsn = first.ensure_running()
    pid = first.postmaster_pid

    assert second.ensure_running() == dsn
    assert second.postmaster_pid == pid


def test_the_server_outlives_its_starter_and_is_adopted(made: Path, make: Make) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, made], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    assert starter.stdin is not None
    dsn = starter.stdout.readline().decode().strip()
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    starter.stdin.close()

    server = make(made)
    pid = server.postmaster_pid

    assert pid is not None
    assert server.ensure_running() == dsn
    assert server.postmaster_pid == pid
    assert kept(dsn) == [("here",)]


def test_anybody_stops_the_server_of_anybody(made: Path, make: Make) -> None:
    make(made).ensure_running()
    other = make(made)

    other.stop()

    assert other.postmaster_pid is None
    with pytest.raises(EmbeddedError, match="no server is running"):
        other.dsn()


def test_stopping_what_is_stopped_does_nothing(made: Path, make: Make) -> None:
    make(made).stop()


def test_a_killed_server_is_started_again(made: Path, make: Make) -> None:
    server = make(made)
    server.ensure_running()
    pid = server.postmaster_pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    dsn = server.ensure_running()

    assert server.postmaster_pid != pid
    assert kept(dsn) == [("here",)]


def test_a_pid_file_that_names_a_stranger_is_not_believed(made: Path, make: Make) -> None:
    data = (made / "postgres").resolve() / "data"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n/tmp\n\n1 2\nready\n")

    assert kept(make(made).ensure_running()) == [("here",)]


def test_of_two_starters_at_once_one_starts(made: Path, make: Make) -> None:
    starters = [gevent.spawn(make(made).ensure_running) for _ in range(3)]

    dsns = {starter.get() for starter in starters}

    assert len(dsns) == 1
    assert kept(dsns.pop()) == [("here",)]


# What it refuses -------------------------------------------------------------------------------------


def test_data_of_another_major_version_is_refused_and_left_alone(postgres_folder: Path, make: Make) -> None:
    data = postgres_folder / "old" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    if os.geteuid() == 0:
        os.chown(data, nobody().uid, nobody().gid)

    with pytest.raises(WrongMajorVersion, match=r"written by PostgreSQL 16.*PostgreSQL 18"):
        make(postgres_folder / "old").ensure_running()

    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_cannot_be_made_is_named(made: Path) -> None:
    folder = made / "postgres.lock" / "var"

    with pytest.raises(EmbeddedError, match=re.escape(str(folder))):
        EmbeddedPostgres(folder).ensure_running()


def test_asking_after_a_server_makes_nothing(postgres_folder: Path) -> None:
    nowhere = EmbeddedPostgres(postgres_folder / "nowhere")

    nowhere.stop()

    assert nowhere.postmaster_pid is None
    assert not (postgres_folder / "nowhere").exists()


def test_a_server_that_cannot_start_says_why(made: Path) -> None:
    server = EmbeddedPostgres(made, settings={"shared_buffers": "much"})

    with pytest.raises(EmbeddedError, match='invalid value for parameter "shared_buffers"'):
        server.ensure_running()


def test_a_link_to_nowhere_is_not_replaced_by_an_empty_database(postgres_folder: Path) -> None:
    folder = postgres_folder / "dangling"
    folder.mkdir()
    (folder / "postgres").symlink_to("/nowhere/cluster")

    with pytest.raises(EmbeddedError, match="/nowhere/cluster, which is gone"):
        EmbeddedPostgres(folder).ensure_running()


# Where it lives ---------------------------------------------------------------------------------------


def test_no_password_is_in_the_dsn_and_no_file_is_open_to_others(made: Path, make: Make) -> None:
    dsn = make(made).ensure_running()
    home = (made / "postgres").resolve()

    passwords = [line.rsplit(":", 1)[1] for line in (home / "data" / "wyld.passwords").read_text().split()]
    assert len(set(passwords)) == 2
    assert not any(password in dsn for password in passwords)
    assert mode(home / "data" / "wyld.passwords") == 0o600
    assert mode(home / "data") == 0o700
    assert mode(home / "run") == 0o700
    assert mode(home / "log") == 0o600


def test_the_role_of_the_game_is_no_superuser(made: Path, make: Make) -> None:
    database = CooperativeDatabase(make(made).ensure_running())
    database.connect()

    assert database.rows("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]
    database.close()


@pytest.mark.parametrize("name", ["x" * 120, "with, comma and 'quotes'"])
def test_a_folder_with_a_long_or_odd_name_will_do(postgres_folder: Path, make: Make, name: str) -> None:
    server = make(postgres_folder / name)
    socket_folder = Path(parse_dsn(server.ensure_running())["host"])

    assert mode(socket_folder) == 0o700
    server.stop()
    assert not socket_folder.exists()


def test_what_an_interrupted_initdb_left_is_swept_away(postgres_folder: Path, make: Make) -> None:
    folder = postgres_folder / "interrupted"
    (folder / "postgres" / "data.unfinished" / "base").mkdir(parents=True)

    make(folder).ensure_running()

    assert not (folder / "postgres" / "data.unfinished").exists()


@needs_root
def test_a_private_folder_stays_private_and_the_data_goes_elsewhere(
    postgres_folder: Path, make: Make
) -> None:
    private = postgres_folder / "private"
    private.mkdir(mode=0o700)
    data_dir = private / "game" / "var"
    data_dir.mkdir(parents=True)

    dsn = make(data_dir).ensure_running()
    make(data_dir).stop()

    assert mode(private) == 0o700
    assert mode(data_dir.parent) == 0o755
    assert (data_dir / "postgres").readlink().parent == postgres_folder / "state"
    assert make(data_dir).ensure_running() == dsn


@needs_root
def test_a_deleted_data_folder_begins_empty(postgres_folder: Path, make: Make) -> None:
    private = postgres_folder / "private2"
    private.mkdir(mode=0o700)
    first = make(private)
    first.ensure_running()
    first.stop()

    (private / "postgres").unlink()
    second = make(private)
    second.ensure_running()

    assert len(list((postgres_folder / "state").glob("cluster-*"))) >= 2


@needs_root
def test_data_that_root_restored_from_a_copy_is_given_to_the_account_again(made: Path, make: Make) -> None:
    data = (made / "postgres").resolve() / "data"
    for folder, _, files in os.walk(data):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            os.chown(path, 0, 0)

    assert kept(make(made).ensure_running()) == [("here",)]


@needs_root
def test_an_ordinary_user_runs_it_as_himself(postgres_folder: Path, make: Make) -> None:
    account = nobody()
    if not (account.may_read_all(PROJECT / "actors") and account.may_read_all(Path(sys.base_exec_prefix))):
        pytest.skip("Python or the project lies where nobody else may read it")
    folder = postgres_folder / "ordinary"
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)

    finished = subprocess.run(
        [sys.executable, "-B", "-c", STARTER, folder],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        **account.popen_arguments(),
    )

    assert finished.returncode == 0, finished.stderr.decode()
    data = folder / "postgres" / "data"
    assert data.stat().st_uid == account.uid
    adopted = make(folder)
    assert adopted.ensure_running() == finished.stdout.decode().strip()


@needs_root
def test_the_data_of_somebody_else_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    with pytest.raises(
        NotOurs, match=rf"belongs to {account_name(nobody().uid)} and this process is user 4711"
    ):
        EmbeddedPostgres(made).ensure_running()


@needs_root
@pytest.mark.slow
def test_binaries_in_a_private_folder_are_copied_once(postgres_folder: Path) -> None:
    installed = installed_binaries()
    private = postgres_folder / "private-venv"
    private.mkdir(mode=0o700)
    for part in (installed.package, installed.package.with_name(f"{installed.package.name}.libs")):
        subprocess.run(["cp", "-a", part, private], check=True)
    hidden = Binaries(private / installed.package.name)
    parent = postgres_folder / "copies"
    parent.mkdir(mode=0o711)

    assert not hidden.reachable_by(nobody())
    copy = hidden.copied_below(parent)

    assert copy.reachable_by(nobody())
    assert hidden.copied_below(parent) == copy
    assert [path.name for path in parent.iterdir()] == [copy.package.parent.name]
    version = subprocess.run([copy.postgres, "--version"], capture_output=True, check=True)
    assert b"(PostgreSQL) 18" in version.stdout
    assert mode(private) == 0o700

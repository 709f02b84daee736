"""The database of one run."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from actors.storage import provision
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.migrations import STEPS, current_version
from actors.storage.provision import Provision


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may pass through: pytest's are private to their user."""
    with tempfile.TemporaryDirectory(prefix="wyld-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
        EmbeddedPostgres(Path(folder)).stop()


def version_of(dsn: str | None) -> int:
    assert dsn is not None
    database = CooperativeDatabase(dsn)
    with database.connection_context():
        return current_version(database)


@pytest.mark.slow
def test_without_a_dsn_the_embedded_server_is_started_migrated_restarted_and_stopped(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "LOOK_SECONDS", 0.05)
    embedded, database = EmbeddedPostgres(data_dir), Provision("", data_dir)

    dsn = database.open(Event())
    first = embedded.postmaster_pid

    assert version_of(dsn) == len(STEPS)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with gevent.Timeout(30):
        while embedded.postmaster_pid in (None, first):
            gevent.idle()
    assert version_of(embedded.ensure_running()) == len(STEPS)

    database.close(20.0, is_needed=lambda: True)
    assert embedded.postmaster_pid is not None
    database.close(20.0)
    assert embedded.postmaster_pid is None


@pytest.mark.slow
def test_a_database_with_a_dsn_is_migrated_and_left_running(database_dsn: str, tmp_path: Path) -> None:
    database = Provision(database_dsn, tmp_path)

    assert database.open(Event()) == database_dsn
    database.close(1.0)

    assert version_of(database_dsn) == len(STEPS)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_is_waited_for_until_the_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stopping = Event()
    opening = gevent.spawn(
        Provision(f"host={tmp_path} dbname=wyld user=wyld password=secret", tmp_path).open, stopping
    )

    with gevent.Timeout(10):
        while f"the database wyld on {tmp_path} does not answer, next try in" not in caplog.text:
            gevent.idle()
    stopping.set()

    assert opening.get(timeout=10) is None
    assert "secret" not in caplog.text

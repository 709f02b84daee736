"""A real PostgreSQL for tests: one embedded cluster for a test run, one fresh database for a test.

Import what you need in a `conftest.py`:

    from tests.postgres import postgres, postgres_template, database_dsn, database

`database_dsn` is the DSN of a migrated, empty database that is the test's alone (a copy of a template, a few
hundredths of a second). `postgres` is the cluster, for tests that stop and start it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.migrations import migrate

__all__ = [
    "administer",
    "database",
    "database_dsn",
    "new_postgres",
    "postgres",
    "postgres_folder",
    "postgres_template",
]

_MEMORY = "/dev/shm"
_MEMORY_NEEDED_BYTES = 1 << 30
_TEMPLATE = "wyld_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """A short path that every account may pass through: pytest's own is private to its user."""
    folder = Path(tempfile.mkdtemp(prefix="wyld-test-", dir=_quick_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The cluster of this test run, running. It risks its data for speed."""
    cluster = new_postgres(postgres_folder)
    cluster.ensure_running()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database to copy."""
    administer(postgres, f"CREATE DATABASE {_TEMPLATE} OWNER wyld")
    migrated = CooperativeDatabase(postgres.dsn(database=_TEMPLATE))
    migrated.connect()
    migrate(migrated)
    migrated.close()
    return _TEMPLATE


@pytest.fixture
def database_dsn(postgres: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    """The DSN of a database for this test alone."""
    name = f"test_{next(_numbers)}"
    administer(postgres, f"CREATE DATABASE {name} OWNER wyld TEMPLATE {postgres_template}")
    yield postgres.dsn(database=name)
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_dsn: str) -> Iterator[CooperativeDatabase]:
    """A connection to the test's own database."""
    connected = CooperativeDatabase(database_dsn)
    connected.connect()
    yield connected
    connected.discard()


def _quick_folder() -> str | None:
    """Memory, where there is enough of it: hundreds of databases come and go."""
    if os.path.isdir(_MEMORY) and shutil.disk_usage(_MEMORY).free > _MEMORY_NEEDED_BYTES:
        return _MEMORY
    return None


def new_postgres(data_dir: Path) -> EmbeddedPostgres:
    """A cluster with the settings for tests, not yet running."""
    return EmbeddedPostgres(data_dir, fsync=False)


def administer(cluster: EmbeddedPostgres, statement: str) -> None:
    """Run a statement as the superuser, outside of any test's database."""
    administration = CooperativeDatabase(cluster.dsn(role="postgres", database="postgres"))
    administration.connect()
    administration.rows(statement)
    administration.close()

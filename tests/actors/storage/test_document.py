"""docs/persistence.md: the tables that are there, and commands that work."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.storage.accounts import create_account, find_account
from actors.storage.binaries import installed_binaries
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.migrations import migrate
from actors.storage.restart_records import DAYS_KEPT, ROWS_KEPT
from actors.storage.sessions import CLOSED_DAYS
from tests.postgres import administer

DOCUMENT = (Path(__file__).parents[3] / "docs" / "persistence.md").read_text(encoding="utf-8")
DUMP, RESTORE, RESTORE_OVER = re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def empty_dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without a table."""
    administer(postgres, "CREATE DATABASE empty OWNER wyld TEMPLATE template0")
    yield postgres.dsn(database="empty")
    administer(postgres, "DROP DATABASE empty WITH (FORCE)")


def shell(command: str, folder: Path, **variables: str) -> None:
    programs = Path(installed_binaries().initdb).parent
    environment = os.environ | {"PATH": f"{programs}:{os.defpath}"} | variables
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_tables_are_those_of_the_schema(database: CooperativeDatabase) -> None:
    there = {name for (name,) in database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    assert set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)) == there
    assert f"closed ones for {CLOSED_DAYS} days" in DOCUMENT
    assert f"the newest {ROWS_KEPT:,} of a process, {DAYS_KEPT} days" in DOCUMENT


@pytest.mark.slow
def test_a_dump_brings_everything_back_in_another_database_and_over_a_newer_state(
    database: CooperativeDatabase, database_dsn: str, empty_dsn: str, tmp_path: Path
) -> None:
    create_account(database, "Ann", "hash")

    shell(DUMP, tmp_path, SOURCE=database_dsn)
    shell(RESTORE, tmp_path, TARGET=empty_dsn)
    moved = CooperativeDatabase(empty_dsn)
    with moved.connection_context():
        assert migrate(moved) == []
        assert find_account(moved, "ann") is not None
        create_account(moved, "Bob", "hash")

    shell(RESTORE_OVER, tmp_path, TARGET=empty_dsn)
    with moved.connection_context():
        assert find_account(moved, "ann") is not None
        assert find_account(moved, "bob") is None

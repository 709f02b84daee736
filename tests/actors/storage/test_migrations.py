"""Any number of processes may migrate, any number of times; a newer database is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import peewee
import pytest

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.errors import SchemaTooNew
from actors.storage.migrations import STEPS, Step, current_version, migrate
from actors.storage.models import MODELS
from tests.postgres import administer

ONE = Step("one", "CREATE TABLE one (id integer)")
TWO = Step("two", "INSERT INTO one VALUES (1); CREATE TABLE two (id integer)")
BROKEN = Step("broken", "CREATE TABLE three (id integer); SELECT nonsense")


@pytest.fixture
def empty_dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    administer(postgres, "CREATE DATABASE empty OWNER wyld")
    yield postgres.dsn(database="empty")
    administer(postgres, "DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def empty(empty_dsn: str) -> Iterator[CooperativeDatabase]:
    database = connected(empty_dsn)
    yield database
    database.discard()


def connected(dsn: str) -> CooperativeDatabase:
    database = CooperativeDatabase(dsn)
    database.connect()
    return database


def test_an_empty_database_gets_every_step_once(empty: CooperativeDatabase) -> None:
    assert current_version(empty) == 0

    assert migrate(empty, [ONE, TWO]) == ["one", "two"]
    assert migrate(empty, [ONE, TWO]) == []

    assert current_version(empty) == 2
    assert empty.rows("SELECT * FROM one") == [(1,)]


def test_only_the_missing_steps_are_applied(empty: CooperativeDatabase) -> None:
    migrate(empty, [ONE])

    assert migrate(empty, [ONE, TWO]) == ["two"]


def test_of_many_at_once_one_migrates(empty_dsn: str) -> None:
    databases = [connected(empty_dsn) for _ in range(5)]
    slow = Step("slow", "SELECT pg_sleep(0.05)")

    greenlets = [gevent.spawn(migrate, database, [ONE, slow, TWO]) for database in databases]
    applied = [greenlet.get() for greenlet in greenlets]

    assert sorted(applied) == [[], [], [], [], ["one", "slow", "two"]]
    for database in databases:
        database.close()


def test_a_newer_database_is_refused_untouched(empty: CooperativeDatabase) -> None:
    migrate(empty, [ONE, TWO])

    with pytest.raises(SchemaTooNew, match="its schema is version 2, this program knows up to 1"):
        migrate(empty, [ONE])

    assert current_version(empty) == 2


def test_a_step_that_fails_leaves_no_trace(empty: CooperativeDatabase) -> None:
    with pytest.raises(peewee.ProgrammingError):
        migrate(empty, [ONE, BROKEN])

    assert current_version(empty) == 1
    assert empty.rows("SELECT to_regclass('three')") == [(None,)]
    assert migrate(empty, [ONE, TWO]) == ["two"]


def test_the_migrated_schema_is_the_one_of_the_models(database: CooperativeDatabase) -> None:
    for model in MODELS:
        assert columns_of_model(model) == columns_of_table(database, model._meta.table_name)


def test_the_steps_have_names_of_their_own() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)


TYPES = {
    "JSONB": "jsonb",
    "BIGAUTO": "bigint",
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "INT": "integer",
    "TEXT": "text",
    "TIMESTAMPTZ": "timestamp with time zone",
}


def columns_of_model(model: type[peewee.Model]) -> dict[str, tuple[str, bool, bool]]:
    """Name: type, may be null, is unique by itself."""
    columns = {}
    for field in model._meta.sorted_fields:
        referred: Any = field.rel_field if isinstance(field, peewee.ForeignKeyField) else field
        kind = "bigint" if referred is not field else TYPES[field.field_type]
        columns[field.column_name] = (kind, field.null, field.unique or field.primary_key)
    return columns


def columns_of_table(database: CooperativeDatabase, table: str) -> dict[str, tuple[str, bool, bool]]:
    rows = database.rows(
        """
        SELECT column_name, data_type, is_nullable = 'YES', EXISTS (
            SELECT 1 FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = table_name::regclass AND indisunique AND indnatts = 1 AND attname = column_name)
        FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'
        """,
        [table],
    )
    return {name: (kind, is_nullable, is_unique) for name, kind, is_nullable, is_unique in rows}

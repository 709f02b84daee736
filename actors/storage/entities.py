"""World state: what is loaded at start and what the checkpoint writes. Plain functions over a connection.

An entity's state is bytes here (the msgpack of its frozen record); storage does not look into it. A
checkpoint is one transaction: changed entities, deleted entities and the positions of sessions become
durable together or not at all, so that a command is never applied twice nor lost.

Each kind of row travels as one statement with one array for each column. Rows are written in the order
of their key, so two writers cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg2 import Binary

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.positions import Position, forget_positions, save_positions
from wyld_actors import Record

__all__ = ["EntityRecord", "checkpoint", "find_entities", "load_entities"]

# Building and parsing a statement holds the event loop (about 8 microseconds a row): yield in between.
_WRITE_BATCH_ROWS = 200
_READ_BATCH_ROWS = 500

_COLUMNS = "id, kind, prototype, state, version"
_UPSERT = """
INSERT INTO entities (id, kind, prototype, state, version)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[], %s::integer[])
ON CONFLICT (id) DO UPDATE
SET kind = excluded.kind, prototype = excluded.prototype, state = excluded.state,
    version = excluded.version, updated = now()
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM entities
WHERE id > %s AND (%s OR kind = ANY(%s))
ORDER BY id LIMIT %s
"""


class EntityRecord(Record, frozen=True, array_like=True):
    """A thing in the world as storage sees it.

    `version` is the layout of `state`, for who decodes it; storage only keeps it.
    """

    id: str
    kind: str
    state: bytes
    prototype: str | None = None
    version: int = 1


def load_entities(database: CooperativeDatabase, kinds: Sequence[str] = ()) -> list[EntityRecord]:
    """Every entity of the given kinds, or of all, in the order of their ids."""
    return list(_pages(database, kinds))


def find_entities(database: CooperativeDatabase, ids: Sequence[str]) -> list[EntityRecord]:
    """Those of the given entities that exist, in the order of their ids."""
    rows = database.rows(f"SELECT {_COLUMNS} FROM entities WHERE id = ANY(%s) ORDER BY id", [list(ids)])
    return [_record(row) for row in rows]


def checkpoint(
    database: CooperativeDatabase,
    entities: Sequence[EntityRecord] = (),
    deleted: Sequence[str] = (),
    positions: Sequence[Position] = (),
    forgotten: Sequence[int] = (),
) -> None:
    """Write all of it in one transaction. An entity that is both changed and deleted ends deleted.

    `forgotten` are sessions that are closed for good and whose positions are dropped.

    Raises peewee.OperationalError when the connection fails; then nobody knows whether it was
    committed, and writing the same checkpoint again is right in both cases.
    """
    with database.atomic():
        ordered = sorted(_newest(entities), key=lambda entity: entity.id)
        for start in range(0, len(ordered), _WRITE_BATCH_ROWS):
            _upsert(database, ordered[start : start + _WRITE_BATCH_ROWS])
        if deleted:
            database.rows("DELETE FROM entities WHERE id = ANY(%s)", [sorted(deleted)])
        save_positions(database, positions)
        if forgotten:
            forget_positions(database, sorted(forgotten))


def _newest(entities: Sequence[EntityRecord]) -> Sequence[EntityRecord]:
    # One statement may touch a row only once ("cannot affect row a second time").
    return list({entity.id: entity for entity in entities}.values())


def _upsert(database: CooperativeDatabase, entities: Sequence[EntityRecord]) -> None:
    columns = (
        [entity.id for entity in entities],
        [entity.kind for entity in entities],
        [entity.prototype for entity in entities],
        [Binary(entity.state) for entity in entities],
        [entity.version for entity in entities],
    )
    database.rows(_UPSERT, columns)


def _pages(database: CooperativeDatabase, kinds: Sequence[str]) -> Iterator[EntityRecord]:
    """Keyset pages in one snapshot: no page holds the event loop for long."""
    after = ""
    with database.atomic("REPEATABLE READ"):
        while page := database.rows(_PAGE, [after, not kinds, list(kinds), _READ_BATCH_ROWS]):
            yield from map(_record, page)
            after = page[-1][0]


def _record(row: tuple[Any, ...]) -> EntityRecord:
    entity_id, kind, prototype, state, version = row
    return EntityRecord(entity_id, kind, bytes(state), prototype, version)

"""Who is who among the processes: boot epochs, and one owner for each world.

An epoch is a number that grows with every boot of any process. It tells a process from the one of the
same name that was there before, and it is the upper half of session ids.

A world is owned by a database connection: an advisory lock of PostgreSQL on the world's name, held
as long as that connection lives. Nothing has to be cleaned up after a crash, and whoever writes
checkpoints over the owning connection cannot write once the ownership is lost. The epoch covers the time
without a connection: who claims again after another one has booted is refused.
"""

from __future__ import annotations

import peewee
from psycopg2.errors import LockNotAvailable, QueryCanceled

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import WorldTaken

__all__ = ["claim_world", "epoch_name", "newest_epoch", "next_epoch", "release_world", "world_is_owned"]

_TAKE_EPOCH = """
INSERT INTO epochs (name, epoch) VALUES (%s, nextval('epoch_numbers'))
ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, taken_at = now()
RETURNING epoch
"""
# Two 32 bit keys: "wyld" in ASCII, which keeps clear of other programs' locks, and the name's hash.
_LOCK_CLASS = 0x77796C64
_KEY = f"{_LOCK_CLASS}, hashtext(%s)"
_HELD = f"""
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND classid = {_LOCK_CLASS} AND objid = hashtext(%s)::oid AND objsubid = 2
"""


def next_epoch(database: CooperativeDatabase, name: str) -> int:
    """A number greater than any given before, to any name. At least 1, at most 2**31 - 1."""
    return int(database.rows(_TAKE_EPOCH, [name])[0][0])


def newest_epoch(database: CooperativeDatabase, name: str) -> int:
    """The number given to this name last, 0 if none was."""
    rows = database.rows("SELECT epoch FROM epochs WHERE name = %s", [name])
    return int(rows[0][0]) if rows else 0


def epoch_name(world: str) -> str:
    """Under which name a world takes its epochs."""
    return f"world:{world}"


def claim_world(
    database: CooperativeDatabase, world: str, *, wait_seconds: float = 0.0, epoch: int | None = None
) -> None:
    """Make this connection the owner of the world. Again is harmless. Raises WorldTaken.

    Waits for the present owner to go, at most `wait_seconds`. With `epoch`, the boot number of who claims,
    the claim also fails when a later boot of this world has begun: what the claimer knows is then out
    of date, even if that other one is gone again.
    """
    if not (world_is_owned(database, world) or _try_lock(database, world)) and (
        wait_seconds <= 0 or not _lock_within(database, world, wait_seconds)
    ):
        raise WorldTaken(world)
    if epoch is not None and newest_epoch(database, epoch_name(world)) > epoch:
        release_world(database, world)
        raise WorldTaken(world)


def release_world(database: CooperativeDatabase, world: str) -> None:
    """Give the world up, for a successor that need not wait for this connection to end."""
    database.rows(f"SELECT pg_advisory_unlock({_KEY})", [world])


def world_is_owned(database: CooperativeDatabase, world: str) -> bool:
    """Whether this connection owns the world."""
    return bool(database.rows(_HELD, [world])[0][0])


def _try_lock(database: CooperativeDatabase, world: str) -> bool:
    return bool(database.rows(f"SELECT pg_try_advisory_lock({_KEY})", [world])[0][0])


def _lock_within(database: CooperativeDatabase, world: str, seconds: float) -> bool:
    with database.patience(seconds):
        try:
            database.rows(f"SELECT pg_advisory_lock({_KEY})", [world])
        except peewee.OperationalError as failure:
            if isinstance(failure.__context__, (LockNotAvailable, QueryCanceled)):
                return False
            raise
    return True

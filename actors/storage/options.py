"""What the store can be told. The same names are in the configuration, section [database]."""

from __future__ import annotations

import dataclasses
import enum

from actors.storage.passwords import PasswordOptions
from supervisors.backoff import Backoff

__all__ = ["Migration", "StoreOptions"]


class Migration(enum.Enum):
    """Who brings the schema up to date."""

    ON_CONNECT = "on_connect"
    """Each worker, before it uses a connection; nothing to do is quick."""
    BY_HAND = "by_hand"
    """The operator. Until then the store is unavailable and says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class StoreOptions:
    """`pool_size` counts connections, one to each worker; `queue_limit` holds for each lane."""

    # Not in the repr: it may hold a password.
    dsn: str = dataclasses.field(repr=False)
    pool_size: int = 4
    queue_limit: int = 1000
    connect_timeout_seconds: float = 5.0
    statement_timeout_seconds: float = 10.0
    migration: Migration = Migration.ON_CONNECT
    # How long a request may wait for a worker. Its asker has given up by then, or was told to be patient.
    queue_timeout_seconds: float = 10.0
    reconnect: Backoff = dataclasses.field(default_factory=lambda: Backoff(min_seconds=0.2, max_seconds=5.0))
    passwords: PasswordOptions = dataclasses.field(default_factory=PasswordOptions)

"""The tables, as peewee models: PostgreSQL only.

The models say what the columns are; what made them that way is in `migrations/`, and a test
holds the two together. They are bound to no database: every query is executed on the connection
its caller hands over (`query.execute(database)`).

Names are unique without regard to case: `name` is what its owner typed, `name_key` is what is compared.
"""

from __future__ import annotations

import peewee

__all__ = [
    "MODELS",
    "Account",
    "Character",
    "Entity",
    "Epoch",
    "RestartRecord",
    "Session",
    "SessionPosition",
    "SessionToken",
]


class _TimestampField(peewee.DateTimeField):
    """A moment, not a wall clock: PostgreSQL's timestamptz."""

    field_type = "TIMESTAMPTZ"


class _JsonField(peewee.Field):
    """PostgreSQL's jsonb."""

    field_type = "JSONB"


class _Table(peewee.Model):
    class Meta:
        legacy_table_names = False


class Account(_Table):
    """Who may log in."""

    id = peewee.BigAutoField()
    name = peewee.TextField()
    name_key = peewee.TextField(unique=True)
    password_hash = peewee.TextField()
    created_at = _TimestampField()
    last_login_at = _TimestampField(null=True)

    class Meta:
        table_name = "accounts"


class Character(_Table):
    """Whom an account plays. What it is in the world is the entity `entity_id`."""

    id = peewee.BigAutoField()
    account = peewee.ForeignKeyField(Account, backref="characters", on_delete="CASCADE")
    account_id: int  # peewee's accessor for the bare key
    name = peewee.TextField()
    name_key = peewee.TextField(unique=True)
    background = peewee.TextField()
    entity_id = peewee.TextField(unique=True)
    created_at = _TimestampField()
    last_played_at = _TimestampField(null=True)

    class Meta:
        table_name = "characters"


class Entity(_Table):
    """The last durable state of a thing in the world: the msgpack of its frozen record."""

    id = peewee.TextField(primary_key=True)
    kind = peewee.TextField()
    prototype = peewee.TextField(null=True)
    state = peewee.BlobField()
    version = peewee.IntegerField()
    updated = _TimestampField()

    class Meta:
        table_name = "entities"


class SessionPosition(_Table):
    """How far a session's commands have been applied, as of the same checkpoint as the entities."""

    session = peewee.BigIntegerField(primary_key=True)
    applied = peewee.BigIntegerField()
    character = peewee.TextField(null=True)
    tail = peewee.BlobField()
    updated = _TimestampField()
    client = peewee.BigIntegerField()

    class Meta:
        table_name = "session_positions"


class Session(_Table):
    """A session of a gateway; see `sessions`."""

    id = peewee.BigIntegerField(primary_key=True)
    gateway = peewee.TextField()
    state = peewee.TextField()
    left_state = peewee.TextField(null=True)
    protocol = peewee.TextField()
    peer = peewee.TextField()
    account_id = peewee.BigIntegerField(null=True)
    account = peewee.TextField(null=True)
    character_id = peewee.BigIntegerField(null=True)
    character = peewee.TextField(null=True)
    entity_id = peewee.TextField(null=True)
    metadata = _JsonField()
    created_at = _TimestampField()
    changed_at = _TimestampField()
    touched_at = _TimestampField()
    closed_at = _TimestampField(null=True)

    class Meta:
        table_name = "sessions"


class SessionToken(_Table):
    """The digest of what opens a session again; see `session_tokens`."""

    digest = peewee.BlobField(primary_key=True)
    session = peewee.ForeignKeyField(Session, column_name="session", on_delete="CASCADE")
    kind = peewee.TextField()
    account_id = peewee.BigIntegerField(null=True)
    expires_at = _TimestampField()
    used_at = _TimestampField(null=True)
    revoked_at = _TimestampField(null=True)

    class Meta:
        table_name = "session_tokens"


class Epoch(_Table):
    """The newest boot of each named process. Numbers come from one sequence for all names."""

    name = peewee.TextField(primary_key=True)
    epoch = peewee.BigIntegerField()
    taken_at = _TimestampField()

    class Meta:
        table_name = "epochs"


class RestartRecord(_Table):
    """What crashed and what was decided, of every process; see `restart_records`."""

    id = peewee.TextField(primary_key=True)
    process = peewee.TextField()
    at = _TimestampField()
    event = peewee.TextField()
    path = peewee.TextField()
    record = _JsonField()

    class Meta:
        table_name = "restart_records"


MODELS: tuple[type[peewee.Model], ...] = (
    Account,
    Character,
    Entity,
    SessionPosition,
    Epoch,
    RestartRecord,
    Session,
    SessionToken,
)

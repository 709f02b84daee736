"""Sessions that outlast their gateway, what opens them again, and how far a client's own lines have come."""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = """
-- Written behind by the gateway of this name. A touch changes no indexed column, so it is an update in place.
-- No foreign key to the account: a session whose account is gone must not keep a batch of others from being
-- written.
CREATE TABLE sessions (
    id bigint PRIMARY KEY,
    gateway text NOT NULL,
    state text NOT NULL,
    left_state text,
    protocol text NOT NULL,
    peer text NOT NULL,
    account_id bigint,
    account text,
    character_id bigint,
    character text,
    entity_id text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL,
    closed_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX sessions_open ON sessions (gateway, id) WHERE closed_at IS NULL;
CREATE INDEX sessions_closed ON sessions (closed_at) WHERE closed_at IS NOT NULL;

-- A token that was used or revoked stays until its time is over: so it can be told from one that never was,
-- and a batch that is written again does not bring it back.
CREATE TABLE session_tokens (
    digest bytea PRIMARY KEY,
    session bigint NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind text NOT NULL,
    account_id bigint,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX session_tokens_session ON session_tokens (session);
CREATE INDEX session_tokens_account ON session_tokens (account_id);
CREATE INDEX session_tokens_expiry ON session_tokens (expires_at);

-- The highest number that the client itself gave to a line which was applied; 0 where clients do not number.
ALTER TABLE session_positions ADD COLUMN client bigint NOT NULL DEFAULT 0;
"""

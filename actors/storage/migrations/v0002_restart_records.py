"""What crashed and what was decided, of every process: the restart log that outlives its files."""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = """
-- Written in batches and read by operators now and then. `id` is given by the process that writes, so a batch
-- that may have been written already is simply written again.
CREATE TABLE restart_records (
    id text PRIMARY KEY,
    process text NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    path text NOT NULL,
    record jsonb NOT NULL
);
CREATE INDEX restart_records_newest ON restart_records (process, at);
"""

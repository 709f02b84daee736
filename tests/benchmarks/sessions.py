"""Sessions: what the mission's report measures or promises of them, each in a process of its own."""

from __future__ import annotations

from tests.benchmarks.table import Row, Target, at_least, at_most, figures_of, rows_of

__all__ = ["session_rows"]

# What was promised, by figure: milliseconds.
TARGETS: dict[str, Target] = {
    "ms for a transition (record)": at_most(0.1),
    "ms to make a token (secret, text, digest)": at_most(1),
    "ms to check a token (text, digest, comparison)": at_most(2),
    "ms to register a connection in the pool": at_most(0.5),
    "ms to route a message to one connection": at_most(0.1),
    "ms to broadcast to 100 connections": at_most(1),
    "ms to replay a command to a new world, with its answer": at_most(0.1),
    "ms to look a session up": at_most(0.1),
    "ms to clean up 1,000 expired sessions, in memory": at_most(10),
    "ms to clean up 1,000 closed sessions, in the database": at_most(10),
    "ms to create a session with its database write, 1,000 at once": at_most(1),
    "sessions created and written in a second": at_least(1_000),
    "ms to make a token, written, 1,000 at once": at_most(1),
    "ms to check a token, consumed in the database": at_most(2),
}


PARTS = ("session_values", "session_actors", "session_book")


def session_rows() -> list[Row]:
    """Values first, then actors, then what is written to PostgreSQL."""
    return [row for part in PARTS for row in rows_of(figures_of(f"tests.benchmarks.{part}"), TARGETS)]

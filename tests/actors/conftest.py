"""The database fixtures of `tests/postgres.py`, for this folder."""

from tests.postgres import database, database_dsn, postgres, postgres_folder, postgres_template

__all__ = ["database", "database_dsn", "postgres", "postgres_folder", "postgres_template"]

"""The database fixtures of `tests/postgres.py`, for this folder; and a check of every checkpoint in it."""

from collections.abc import Iterator

import pytest

from actors.checkpoint import collecting
from actors.world.surroundings import Surroundings
from tests.postgres import database, database_dsn, postgres, postgres_folder, postgres_template
from wyld_actors import ActorSystem, Cell
from wyld_actors.quiet import restless

__all__ = ["database", "database_dsn", "postgres", "postgres_folder", "postgres_template"]


@pytest.fixture(autouse=True, scope="session")
def _those_who_are_not_at_rest_are_all_found() -> Iterator[None]:
    """A checkpoint looks only at those who may be restless. Here that is held against all there are."""
    quick = collecting._restless_entities

    def checked(system: ActorSystem, around: Surroundings) -> list[Cell]:
        found = quick(system, around)
        assert set(found) == set(restless(around.cells()))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collecting, "_restless_entities", checked)
        yield

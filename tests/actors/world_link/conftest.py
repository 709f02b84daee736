"""A world with its link, in virtual time, for every test here."""

from collections.abc import Iterator

import pytest

from tests.actors.world_kit import WorldBench


@pytest.fixture
def bench() -> Iterator[WorldBench]:
    with WorldBench() as bench:
        yield bench

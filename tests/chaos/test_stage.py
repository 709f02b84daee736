"""The world that is made for counting."""

from __future__ import annotations

from tests.chaos.ledger import FLOOR
from tests.chaos.stage import GEMS, world_of


def test_in_the_beginning_every_gem_lies_on_the_floor_and_nothing_was_said() -> None:
    world = world_of()

    assert world.heard == {}
    assert world.holdings == {("gem", FLOOR): GEMS}
    assert len(set(world.things)) == GEMS

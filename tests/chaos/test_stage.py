"""The world that is made for counting."""

from __future__ import annotations

from collections import Counter

from tests.chaos.ledger import FLOOR
from tests.chaos.stage import BAGS, GEMS, beginning, world_of


def test_in_the_beginning_every_gem_lies_on_the_floor_and_nothing_was_said() -> None:
    world = world_of()

    assert world.heard == {}
    assert +Counter(world.holdings) == {("gem", FLOOR): GEMS, ("bag", FLOOR): BAGS}
    assert len(set(world.things)) == GEMS + BAGS


def test_who_has_come_has_a_purse_and_a_bag() -> None:
    world = beginning(["Ann", "Bob"])

    assert world.holdings["coin", "Ann"] == world.holdings["coin", "Bob"] > 0
    assert world.holdings["bag", "Ann"] == 1
    assert world.holdings["bag", FLOOR] == BAGS - 2

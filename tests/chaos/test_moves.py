"""What players do, as the real world understands it."""

from __future__ import annotations

import random

from actors.world.testing import World
from tests.chaos.ledger import FLOOR
from tests.chaos.moves import bag_of, draw


def test_whatever_is_drawn_moves_between_holders_that_are_known() -> None:
    source = random.Random(1)
    holders = {FLOOR, "Ann", bag_of("Ann"), "Bob", "Cyd"}

    drawn = [draw("Ann", ["Bob", "Cyd"], source) for _ in range(300)]

    assert {transfer.giver for _, transfer in drawn} == {FLOOR, "Ann", bag_of("Ann")}
    assert {transfer.receiver for _, transfer in drawn} == holders
    assert {transfer.what for _, transfer in drawn} == {"gem", "coin"}


def test_the_same_source_draws_the_same() -> None:
    first, second = (
        [draw("Ann", ["Bob"], source) for _ in range(20)] for source in map(random.Random, (7, 7))
    )

    assert first == second


def test_no_line_is_a_mistake_to_the_world() -> None:
    source = random.Random(1)
    with World() as world:
        hall = world.room("hall")
        world.item("gem", hall)
        ann, _ = world.player("Ann", hall), world.player("Bob", hall)

        for line in {draw("Ann", ["Bob"], source)[0] for _ in range(300)}:
            ann.forgets()
            ann.types(line)
            assert "There is no command" not in " ".join(ann.lines), line

"""Two players reach for the same thing, the world dies, and the other one is quicker this time."""

from __future__ import annotations

from actors.gateway.told_answers import OTHERWISE
from tests.actors.gateway_kit import Client
from tests.actors.world_kit import House

PICKED, NONE_HERE = "You pick up a coil of rope.", "You see no 'rope' here."


def last_told(client: Client) -> str:
    return [line for line in client.lines if line in (PICKED, NONE_HERE)][-1]


def test_whoever_was_told_otherwise_is_told_what_came_of_it() -> None:
    with House() as house:
        ann, bob = house.signs_up("Ann"), house.signs_up("Bob")
        ann.types("east")
        bob.types("east")
        house.saves()
        # In the order of the sessions Ann is first, and so she may be when both lines are run again.
        bob.types("get rope")
        ann.types("get rope")
        assert (last_told(bob), last_told(ann)) == (PICKED, NONE_HERE)

        house.restarts()

        told = {client: (last_told(client), client.saw(OTHERWISE.text)) for client in (ann, bob)}
        has_rope = {client: client.forgets().types("inventory").saw("coil of rope") for client in (ann, bob)}
        assert sorted(has_rope.values()) == [False, True]
        for client, (words, _) in told.items():
            assert words == (PICKED if has_rope[client] else NONE_HERE)
        assert told[ann][1] == told[bob][1] == has_rope[ann]

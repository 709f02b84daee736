"""A gateway that was cut off for so long that the world has given its sessions up: nothing is run twice."""

from __future__ import annotations

from actors.world.character import Character
from actors.world_link.state import WorldLinkOptions
from tests.actors.world_kit import House

GRACE_SECONDS = 10.0


def test_lines_that_were_run_before_the_session_was_given_up_are_not_run_again() -> None:
    with House(link=WorldLinkOptions(gateway_grace_seconds=GRACE_SECONDS)) as house:
        ann = house.signs_up("Ann").types("drop 3 coins")

        is_cut_off_for(house, 2 * GRACE_SECONDS)

        assert ann.types("drop 2 coins").saw("You drop two coins.")
        assert purse_of(house, "ann") == 20 - 3 - 2


def is_cut_off_for(house: House, seconds: float) -> None:
    """The network between the halves is away; the world saves what was done before it was."""
    link = house.system.find("/gateway/link")
    assert link is not None
    for identity in [one for one, dealer in house.link.dealers.items() if dealer.is_connected]:
        house.link.cut(identity)
    link.cell.suspend()
    house.saves()
    house.advance(seconds)
    assert house.half.system.registry.whereis("character:ann") is None, "she is given up"
    link.cell.resume()
    house.advance(seconds)


def purse_of(house: House, name: str) -> int:
    character = house.half.system.registry.whereis(f"character:{name}")
    assert character is not None
    state = character.cell.good_state
    assert isinstance(state, Character.State)
    return state.coins

"""The supervisor of all characters, or of all sessions, dies: everybody is torn out of the world, and comes
back by himself, with one line of story and all his lines.
"""

import pytest

from actors.gateway.session_options import SessionOptions
from tests.actors.world_kit import House

SLIPPED = "For a moment the world slips away from you."
PARTS = pytest.mark.parametrize("part", ["characters", "sessions"])


@PARTS
def test_who_is_torn_out_of_the_world_goes_on_where_he_was(part: str) -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("get lantern", "east")
        house.advance(1.0)
        ann.forgets()

        house.crashes(part)
        house.advance(5.0)

        assert ann.lines[0] == SLIPPED
        assert ann.lines[1] == "The Market"
        assert not ann.saw("Your characters:")
        assert ann.forgets().types("inventory").saw("a brass lantern")


@PARTS
def test_lines_under_way_are_held_meanwhile_and_run_once(part: str) -> None:
    with House() as house:
        ann, bob = house.signs_up("Ann"), house.signs_up("Bob")
        ann.types("east")
        bob.types("east")

        house.crashes(part)
        for number in range(3):
            ann.types(f"say {number}")
        house.advance(5.0)

        assert [line for line in ann.lines if line.startswith("You say")] == [
            "You say, “0”",
            "You say, “1”",
            "You say, “2”",
        ]
        assert bob.forgets().types("look").saw("Ann"), "and is seen"


def test_what_was_being_done_has_failed_and_what_was_typed_after_it_is_run() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.advance(1.0)
        ann.forgets()
        house.half.ref("characters/character:ann").cell.suspend()
        ann.types("get lantern", "say after it")

        house.crashes("characters")
        house.advance(5.0)

        assert ann.lines[:2] == ["The world blinks, and what you began never happened.", SLIPPED]
        assert ann.lines[-1] == "You say, “after it”"
        assert ann.forgets().types("inventory").saw("nothing")


def test_a_character_whose_client_is_gone_comes_back_as_well_and_waits_for_it_no_longer() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.half.ref("characters/character:ann").cell.suspend()
        ann.types("say one").hangs_up()

        house.crashes("characters")
        house.advance(60.0)
        assert house.half.has("characters/character:ann")

        house.advance(SessionOptions().link_dead_seconds)
        assert not house.half.has("characters/character:ann")


def test_a_character_that_its_supervisor_has_given_up_is_for_its_player_to_choose_again() -> None:
    with House() as house:
        ann = house.signs_up("Ann").forgets()

        house.gives_up("characters/character:ann")
        house.advance(5.0)

        assert ann.saw("The thread of your story is lost; take it up again.")
        assert ann.saw("Your characters:")

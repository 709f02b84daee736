"""Gateway and world together, in one process: what players see when the world is killed and begins again."""

import pytest

from tests.actors.world_kit import House


@pytest.mark.parametrize("is_saved", [True, False], ids=["saved", "unsaved"])
def test_a_second_stay_of_a_client_is_as_safe_as_the_first(is_saved: bool) -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("get lantern", "quit", "1", "east", "drop all")
        if is_saved:
            house.saves()

        house.restarts()

        assert ann.saw("The world breathes again.")
        assert ann.forgets().types("get lantern").lines == ["You pick up a brass lantern."]
        assert ann.forgets().types("look").lines[0] == "The Market"


def test_a_second_stay_of_which_no_checkpoint_knows_is_run_again_and_shown_once() -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("get lantern", "quit", "1").forgets()
        ann.types("say one", "say two")

        house.restarts()
        ann.types("say three")

        said = [line for line in ann.lines if line.startswith("You say")]
        assert said == ["You say, “one”", "You say, “two”", "You say, “three”"]

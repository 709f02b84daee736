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


def test_a_player_is_at_the_menu_when_that_is_saved() -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("get lantern", "quit")
        assert not ann.saw("Your characters:")

        house.advance(0.1)

        assert ann.saw("Your characters:")
        assert house.restarts()
        ann.forgets().types("1", "inventory")
        assert ann.saw("a brass lantern")


def test_what_was_done_just_before_a_logout_is_done_again_when_the_world_is_killed_over_it() -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("get lantern", "quit", "1")

        house.restarts()

        assert ann.forgets().types("inventory").saw("a brass lantern")


def test_a_player_comes_to_the_menu_also_while_nothing_can_be_saved() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.vault.is_away = True

        ann.types("quit")
        house.advance(2.5)

        # Who he can play, the database knows.
        assert ann.saw("The world fades around you.")


def test_where_a_player_stood_at_the_checkpoint_is_not_shown_while_he_walks_on_from_there() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.saves()
        ann.types("east").forgets()

        house.restarts()

        assert ann.lines == [
            "The world holds its breath. What you type is kept and will happen.",
            "The world breathes again.",
        ]
        assert ann.types("look").saw("The Market")


def test_one_with_nothing_to_run_again_is_shown_where_he_is() -> None:
    with House() as house:
        ann = house.signs_up("Ann").types("east")
        house.saves()
        ann.forgets()

        house.restarts()

        assert ann.saw("The Market")


def test_one_whom_the_checkpoint_does_not_know_still_hears_what_another_had_typed_meanwhile() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.saves()
        bob = house.signs_up("Bob").forgets()

        house.dies()
        ann.types("say two")
        house.begins()

        assert [text for text in bob.lines if "says" in text] == ["Ann says, “two”"]


def test_one_who_is_brought_back_last_hears_all_that_is_run_again_for_the_first_time_and_only_that() -> None:
    with House() as house:
        ann, bob = house.signs_up("Ann"), house.signs_up("Bob")
        bob.types("say one")
        house.dies()
        bob.types("say two")

        house.vault.is_slow = True
        house.begins()
        # Bob's questions are answered first.
        while len(house.vault.waiting) > 1:
            house.vault.waiting.pop()()
            house.settle()
        house.vault.hurries(house)
        bob.types("say three")

        heard = [line for line in ann.lines if line.startswith("Bob says")]
        assert heard == [f"Bob says, “{word}”" for word in ("one", "two", "three")]


def test_lines_do_not_wait_for_one_who_cannot_be_brought_back() -> None:
    with House() as house:
        ann, bob = house.signs_up("Ann"), house.signs_up("Bob")
        house.dies()
        bob.types("say hello")

        house.vault.is_slow = True
        house.begins()
        while len(house.vault.waiting) > 1:
            house.vault.waiting.pop()()
            house.settle()
        house.advance(10.0)

        assert bob.saw("You say, “hello”")
        assert ann.is_open


def test_a_selection_under_way_is_not_made_twice_when_the_connection_breaks_over_it() -> None:
    with House() as house:
        ann = house.signs_up("Ann")
        house.dies()
        house.vault.is_slow = True
        house.begins()

        (identity,) = house.link.dealers
        house.link.cut(identity)
        house.advance(1.0)
        house.vault.hurries(house)
        house.advance(5.0)

        assert ann.forgets().types("say here").lines == ["You say, “here”"]
        assert house.vault.asked.count("SelectCharacter") == 2

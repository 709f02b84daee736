"""One player alone: makes an account and a character, walks, talks, carries, and leaves again."""

from collections.abc import Callable

import pytest

from tests.play.players import PASSWORD, Player, WebPlayer

pytestmark = pytest.mark.slow

Connect = Callable[[str], Player]
Unique = Callable[[str], str]


def test_a_stranger_makes_an_account_and_a_character_and_stands_in_the_world(
    connect: Connect, unique: Unique
) -> None:
    ann = connect(unique("ann"))

    ann.sees("Your account's name")
    ann.does("new", "A name for your account")
    ann.does(ann.name, "Choose a password:")
    ann.does(PASSWORD, "The same password once more:")
    ann.does(PASSWORD, f"Welcome, {ann.name}!", "A name for your character")
    ann.does(ann.name, "strength 16", "Number or name of a background")

    ann.does("dockhand", f"{ann.name} opens their eyes for the first time.")
    ann.sees("The Old Quay Tar, salt and gulls.")
    ann.sees("Exits: north (oak door, closed) and east.")
    ann.sees(">")
    ann.does("score", f"{ann.name}, Dockhand", "strength 16", "You are in The Old Quay.")


def test_a_password_is_not_shown_while_it_is_typed(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann"))
    is_hidden = []

    for line, question in (
        ("new", "A name for your account"),
        (ann.name, "Choose a password:"),
        (PASSWORD, "The same password once more:"),
        (PASSWORD, "A name for your character"),
    ):
        ann.does(line, question)
        is_hidden.append(ann.hides)

    assert is_hidden == [False, True, True, False]
    assert PASSWORD not in ann.text


def test_a_player_walks_through_a_door_and_along_a_street(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann")).signs_up()

    ann.does("close door", "oak door")
    ann.does("n", "The oak door is closed.")
    ann.does("open north", "You open the oak door.")
    ann.does("north", "The Gilded Stag", "Marta is here.")
    ann.does("go down", "A Cellar", "There is no way out.", ">")
    ann.does("up", "You cannot go up from here.")


def test_a_player_talks_and_looks_and_reads(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann")).signs_up()

    ann.does("'Good morning, café.", 'You say, "Good morning, café."')
    ann.does(":waves.", f"{ann.name} waves.")
    ann.does("yell Anybody?", 'You yell, "Anybody?"')
    ann.does("look lantern", "It smells of oil.")
    ann.does("help say", "say")
    ann.does("who", f"{ann.name}", "The Harbour", "in the world.")
    ann.does("tell nobody hello", "Nobody called 'nobody' is in the world.")


def test_a_player_carries_things_and_puts_them_down(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann")).signs_up()

    ann.does("get lantern", "You pick up a brass lantern.")
    ann.does("inventory", "You carry:", "a brass lantern", "Weight 1 of")
    ann.does("get anchor", "anchor")
    ann.does("east", "The Market")
    ann.does("drop lantern", "You drop a brass lantern.")
    ann.does("look", "brass lantern", ">")
    ann.does("inventory", "nothing")


def test_a_player_leaves_for_the_menu_and_then_for_good(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann")).signs_up()

    ann.does("quit", "The world fades around you.", f"1 {ann.name}", "Which one?")
    ann.types("quit")

    assert "Farewell." in ann.is_sent_away()


def test_an_account_has_several_characters_and_plays_the_one_it_chooses(
    connect: Connect, unique: Unique
) -> None:
    ann, second = connect(unique("ann")).signs_up(), unique("cleo")
    ann.does("quit", "Which one?")

    ann.does("create", "A name for your character")
    ann.does(second, "Number or name of a background")
    ann.does("2", f"{second} opens their eyes for the first time.", "The Old Quay", ">")
    ann.does("quit", f"{second}, Rooftop thief", "Which one?")
    ann.does(ann.name, "The Old Quay", ">")

    ann.does("score", f"{ann.name}, Wanderer")


def test_the_same_character_is_played_by_the_later_client(connect: Connect, unique: Unique) -> None:
    ann = connect(unique("ann")).signs_up()
    ann.does("get lantern", "You pick up")

    again = connect(ann.name)
    again.logs_in()

    assert "Your character is being played from elsewhere now." in ann.is_sent_away()
    again.does("inventory", "a brass lantern")
    if isinstance(ann, WebPlayer):
        # Else the two pages would take the character from each other for ever.
        assert ann.bye is not None
        assert ann.bye["again"] is False


@pytest.mark.parametrize("connect", ["web"], indirect=True)
def test_a_web_client_gets_its_lines_acknowledged_and_a_reason_at_the_end(
    connect: Connect, unique: Unique
) -> None:
    ann = connect(unique("ann")).signs_up()
    assert isinstance(ann, WebPlayer)
    ann.catch_up()
    typed = ann.acknowledged

    ann.does("look", "The Old Quay", ">")
    ann.catch_up()
    ann.logs_out()

    assert ann.acknowledged > typed
    assert ann.bye is not None
    assert ann.bye["again"] is False

"""Two players, and what each sees of the other, over telnet, over the web, and from one to the other."""

from collections.abc import Callable

import pytest

from tests.play.kit import Server
from tests.play.players import Player

pytestmark = pytest.mark.slow

Pair = tuple[Player, Player]


@pytest.fixture(params=[("telnet", "telnet"), ("web", "web"), ("telnet", "web")], ids="-".join)
def pair(request: pytest.FixtureRequest, server: Server, unique: Callable[[str], str]) -> Pair:
    """Ann and Bob on the quay; each has seen all there was to see until now."""
    first, second = request.param
    ann = getattr(server, first)(unique("ann")).signs_up()
    bob = getattr(server, second)(unique("bob")).signs_up()
    ann.sees(f"{bob.name} appears.")
    bob.catch_up()
    ann.catch_up()
    return ann, bob


def test_arrivals_and_departures_are_seen(pair: Pair) -> None:
    ann, bob = pair

    bob.does("east", "The Market", ">")
    ann.sees(f"{bob.name} leaves east.")
    bob.does("west", "The Old Quay", f"{ann.name}", ">")
    ann.sees(f"{bob.name} arrives from the east.")
    bob.does("quit", "Which one?")
    ann.sees(f"{bob.name} fades away.")


def test_a_character_whose_client_is_cut_off_stays_where_it_is(pair: Pair) -> None:
    ann, bob = pair

    bob.leave()

    assert bob.name in ann.does("who", "in the world.")
    ann.does("look", f"{bob.name} ", ">")


def test_speech_is_heard_in_the_room_and_nowhere_else(pair: Pair) -> None:
    ann, bob = pair

    ann.does("say Hello there!", 'You exclaim, "Hello there!"')
    bob.sees(f'{ann.name} exclaims, "Hello there!"')
    bob.does("east", "The Market", ">")
    ann.does("say Are you gone?", 'You ask, "Are you gone?"')

    assert "gone" not in bob.catch_up()


def test_emotes_are_seen_in_the_room(pair: Pair) -> None:
    ann, bob = pair

    ann.does(":'s eyes widen.", f"{ann.name}'s eyes widen.")

    bob.sees(f"{ann.name}'s eyes widen.")


def test_a_tell_reaches_one_player_anywhere(pair: Pair) -> None:
    ann, bob = pair
    bob.does("east", "The Market", ">")

    ann.does(f"tell {bob.name} psst", f'You tell {bob.name}, "psst"')

    bob.sees(f'{ann.name} tells you, "psst"')


def test_a_yell_is_heard_in_the_zone_and_not_beyond(pair: Pair) -> None:
    ann, bob = pair

    ann.does("yell Ahoy!", 'You yell, "Ahoy!"')
    bob.sees(f'{ann.name} yells, "Ahoy!"')
    bob.does("east", "The Market", ">")
    ann.does("yell Again!", 'You yell, "Again!"')

    assert "Again" not in bob.catch_up()


def test_a_thing_that_is_given_changes_hands(pair: Pair) -> None:
    ann, bob = pair
    ann.does("get lantern", "You pick up a brass lantern.")

    ann.does(f"give lantern to {bob.name}", f"You give a brass lantern to {bob.name}.")

    bob.sees(f"{ann.name} gives you a brass lantern.")
    bob.does("inventory", "a brass lantern")
    ann.does("inventory", "nothing")
    bob.does("drop all", "You drop a brass lantern.")
    ann.sees(f"{bob.name} drops a brass lantern.")


def test_players_see_each_other_in_the_room_and_in_the_list_of_all(pair: Pair) -> None:
    ann, bob = pair

    ann.does("look", f"{bob.name}", ">")
    ann.does(f"look {bob.name}", f"{bob.name}", ">")
    bob.sees(f"{ann.name} looks at you.")

    listed = ann.does("who", "in the world.")
    assert ann.name in listed
    assert bob.name in listed

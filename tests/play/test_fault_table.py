"""Rows of the table of faults in docs/architecture.md that no other file plays, by telnet and websocket."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.chaos.stage import Stage
from tests.play.kit import Server, empty_folder
from tests.play.players import Player

pytestmark = pytest.mark.slow

Unique = Callable[[str], str]
HELD = "The world holds its breath."
DRAWN = "The world breathes again."


def said(player: Player) -> list[int]:
    return [int(number) for number in re.findall(r'You say, "(\d+)"', player.text)]


def heard(player: Player, speaker: Player) -> list[int]:
    return [int(number) for number in re.findall(rf'{speaker.name} says, "(\d+)"', player.text)]


def lanterns(player: Player) -> int:
    """How many it carries."""
    player.types("inventory")
    found = re.findall(r"\b(a|two) brass lanterns?", player.catch_up())
    return {"a": 1, "two": 2}[found[-1]] if found else 0


def test_a_link_that_is_cut_while_both_halves_live_holds_lines_and_outputs_and_loses_none(
    unique: Unique,
) -> None:
    with empty_folder() as path, Stage(path).start() as stage:
        players = stage.telnet(unique("ann")), stage.web(unique("bob"))
        for player in players:
            player.signs_up()
        for number in range(1, 11):
            for player in players:
                player.types(f"say {number}")

        stage.link_proxy.refuses = True
        stage.link_proxy.cut_all()
        for player in players:
            player.sees(HELD)
            for number in range(11, 21):
                player.types(f"say {number}")
        stage.link_proxy.refuses = False

        for player in players:
            player.sees(DRAWN)
            player.sees('You say, "20"')
            player.catch_up()
        ann, bob = players
        assert said(ann) == said(bob) == list(range(1, 21))
        assert heard(ann, bob) == heard(bob, ann) == list(range(1, 21))


def test_a_lost_machine_costs_a_moment_of_play_which_is_taken_back_as_a_whole(
    new_server: Callable[..., Server], unique: Unique
) -> None:
    server = new_server().start()
    ann, bob = server.telnet(unique("ann")).signs_up(), server.web(unique("bob")).signs_up()
    for player in (ann, bob):
        player.does("get lantern", "You pick up a brass lantern.")
        # Who is at the menu is saved.
        player.does("quit", "Which one?")
        player.does("1", "Exits:")
    for _ in range(20):
        ann.types(f"give lantern to {bob.name}")
        bob.types(f"give lantern to {ann.name}")
    ann.sees("gives you a brass lantern")
    server.lose_machine()
    server.send_all_away()
    server.start()

    ann, bob = server.telnet(ann.name), server.web(bob.name)
    for player in (ann, bob):
        player.logs_in()

    assert lanterns(ann) + lanterns(bob) == 2

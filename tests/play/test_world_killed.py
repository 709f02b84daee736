"""The world dies while it is played, and comes back: nobody notices more than a held breath.

What ten players type is heard by one who only listens. Each types numbered lines while the world is killed,
so what the listener hears says which line was run, how often, and in which order.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence

import pytest

from actors.plurals import NUMBERS
from tests.play.kit import RUN_SECONDS, Server
from tests.play.players import PASSWORD, Player

pytestmark = pytest.mark.slow

HELD = "The world holds its breath."
DRAWN = "The world breathes again."
NAMES = ("ada", "bea", "cyd", "dan", "eve", "fay", "gus", "hal", "ivy", "jon")


@pytest.fixture(scope="module", params=["0.1", "60"], ids=["saved", "unsaved"])
def server(request: pytest.FixtureRequest, new_module_server: Callable[..., Server]) -> Server:
    """A world that has a checkpoint of almost all, and one that has a checkpoint of nothing."""
    return new_module_server(
        WORLD__CHECKPOINT_INTERVAL_SECONDS=request.param,
        LINK__LIVENESS__INTERVAL_SECONDS="0.1",
        LINK__LIVENESS__SUSPECT_AFTER_SECONDS="0.3",
        LINK__LIVENESS__DOWN_AFTER_SECONDS="2",
        LAUNCHER__MAX_RESTARTS="100",
        LAUNCHER__BACKOFF__MIN_SECONDS="0.1",
        LAUNCHER__BACKOFF__MAX_SECONDS="0.1",
    ).start()


@pytest.fixture(autouse=True)
def _alone(server: Server) -> Iterator[None]:
    """Nobody of one test is there in the next."""
    yield
    server.send_all_away()


def crowd(server: Server, unique: Callable[[str], str]) -> tuple[Player, Sequence[Player]]:
    """A listener, and ten players around it, half by telnet, half by websocket."""
    listener = server.telnet(unique("listener")).signs_up()
    connects = (server.telnet, server.web)
    players = [connects[at % 2](unique(name)).signs_up() for at, name in enumerate(NAMES)]
    listener.sees(f"{players[-1].name} appears.")
    return listener, players


def heard(listener: Player, speaker: Player) -> list[int]:
    return [int(number) for number in re.findall(rf'{speaker.name} says, "(\d+)"', listener.text)]


def said(speaker: Player) -> list[int]:
    return [int(number) for number in re.findall(r'You say, "(\d+)"', speaker.text)]


def everywhere(listener: Player, players: Sequence[Player]) -> int:
    """How many lanterns there are, on the floor and in all pockets."""
    listener.types("look")
    shown = [listener.catch_up()]
    for player in players:
        player.types("inventory")
        shown.append(player.catch_up())
    counts = [re.findall(r"(\w+) brass lanterns?", text[text.rindex("You ") :]) for text in shown]
    return sum(number_of(count) for found in counts for count in found)


def number_of(word: str) -> int:
    """What "a", "two" or "13" counts."""
    return int(word) if word.isdigit() else ("a", *NUMBERS).index(word) + 1


def say(players: Sequence[Player], numbers: range) -> None:
    for number in numbers:
        for player in players:
            player.types(f"say {number}")


def test_every_line_is_run_once_and_in_order_however_often_the_world_is_killed(
    server: Server, unique: Callable[[str], str]
) -> None:
    listener, players = crowd(server, unique)

    for start in (0, 40):
        say(players, range(start + 1, start + 11))
        listener.sees(f'{players[-1].name} says, "{start + 5}"')
        server.kill("world")
        say(players, range(start + 11, start + 21))
        for player in players:
            player.sees(HELD)
        say(players, range(start + 21, start + 31))
        for player in players:
            player.sees(DRAWN)
        say(players, range(start + 31, start + 41))
    for player in players:
        player.sees('You say, "80"')

    listener.catch_up()
    for player in players:
        assert heard(listener, player) == list(range(1, 81))
        assert said(player) == list(range(1, 81))


def test_things_that_change_hands_are_neither_lost_nor_doubled(
    server: Server, unique: Callable[[str], str]
) -> None:
    listener, players = crowd(server, unique)
    lanterns = everywhere(listener, players)

    rounds = ("get lantern", "get all", f"give lantern to {players[0].name}", "drop lantern", "drop all")
    for line in rounds:
        for player in players:
            player.types(line)
    players[0].sees("gives you a brass lantern")
    server.kill("world")
    for line in rounds:
        for player in players:
            player.types(line)
    for player in players:
        player.sees(DRAWN)
        player.catch_up()

    assert everywhere(listener, players) == lanterns


def test_players_stand_where_they_stood_and_carry_what_they_carried(
    server: Server, unique: Callable[[str], str]
) -> None:
    ann, bob = server.telnet(unique("ann")).signs_up(), server.web(unique("bob")).signs_up()
    ann.does("get lantern", "You pick up")
    ann.does("east", "The Market", ">")
    bob.does("get lantern", "You pick up")

    server.kill_and_wait("world")
    ann.sees(DRAWN)
    bob.sees(DRAWN)

    ann.does("inventory", "a brass lantern", "Weight 1 of")
    ann.does("look", "The Market", ">")
    bob.does("inventory", "a brass lantern", "Weight 1 of")
    bob.does("look", "The Old Quay", ">")


def test_a_second_stay_of_the_same_client_is_as_safe_as_the_first(
    server: Server, unique: Callable[[str], str]
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    ann.does("get lantern", "You pick up")
    ann.does("quit", "Which one?")
    ann.does("1", "The Old Quay", ">")
    ann.does("east", "The Market")
    ann.does("drop all", "You drop a brass lantern.")

    server.kill("world")

    ann.sees(DRAWN)
    ann.does("get lantern", "You pick up a brass lantern.")
    ann.does("look", "The Market", ">")


def test_a_login_that_is_under_way_waits_for_the_world_and_goes_on(
    server: Server, unique: Callable[[str], str]
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    ann.logs_out()
    again = server.telnet(ann.name)
    again.sees("Your account's name")
    again.does(ann.name, "Password:")

    server.kill("world")

    again.does(PASSWORD, HELD, DRAWN, "Which one?")
    again.does("1", "The Old Quay", ">")


def test_a_web_client_is_told_of_the_world_by_its_status_too(
    server: Server, unique: Callable[[str], str]
) -> None:
    ann = server.web(unique("ann")).signs_up()

    server.kill("world")
    ann.sees(HELD)
    ann.types("say still here")
    ann.sees(DRAWN)
    ann.sees('You say, "still here"')

    assert ann.statuses[-2:] == ["away", "up"]


def test_a_world_that_is_frozen_and_thaws_is_the_same_world(
    server: Server, unique: Callable[[str], str]
) -> None:
    listener, players = crowd(server, unique)

    say(players, range(1, 11))
    os.kill(server.pid("world"), signal.SIGSTOP)
    say(players, range(11, 21))
    for player in players:
        player.sees(HELD)
    os.kill(server.pid("world"), signal.SIGCONT)
    say(players, range(21, 31))
    for player in players:
        player.sees('You say, "30"')

    listener.catch_up()
    for player in players:
        assert heard(listener, player) == list(range(1, 31))
        assert said(player) == list(range(1, 31))


def test_a_world_says_in_its_log_how_much_of_a_start_was_its_own(server: Server) -> None:
    log = server.data_dir / "log" / "world.log"

    def starts() -> list[float]:
        lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        return [line["start_seconds"] for line in lines if "start_seconds" in line]

    before = len(starts())

    server.kill("world")

    server.until(lambda _: len(starts()) > before)
    assert all(0 < seconds < RUN_SECONDS for seconds in starts())

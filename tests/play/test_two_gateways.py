"""Two gateways of one world, as real processes: what happens at one, and what that means at the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.play.kit import RUN_SECONDS, Server, free_port, half_of, until_open
from tests.play.players import PASSWORD, TelnetPlayer

pytestmark = pytest.mark.slow

Unique = Callable[[str], str]


class West:
    """A second gateway beside a server, which has its own."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self._players: list[TelnetPlayer] = []

    def begins(self) -> West:
        """One life of it."""
        server = self._server
        self._process = half_of(
            server,
            "gateway",
            self._folder,
            GATEWAY__NAME="west",
            GATEWAY__TELNET__PORT=str(self._port),
            LINK__ADDRESS=f"ipc://{server.data_dir / 'link.sock'}",
            LINK__KEY=(server.data_dir / "link.key").read_text(encoding="ascii").strip(),
        )
        until_open(self._port)
        return self

    def telnet(self, name: str) -> TelnetPlayer:
        player = TelnetPlayer(name, self._port)
        self._players.append(player)
        return player

    def dies(self) -> None:
        for player in self._players:
            player.leave()
        self._players.clear()
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=RUN_SECONDS)


@pytest.fixture(scope="module")
def server(new_module_server: Callable[..., Server]) -> Server:
    return new_module_server(LAUNCHER__BACKOFF__MIN_SECONDS="0.1").start()


@pytest.fixture
def west(server: Server, tmp_path: Path) -> Iterator[West]:
    with closing_west(server, tmp_path) as west:
        yield west.begins()
    server.send_all_away()


@contextmanager
def closing_west(server: Server, folder: Path) -> Iterator[West]:
    """It leaves nothing behind, whatever becomes of the test."""
    west = West(server, folder)
    try:
        yield west
    finally:
        west.dies()


def code_of(player: TelnetPlayer) -> str:
    """The code that it is told on entering the world."""
    player.until_count(1, '" at the door')
    [code] = re.findall(r'"reconnect (\S+)"', player.text)
    return str(code)


def goes_on(player: TelnetPlayer) -> TelnetPlayer:
    """Log in and choose the character, which may be in the world."""
    player.gives_password()
    player.sees("Which one?")
    player.does("1", "Exits:")
    return player


def test_players_of_two_gateways_meet_and_the_death_of_one_gateway_is_nothing_to_the_other(
    server: Server, west: West, unique: Unique
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    bob = west.telnet(unique("bob")).signs_up()
    code = code_of(ann)
    ann.does("say I am east", 'You say, "I am east"')
    bob.sees(f'{ann.name} says, "I am east"')

    ready = server.words.count("gateway is ready")
    server.kill("gateway")
    ann.is_sent_away()
    bob.does("say are you there", 'You say, "are you there"')
    server.until(lambda _: server.words.count("gateway is ready") > ready)
    again = server.telnet(ann.name)
    again.sees("Your account's name")
    again.types(f"reconnect {code}")

    again.sees(f'{bob.name} says, "are you there"')
    again.does("say yes", 'You say, "yes"')
    bob.sees(f'{ann.name} says, "yes"')


def test_who_goes_on_at_another_gateway_takes_the_character_along_and_the_old_client_is_told(
    server: Server, west: West, unique: Unique
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    ann.does("get lantern", "You pick up")

    again = goes_on(west.telnet(ann.name))

    assert "in the world already" in again.text
    assert "elsewhere" in ann.is_sent_away()
    again.does("inventory", "lantern")
    back = goes_on(server.telnet(ann.name))
    assert "elsewhere" in again.is_sent_away()
    back.does("inventory", "lantern")


def test_a_gateway_that_comes_back_late_takes_nobody_from_where_he_has_gone_on(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server(WORLD__GATEWAY_GRACE_SECONDS="0.5").start()
    with closing_west(server, tmp_path) as west:
        ann = west.begins().telnet("Ann").signs_up()
        # A code that is given is written, and what came before it.
        ann.does("reconnect", "at the door leads back here.")
        west.dies()
        server.until_said("is given up: its gateway did not come back")
        again = goes_on(server.telnet(ann.name))

        # Whatever it asks for its sessions comes before what it asks for a player.
        west.begins().telnet("Bob").signs_up()

        assert "elsewhere" not in again.catch_up()


def test_another_password_sends_away_who_is_at_the_other_gateway_in_play_or_at_the_menu(
    server: Server, west: West, unique: Unique
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    ann.does("quit", "Which one?")
    thief, other = west.telnet(ann.name), west.telnet(ann.name)
    goes_on(thief)
    other.gives_password()
    other.sees("Which one?")

    ann.does("password", "The password you have")
    ann.does(PASSWORD, "Choose another password:")
    ann.does("staple battery horse", "The same password once more:")
    ann.does("staple battery horse", "From now on the new password counts", "Which one?")

    for one in (thief, other):
        assert "has been changed" in one.is_sent_away()
    ann.does("1", "Exits:")

"""A hundred players whose gateway is killed while they are coming back to it."""

from __future__ import annotations

import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from secrets import token_urlsafe

import gevent
import pytest

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.play.kit import PROJECT, Server
from tests.play.players import TelnetPlayer, gmcp

pytestmark = pytest.mark.slow

PLAYERS = 100
# All at once would be refused: that is a limit of its own.
AT_ONCE = 20


class Program:
    """A client program that comes back by `Wyld.Resume`, and makes its next token itself."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        # The newest last: those that may be good.
        self._tokens: list[str] = []
        self.player = self._connects('Core.Supports.Set ["Wyld.Resume 1"]')

    def _connects(self, message: str) -> TelnetPlayer:
        player = self._server.telnet(self._name)
        player.sends(gmcp(message, is_first=True))
        return player

    def logs_in(self) -> None:
        player = self.player
        player.gives_password(PASSWORD)
        player.sees("Which one?")
        player.does("1", "Exits:")
        self._tokens = [player.until_gmcp("Wyld.Resume.Token")["token"]]

    def shows_token(self) -> None:
        """A new connection, and the newest token that may be good."""
        token, secret = self._tokens[-1], token_urlsafe(32)
        self.player = self._connects(f'Wyld.Resume {{"token":"{token}","next":"{secret}"}}')
        self._tokens.append(following(token, secret))

    def is_back(self) -> None:
        """By one of its tokens: which of them is good, nobody has told it."""
        while not self._is_welcome():
            # This one was never used, so nor was there another after it.
            del self._tokens[-2:]
            assert self._tokens, "no token is good"
            self.player.leave()
            self.shows_token()

    def _is_welcome(self) -> bool:
        self.player.until_count(1, "You are back", "Please log in")
        return "You are back" in self.player.text

    def says(self, word: str) -> None:
        self.player.does(f"say {word}", f'You say, "{word}"')


def following(token: str, secret: str) -> str:
    """Version and session of the one, with the secret of the next."""
    head = urlsafe_b64decode(token + "=" * (-len(token) % 4))[:9]
    return urlsafe_b64encode(head + urlsafe_b64decode(secret + "=")).decode().rstrip("=")


def all_do(deed: Callable[[Program], None], programs: list[Program]) -> None:
    for start in range(0, len(programs), AT_ONCE):
        gevent.joinall(
            [gevent.spawn(deed, one) for one in programs[start : start + AT_ONCE]], raise_error=True
        )


def test_a_gateway_that_dies_while_a_hundred_come_back_keeps_none_of_them_out(
    new_server: Callable[..., Server],
) -> None:
    server = new_server(LAUNCHER__BACKOFF__MIN_SECONDS="0.1").start()
    seed = [sys.executable, "-m", "tests.benchmarks.seed", str(server.data_dir), str(PLAYERS)]
    subprocess.run(seed, cwd=PROJECT, check=True)
    programs = [Program(server, player_name(number).capitalize()) for number in range(PLAYERS)]
    all_do(Program.logs_in, programs)
    for one in programs:
        one.player.leave()
        one.shows_token()

    programs[PLAYERS // 3].player.sees("You are back")
    ready = server.words.count("gateway is ready")
    server.kill("gateway")
    server.until(lambda _: server.words.count("gateway is ready") > ready)
    for one in programs:
        one.player.leave()
        one.shows_token()
    all_do(Program.is_back, programs)

    all_do(lambda one: one.says("here"), programs)
    heard = [one.player.text.count('You say, "here"') for one in programs]
    assert heard == [1] * PLAYERS, "each is in a session of its own"

"""The player's page in a real browser, through the whole server: socket, gateway, link, world and back."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.play.kit import Server
from tests.play.page_scenarios import SCENARIOS
from tests.play.players import TelnetPlayer
from tests.transports.web.driver import BrowserProcess, browser_executable

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Stage:
    """What a scenario asks for on this side; see `tests.play.page_scenarios`."""

    def __init__(self, server: Server, unique: Callable[[str], str]) -> None:
        self._server = server
        self._unique = unique
        self._other: TelnetPlayer | None = None

    def name(self) -> str:
        return self._unique("ann")

    def company(self, *way: str) -> str:
        """Somebody comes by telnet and walks this way; returns the name."""
        other = self._other = self._server.telnet(self._unique("bob")).signs_up()
        other.types(*way)
        other.catch_up()
        return other.name

    @property
    def other(self) -> TelnetPlayer:
        assert self._other is not None, "nobody has come"
        return self._other

    def types(self, line: str) -> None:
        self.other.types(line)

    def hears(self, words: str) -> None:
        self.other.sees(words)

    def heard_from(self, name: str) -> list[str]:
        """All that the other has heard this player say."""
        self.other.catch_up()
        return re.findall(rf'{name} says, "(\w+)"', self.other.text)

    def freeze(self, half: str) -> None:
        os.kill(self._server.pid(half), signal.SIGSTOP)

    def kill(self, half: str) -> None:
        self._server.kill(half)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    pictures = tmp_path_factory.mktemp("pictures")
    process = BrowserProcess("tests.play.page_scenarios", browser_executable(), pictures)
    yield process
    process.close()


@pytest.fixture(scope="module")
def server(browser: BrowserProcess, new_module_server: Callable[..., Server]) -> Server:
    """A server whose page stays where it is when its gateway is started anew."""
    return new_module_server(
        GATEWAY__WEB__PORT=str(free_port()),
        LINK__LIVENESS__INTERVAL_SECONDS="0.1",
        LINK__LIVENESS__SUSPECT_AFTER_SECONDS="0.3",
        LINK__LIVENESS__DOWN_AFTER_SECONDS="0.6",
        LAUNCHER__MAX_RESTARTS="100",
        LAUNCHER__BACKOFF__MIN_SECONDS="0.1",
        LAUNCHER__BACKOFF__MAX_SECONDS="0.1",
    ).start()


@pytest.fixture
def stage(server: Server, unique: Callable[[str], str]) -> Iterator[Stage]:
    yield Stage(server, unique)
    server.send_all_away()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, server: Server, stage: Stage, scenario: str) -> None:
    browser.play(scenario, f"http://127.0.0.1:{server.port('web')}/", stage)

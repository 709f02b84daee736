"""The player's page in a real browser, through the whole server: socket, gateway, link, world and back."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import page_pictures
from tests.chaos.tcp_proxy import Proxy
from tests.play.kit import Server
from tests.play.page_scenarios import SCENARIOS
from tests.play.stage import Stage
from tests.transports.web.driver import BrowserProcess, browser_executable

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    with BrowserProcess("tests.play.page_scenarios", tmp_path_factory.mktemp("pictures")) as browser:
        yield browser


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
def network(server: Server) -> Iterator[Proxy]:
    """What the page's connections go through."""
    network = Proxy(lambda: server.port("web"))
    yield network
    network.close()


@pytest.fixture
def stage(server: Server, unique: Callable[[str], str], network: Proxy) -> Iterator[Stage]:
    yield Stage(server, unique, network)
    server.send_all_away()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, network: Proxy, stage: Stage, scenario: str) -> None:
    browser.play(scenario, f"http://127.0.0.1:{network.port}/", stage)


def test_the_pictures_of_the_readme_can_be_taken_anew(tmp_path: Path) -> None:
    browser_executable()

    page_pictures.main(tmp_path)

    assert sorted(picture.name for picture in tmp_path.iterdir()) == ["page-phone.png", "page.png"]

"""The player's page in a real browser, against the real transport and a scripted game."""

from collections.abc import Iterator

import pytest

from tests.transports.web.driver import BrowserProcess, browser_executable
from tests.transports.web.scenarios import SCENARIOS
from tests.transports.web.scripted import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    pictures = tmp_path_factory.mktemp("pictures")
    process = BrowserProcess("tests.transports.web.scenarios", browser_executable(), pictures)
    yield process
    process.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, server: ScriptedServer, scenario: str) -> None:
    browser.play(scenario, server.url, server)

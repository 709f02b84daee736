"""The page goes on with its session by itself, in a real browser, against a scripted game with tokens."""

from collections.abc import Iterator

import pytest

from tests.transports.web.driver import BrowserProcess
from tests.transports.web.resume_scenarios import SCENARIOS
from tests.transports.web.scripted import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    pictures = tmp_path_factory.mktemp("pictures")
    with BrowserProcess("tests.transports.web.resume_scenarios", pictures) as browser:
        yield browser


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, server: ScriptedServer, scenario: str) -> None:
    browser.play(scenario, server.url, server)

"""The player's page in a real browser, against the real transport and a scripted game."""

from collections.abc import Iterator

import pytest

from tests.transports.web.driver import BrowserProcess
from tests.transports.web.scenarios import FAULTS, SCENARIOS
from tests.transports.web.scripted import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    with BrowserProcess("tests.transports.web.scenarios", tmp_path_factory.mktemp("pictures")) as browser:
        yield browser


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, server: ScriptedServer, scenario: str) -> None:
    browser.play(scenario, server.url, server)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_page_fails_its_scenario(
    browser: BrowserProcess, server: ScriptedServer, fault: str
) -> None:
    with pytest.raises(AssertionError, match=r"a fault|Content Security Policy"):
        browser.play(fault, server.url, server)

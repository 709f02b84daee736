"""The operators' page in a real browser, against two small processes in real time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actors.admin.scenarios import SCENARIOS
from tests.actors.admin.stage import Server
from tests.transports.web.driver import BrowserProcess, browser_executable

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    pictures = tmp_path_factory.mktemp("pictures")
    process = BrowserProcess("tests.actors.admin.scenarios", browser_executable(), pictures)
    yield process
    process.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_on_the_page(browser: BrowserProcess, server: Server, scenario: str) -> None:
    browser.play(scenario, server.url, server)

"""The operators' page in a real browser, against two small processes in real time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actors.admin.scenarios import SCENARIOS
from tests.actors.admin.stage import Server
from tests.transports.web.driver import BrowserProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    with BrowserProcess("tests.actors.admin.scenarios", tmp_path_factory.mktemp("pictures")) as browser:
        yield browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_on_the_page(browser: BrowserProcess, server: Server, scenario: str) -> None:
    browser.play(scenario, server.url, server)

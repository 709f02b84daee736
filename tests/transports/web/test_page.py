"""The player's page in a real browser, against the real transport and a scripted game."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transports.web.scenarios import SCENARIOS
from tests.transports.web.scripted import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ROOT = Path(__file__).parents[3]


class BrowserProcess:
    """The other half: plays scenarios by name and asks us to do things to the server."""

    def __init__(self, executable: str, pictures: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.transports.web.scenarios", executable, str(pictures)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def play(self, scenario: str, server: ScriptedServer) -> None:
        self._tell({"scenario": scenario, "url": server.url})
        while "call" in (message := self._hear()):
            self._tell({"result": getattr(server, message["call"])(*message["arguments"])})
        assert message["ok"], message["error"]

    def close(self) -> None:
        self._process.communicate(timeout=30)  # the end of its input is the end of its work

    def _tell(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the browser's process has ended; its error is above"
        message: dict[str, str] = json.loads(line)
        return message


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserProcess]:
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found and "CI" not in os.environ:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is installed")
    assert found, f"CI needs one of {', '.join(BROWSERS)}"
    process = BrowserProcess(found[0], tmp_path_factory.mktemp("pictures"))
    yield process
    process.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_the_browser(browser: BrowserProcess, server: ScriptedServer, scenario: str) -> None:
    browser.play(scenario, server)

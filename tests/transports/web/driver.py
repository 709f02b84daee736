"""The test's half of a browser test: starts the browser's process and does what its scenarios ask for.

See `hands` for the other half. `browser_executable` finds a browser, skips the test where there is none, and
fails in CI, where there must be one.
"""

import json
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Self

import pytest

__all__ = ["PROJECT", "BrowserProcess", "browser_executable"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROJECT = Path(__file__).parents[3]
CLOSE_SECONDS = 30


def browser_executable() -> str:
    """The path of a browser; see the module for what happens without one."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found and "CI" not in os.environ:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is installed")
    assert found, f"CI needs one of {', '.join(BROWSERS)}"
    return found[0]


class BrowserProcess:
    """The other half: plays the scenarios of `module` by name. Use as a context manager."""

    def __init__(self, module: str, pictures: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, browser_executable(), str(pictures)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def play(self, scenario: str, url: str, stage: object) -> None:
        """Play it on this page; what it calls are methods of `stage`. Fails with the scenario's error."""
        self._tell({"scenario": scenario, "url": url})
        while "call" in (message := self._hear()):
            self._tell(_done(stage, message["call"], message["arguments"]))
        assert message["ok"], message["error"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=CLOSE_SECONDS)  # the end of its input is the end of its work

    def _tell(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the browser's process has ended; its error is above"
        message: dict[str, Any] = json.loads(line)
        return message


def _done(stage: object, name: str, arguments: list[Any]) -> dict[str, object]:
    try:
        return {"result": getattr(stage, name)(*arguments)}
    except Exception:  # noqa: BLE001 - it ends the scenario, which reports it
        return {"error": traceback.format_exc()}

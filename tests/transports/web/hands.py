"""The hands of a visitor on a page, in a real browser: the browser's half of a browser test.

Runs in a process of its own, without gevent's patching, because Playwright brings its own event loop. A
module with scenarios (functions of a visitor: a Player, or who else is named to `main`) ends with
`main(SCENARIOS, *sys.argv[1:])` and is started as

    python -m tests.transports.web.scenarios BROWSER FOLDER

It reads a request from each line of its input ({"scenario", "url"}) and answers {"ok": true} or
{"ok": false, "error"}. In between it may ask the test to do something on its side ({"call", "arguments"}) and
reads the result from the next line; see `driver` for that side. Pictures go to the folder.
"""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

__all__ = ["DESK", "NOT_FOUND", "NO_SERVER", "PHONE", "Player", "Scenario", "Stage", "Visitor", "main"]

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = (1280, 800)
PHONE = (390, 844)
# What the browser itself complains about when a server is away, and for a page that is not there.
NO_SERVER = "WebSocket connection to"
NOT_FOUND = "404 (NOT FOUND)"
# For one step; restarts of processes are among them.
DEADLINE_MILLISECONDS = 30_000


class Stage:
    """The test's side of the pipe: its methods, by name."""

    def call(self, name: str, *arguments: object) -> Any:
        _answer({"call": name, "arguments": arguments})
        reply = json.loads(sys.stdin.readline())
        assert "error" not in reply, reply["error"]
        return reply["result"]


class Visitor:
    """Somebody with a page. `server` does things to what the page talks to; pictures go into a folder."""

    def __init__(self, page: Page, server: Stage, pictures: Path) -> None:
        self.page = page
        self.server = server
        self.forgiven: list[str] = []
        """Words of what the console may say; everything else fails the scenario."""
        self.pictures = pictures

    def arrives(self) -> None:
        """Wait until the page is there."""
        raise NotImplementedError

    def forgives(self, *complaints: str) -> None:
        """Expect that the console says something with these words."""
        self.forgiven.extend(complaints)

    def picture(self, name: str) -> None:
        """Keep what is to be seen."""
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def resizes(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wider


class Player(Visitor):
    """The hands on the page of the game."""

    def __init__(self, page: Page, server: Stage, pictures: Path) -> None:
        super().__init__(page, server, pictures)
        self.log = page.locator("#log")
        self.input = page.locator("#line")
        self.state = page.locator("#state")
        self.notice = page.locator("#notice")
        self.question = page.locator("#question")

    def enter(self, line: str) -> None:
        self.input.fill(line)
        self.input.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.log).to_contain_text(text)

    def is_asked(self, text: str) -> None:
        expect(self.question).to_contain_text(text)

    def arrives(self) -> None:
        self.is_connected()

    def is_connected(self) -> None:
        expect(self.state).to_have_attribute("data-state", "connected")


Scenario = Callable[[Any], None]


def main(
    scenarios: Mapping[str, Scenario],
    executable: str,
    folder: str,
    *,
    visitor: Callable[[Page, Stage, Path], Visitor] = Player,
    deadline_milliseconds: int = DEADLINE_MILLISECONDS,
) -> None:
    """Play what is asked for until the input ends."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=deadline_milliseconds)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                scenario, url = scenarios[request["scenario"]], request["url"]
                _play(browser, scenario, url, lambda page: visitor(page, Stage(), Path(folder)))
            except Exception:  # noqa: BLE001 - a scenario's failure is the test's to report
                _answer({"ok": False, "error": traceback.format_exc()})
            else:
                _answer({"ok": True})
        browser.close()


def _play(browser: Browser, scenario: Scenario, url: str, make: Callable[[Page], Visitor]) -> None:
    """One scenario in a fresh context; an error or a warning in the page's console fails it."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(DEADLINE_MILLISECONDS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    visitor = make(page)
    try:
        page.goto(url)
        visitor.arrives()
        scenario(visitor)
    except Exception as problem:
        visitor.picture(f"failed-{scenario.__name__}")
        problem.add_note(f"the console said: {complaints}")
        raise
    finally:
        context.close()
    unforgiven = [said for said in complaints if not any(words in said for words in visitor.forgiven)]
    assert not unforgiven, f"the console said: {unforgiven}"


def _answer(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)  # noqa: T201 - the pipe to the test

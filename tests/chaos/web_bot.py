"""A player at our page: it goes on with its session by itself, and keeps its lines until they are saved."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any

import gevent
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.chaos.bots import LOOK_SECONDS, Bot
from tests.chaos.ledger import Command
from tests.chaos.page import Page
from tests.play.players import LIMIT_SECONDS, STRAIGHT, Player

# Between two words of what was seen, as in `going.js`.
SEEN_SECONDS = 0.25


class Browser(Player):
    """One connection of a page."""

    def __init__(self, name: str, port: int, page: Page) -> None:
        super().__init__(name)
        self._page = page
        self._stack = ExitStack()
        try:
            self._socket = self._stack.enter_context(
                connect(
                    f"ws://127.0.0.1:{port}/ws",
                    subprotocols=[Subprotocol("json.wyld-actors")],
                    open_timeout=LIMIT_SECONDS,
                    close_timeout=1.0,
                )
            )
        except WebSocketException as error:
            raise OSError(f"no websocket: {error}") from error
        page.opens(self._send)
        self._reader = gevent.spawn(self._listen)

    def types(self, *lines: str) -> None:
        for line in lines:
            self._page.answers(line)

    def shows(self, text: str) -> None:
        self._show(text)

    def leave(self) -> None:
        self._page.is_lost()
        self._stack.close()
        self._reader.join(LIMIT_SECONDS)

    def _send(self, thing: dict[str, Any]) -> None:
        # A connection that has ended takes nothing; the page keeps what has to be kept.
        if not self.is_gone:
            try:
                self._socket.send(json.dumps(thing))
            except ConnectionClosed:
                self._end()

    def _listen(self) -> None:
        try:
            while True:
                for thing in json.loads(self._socket.recv()):
                    self._page.receives(thing)
                    self._news.set()
        except ConnectionClosed:
            self._end()


class WebBot(Bot):
    """Nothing that it has typed may be lost."""

    # Any: handed on as it is.
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._page = Page(self._show)
        self._browser: Browser | None = None
        self._staying: gevent.Greenlet[[], None] | None = None
        self._is_over = False
        # The page counts from the time on, so that nothing of an earlier one is in its way.
        self._base = time.time_ns() // 1_000_000

    def signs_up(self) -> None:
        self._connect().signs_up().does("get bag", "You pick up a bag.")
        self._staying = gevent.spawn(self._stays)

    def may_be_undone(self, since: float, until: float) -> None:
        for command in self._ledger.of(self.name):
            if since <= command.typed_at <= until:
                # Run again for a gateway that knows of no answer.
                command.may_repeat = True
                if self._base + command.number in self._page.abandoned:
                    self._ledger.may_be_undone(command)

    def _show(self, text: str) -> None:
        self.screen.show(text.translate(STRAIGHT))
        if self._browser is not None:
            self._browser.shows(text)

    def _is_able_to_type(self) -> bool:
        # The page takes what is typed, whether it is connected or not.
        return not self._is_over

    def _types(self, command: Command) -> None:
        self._page.types(self._base + command.number, command.text)

    def _hangs_up(self) -> None:
        if self._browser is not None:
            self._browser.leave()
            self._browser = None

    def leaves(self) -> None:
        self._is_over = True
        if self._staying is not None:
            self._staying.kill()
        super().leaves()

    # The connection -----------------------------------------------------------------------------------------

    def _connect(self) -> Browser:
        self._browser = Browser(self.name, self.proxy.port, self._page)
        return self._browser

    def _stays(self) -> None:
        """Come back whenever the connection ends."""
        while not self._is_over:
            browser = self._browser
            while browser is not None and not browser.is_gone:
                gevent.sleep(SEEN_SECONDS)
                self._page.says_what_it_has_seen()
            bye = self._page.bye or {}
            self._notes_ending(str(bye), is_excused=bool(bye.get("again")))
            self._hangs_up()
            self._is_over = not self._retries(self._comes_in)

    def _comes_in(self) -> str:
        """Raises AssertionError when that does not lead into the world."""
        refusals = len(self._page.refusals)
        browser = self._connect()
        self._until(lambda: self._page.is_ready or self._page.asks or len(self._page.refusals) > refusals)
        if self._page.is_ready:
            return "by token"
        why = self._page.refusals[-1] if len(self._page.refusals) > refusals else "without a token"
        assert why != "unavailable", why
        for number in self._page.abandoned:
            self._ledger.loses(self.name, number - self._base)
        browser.gives_password()
        browser.sees("Which one?")
        browser.does("1", "Exits:")
        return f"by login, token {why}"

    def _until(self, holds: Any) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not holds():
            assert self._browser is not None
            assert not self._browser.is_gone, "the connection ended"
            assert time.monotonic() < deadline, "the page was not served in time"
            gevent.sleep(LOOK_SECONDS)

"""A player at a plain telnet client: it keeps nothing, and comes back by a code or by logging in."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from tests.chaos.bots import Bot
from tests.chaos.ledger import Command
from tests.play.players import LIMIT_SECONDS, PASSWORD, TelnetPlayer

_CODE = re.compile(r'"reconnect\s+(\S+)"')
_LETTERS_KEPT = 20_000


class HeardTelnet(TelnetPlayer):
    """A telnet client whose every word is heard, and which forgets what is long past."""

    def __init__(self, name: str, port: int, bot: TelnetBot) -> None:
        self._bot = bot
        super().__init__(name, port)

    def sees_one_of(self, *words: str) -> str:
        """Wait for any of these, and return which it was."""

        def found() -> str | None:
            return next((some for some in words if some in self.text[self._read :]), None)

        return self._until(found, f"one of {words}", LIMIT_SECONDS)

    def _show(self, text: str) -> None:
        length = len(self.text)
        super()._show(text)
        self._bot.hears(self.text[length:])
        if (too_many := len(self.text) - _LETTERS_KEPT) > _LETTERS_KEPT:
            self.text, self._read = self.text[too_many:], max(0, self._read - too_many)


class TelnetBot(Bot):
    """What was under way in its connection when that ended may be lost."""

    # Any: handed on as it is.
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._player: HeardTelnet | None = None
        self._code = ""
        self._words = ""

    def hears(self, text: str) -> None:
        """Something is shown."""
        self.screen.show(text)
        self._words = (self._words + text)[-500:]
        if codes := _CODE.findall(self._words):
            self._code = codes[-1]

    def signs_up(self) -> None:
        self._connect().signs_up().does("get bag", "You pick up a bag.")

    def may_be_undone(self, since: float, until: float) -> None:
        for command in self._ledger.of(self.name):
            if since <= command.typed_at <= until:
                self._ledger.may_be_undone(command)

    def may_be_shown_again(self, since: float, until: float) -> None:
        self._ledger.may_be_shown_again(self.name, since, until)

    def _connect(self) -> HeardTelnet:
        self._has_spoken = False
        self._player = HeardTelnet(self.name, self.proxy.port, self)
        return self._player

    def _is_able_to_type(self) -> bool:
        if self._player is not None and not self._player.is_gone:
            return True
        if self._player is not None:
            self._notes_ending(self._player.text[-200:])
            self._ledger.loses_connection(self.name)
            self.screen.breaks_off()
            self._hangs_up()
        return self._retries(self._comes_in)

    def _types(self, command: Command) -> None:
        # The connection may have ended in this moment; the command was typed all the same.
        with contextlib.suppress(OSError):
            if self._player is not None:
                self._player.types(command.text)

    def _hangs_up(self) -> None:
        if self._player is not None:
            self._player.leave()
            self._player = None

    def _comes_in(self) -> str:
        """Raises AssertionError when that does not lead into the world."""
        player = self._connect()
        player.sees("Your account's name")
        code, self._code, self._words = self._code, "", ""
        if code and self._source.random() < 0.5:
            player.types(f"reconnect {code}")
            if player.sees_one_of("Exits:", "Your account's name") == "Exits:":
                player.sees("Exits:")
                return "by code"
        self._logs_in(player)
        return "by login"

    def _logs_in(self, player: HeardTelnet) -> None:
        player.does(self.name, "Password:")
        player.types(PASSWORD)
        seen = player.sees_one_of("Which one?", "Try again shortly.")
        assert seen == "Which one?", seen
        player.does("1", "Exits:")

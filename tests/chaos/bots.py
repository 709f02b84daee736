"""Players that never tire: each types one command after the other, and comes back when it is cut off."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable

import gevent
from gevent.event import Event

from tests.chaos.judgement import Ending
from tests.chaos.ledger import FLOOR, Command, Ledger, Transfer
from tests.chaos.screen import Screen
from tests.chaos.tcp_proxy import Proxy
from tests.play.players import LIMIT_SECONDS, PASSWORD, TelnetPlayer

# Seconds between two commands: two or three a second each, as somebody who plays fast.
PAUSE = (0.1, 0.4)
# How often a player pastes instead, and how many commands at most: they come without a pause.
PASTE_SHARE, PASTE = 0.05, 20
# Commands without an answer: past it a player waits, as people do when nothing comes. Far below what the
# gateway keeps for a session, so that it never has to refuse one.
PATIENCE = 60
# Seconds between two tries to get in again, and after which it is given up.
RETRY_SECONDS = 0.2
COME_BACK_SECONDS = 60.0

Hear = Callable[[str], None]


class HeardTelnet(TelnetPlayer):
    """A telnet client that passes on what it shows."""

    def __init__(self, name: str, port: int, hear: Hear) -> None:
        self._hear = hear
        super().__init__(name, port)

    def sees_one_of(self, *words: str) -> str:
        """Wait for any of these, and return which it was."""

        def found() -> str | None:
            return next((some for some in words if some in self.text[self._read :]), None)

        return self._until(found, f"one of {words}", LIMIT_SECONDS)

    def _show(self, text: str) -> None:
        length = len(self.text)
        super()._show(text)
        self._hear(self.text[length:])


class Bot:
    """One player, over all its connections. `gateways` counts the gateways that were killed so far."""

    def __init__(
        self,
        name: str,
        ledger: Ledger,
        proxy: Proxy,
        *,
        source: random.Random,
        now: Callable[[], float],
        gateways: Callable[[], int],
    ) -> None:
        self.name = name
        self.proxy = proxy
        self.screen = Screen(name, ledger, now)
        self.endings: list[Ending] = []
        self.failures: list[str] = []
        self._ledger = ledger
        self._source = source
        self._now = now
        self._gateways = gateways
        self._gateway = 0
        self._player: HeardTelnet | None = None
        self._playing: gevent.Greenlet[[], None] | None = None
        self._is_stopping = False
        self._is_urged = Event()
        self._has_spoken = False

    # A run ------------------------------------------------------------------------------------------------

    def signs_up(self) -> None:
        self._connect().signs_up()

    def begins(self) -> None:
        self._playing = gevent.spawn(self._play)

    def pastes(self) -> None:
        """Type much at once, now."""
        self._is_urged.set()

    def stops(self) -> None:
        """Type nothing more. Raises what has gone wrong in this player itself."""
        self._is_stopping = True
        if self._playing is not None:
            self._playing.get(timeout=COME_BACK_SECONDS + LIMIT_SECONDS)

    def is_answered(self, within: float) -> bool:
        """Whether a last line is answered, and with it all before it."""
        if not self._is_connected():
            self._loses_connection()
            if not self._comes_back():
                return False
        command = self._speaks()
        deadline = time.monotonic() + within
        while not command.answers and time.monotonic() < deadline:
            gevent.sleep(0.02)
        return bool(command.answers)

    def leaves(self) -> None:
        """For good."""
        self._hangs_up()
        self.proxy.close()

    def _hangs_up(self) -> None:
        if self._player is not None:
            self._player.leave()
            self._player = None

    # Playing ----------------------------------------------------------------------------------------------

    def _play(self) -> None:
        while not self._is_stopping:
            if not self._is_connected():
                self._loses_connection()
                if not self._comes_back():
                    return
            if len(self._ledger.unanswered(self.name)) < PATIENCE:
                self._types_some()
            self._is_urged.wait(self._source.uniform(*PAUSE))

    def _is_connected(self) -> bool:
        return self._player is not None and not self._player.is_gone

    def _types_some(self) -> None:
        is_paste = self._is_urged.is_set() or self._source.random() < PASTE_SHARE
        self._is_urged.clear()
        for _ in range(self._source.randint(2, PASTE) if is_paste else 1):
            self._types_next()

    def _types_next(self) -> None:
        # The first on a connection is always speech: answers are known by what was spoken before.
        if self._has_spoken:
            self._moves_something()
        else:
            self._speaks()

    def _speaks(self) -> Command:
        self._has_spoken = True
        return self._types(self._ledger.speaks(self.name, self._now()))

    def _moves_something(self) -> None:
        other = self._source.choice([name for name in self._ledger.players if name != self.name])
        text, giver, receiver = self._source.choice(
            [
                ("get gem", FLOOR, self.name),
                ("drop gem", self.name, FLOOR),
                (f"give gem to {other}", self.name, other),
            ]
        )
        self._has_spoken = False
        self._types(self._ledger.moves(self.name, text, Transfer("gem", 1, giver, receiver), self._now()))

    def _types(self, command: Command) -> Command:
        assert self._player is not None
        # The connection may have ended in this moment; the command was typed all the same.
        with contextlib.suppress(OSError):
            self._player.types(command.text)
        return command

    # Coming back ------------------------------------------------------------------------------------------

    def _connect(self) -> HeardTelnet:
        self._gateway = self._gateways()
        self._has_spoken = False
        self._player = HeardTelnet(self.name, self.proxy.port, self.screen.show)
        return self._player

    def _loses_connection(self) -> None:
        player, pipe = self._player, self.proxy.newest
        if player is None:
            return
        is_excused = (pipe is not None and pipe.was_cut) or self._gateway != self._gateways()
        self.endings.append(Ending(self.name, self._now(), is_excused, player.text[-200:]))
        self._ledger.loses_connection(self.name)
        self.screen.breaks_off()
        self._hangs_up()

    def _logs_in(self, player: HeardTelnet) -> None:
        """Raises AssertionError when that does not lead into the world."""
        player.sees("Your account's name")
        player.does(self.name, "Password:")
        player.types(PASSWORD)
        seen = player.sees_one_of("Which one?", "Try again shortly.")
        assert seen == "Which one?", seen
        player.does("1", "Exits:")

    def _comes_back(self) -> bool:
        deadline = time.monotonic() + COME_BACK_SECONDS
        while time.monotonic() < deadline:
            try:
                self._logs_in(self._connect())
            except (OSError, AssertionError) as error:
                why = str(error)
                self._hangs_up()
                gevent.sleep(RETRY_SECONDS)
            else:
                return True
        self.failures.append(f"{self.name} could not come back in {COME_BACK_SECONDS:.0f} s: {why}")
        return False

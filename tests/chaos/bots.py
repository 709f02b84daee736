"""Players that never tire: each types one command after the other, and comes back when it is cut off.

What a player types is drawn here; how it gets to the server, and back after a loss, is the business of
`telnet_bot.py` and `web_bot.py`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import gevent
from gevent.event import Event

from tests.chaos.judgement import Ending
from tests.chaos.ledger import Command, Ledger
from tests.chaos.moves import draw
from tests.chaos.screen import Screen
from tests.chaos.tcp_proxy import Proxy
from tests.play.players import LIMIT_SECONDS

# Seconds between two commands: two or three a second each, as somebody who plays fast.
PAUSE = (0.1, 0.4)
# How often a player pastes instead, and how many commands at most: they come without a pause.
PASTE_SHARE, PASTE = 0.05, 20
# Commands without an answer: past it a player waits, as people do when nothing comes. Far below what the
# gateway keeps for a session, so that it never has to refuse one.
PATIENCE = 60
# Seconds between two tries to get in again, and after which it is given up.
RETRY = (0.1, 0.6)
COME_BACK_SECONDS = 60.0
LOOK_SECONDS = 0.02
# One try to get in that took so long and led nowhere is told of.
SLOW_SECONDS = 10.0


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
        # How the player came back, each time; and what stood in the way, when it was let in too late.
        self.returns: list[str] = []
        self.troubles: list[str] = []
        self._ledger = ledger
        self._source = source
        self._now = now
        self._gateways = gateways
        self._gateway = 0
        self._playing: gevent.Greenlet[[], None] | None = None
        self._is_stopping = False
        self._is_urged = Event()
        self._has_spoken = False

    # What each kind of player does in its own way -----------------------------------------------------------

    def signs_up(self) -> None:
        """Come for the first time, and pick up a bag."""
        raise NotImplementedError

    def may_be_undone(self, since: float, until: float) -> None:
        """World and gateway have lost what came in this time: say in the ledger what nobody else has kept."""
        raise NotImplementedError

    def may_be_shown_again(self, since: float, until: float) -> None:
        """A gateway that had shown things in this time could tell nobody. Nothing to who says what it has."""

    def _is_able_to_type(self) -> bool:
        """Whether there is somewhere to type into; if not, find it again. False: it is given up."""
        raise NotImplementedError

    def _types(self, command: Command) -> None:
        raise NotImplementedError

    def _hangs_up(self) -> None:
        raise NotImplementedError

    # A run --------------------------------------------------------------------------------------------------

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
        if not self._is_able_to_type():
            return False
        command = self._speaks()
        deadline = time.monotonic() + within
        while not command.answers and time.monotonic() < deadline:
            gevent.sleep(LOOK_SECONDS)
        return bool(command.answers)

    def leaves(self) -> None:
        """For good."""
        self._hangs_up()
        self.proxy.close()

    # Playing ------------------------------------------------------------------------------------------------

    def _play(self) -> None:
        while not self._is_stopping:
            is_urged = self._is_urged.wait(self._source.uniform(*PAUSE))
            self._is_urged.clear()
            if not self._is_able_to_type():
                return
            if len(self._ledger.unanswered(self.name)) < PATIENCE:
                self._types_some(is_paste=is_urged or self._source.random() < PASTE_SHARE)

    def _types_some(self, *, is_paste: bool) -> None:
        for _ in range(self._source.randint(2, PASTE) if is_paste else 1):
            # The first on a connection is always speech: answers are known by what was spoken before.
            if self._has_spoken:
                self._moves_something()
            else:
                self._speaks()

    def _speaks(self) -> Command:
        self._has_spoken = True
        command = self._ledger.speaks(self.name, self._now())
        self._types(command)
        return command

    def _moves_something(self) -> None:
        others = [name for name in self._ledger.players if name != self.name]
        text, transfer = draw(self.name, others, self._source)
        self._has_spoken = False
        self._types(self._ledger.moves(self.name, text, transfer, self._now()))

    # Connections --------------------------------------------------------------------------------------------

    def _notes_ending(self, last_words: str, *, is_excused: bool = False) -> None:
        """A connection of somebody who played has ended."""
        pipe = self.proxy.newest
        was_cut = (pipe is not None and pipe.was_cut) or self._gateway != self._gateways()
        self.endings.append(Ending(self.name, self._now(), was_cut or is_excused, last_words))

    def _retries(self, comes_in: Callable[[], str]) -> bool:
        """Try until it says how it came in, or has given up."""
        why = "there was no time to try"
        deadline = time.monotonic() + COME_BACK_SECONDS
        while time.monotonic() < deadline:
            self._gateway = self._gateways()
            began = self._now()
            try:
                self.returns.append(comes_in())
            except (OSError, AssertionError, EOFError) as error:
                why = f"{error}"
                if self._now() - began > SLOW_SECONDS:
                    self.troubles.append(
                        f"{self.name} from {began:.1f} s to {self._now():.1f} s: {why[-600:]!r}"
                    )
                self._hangs_up()
                gevent.sleep(self._source.uniform(*RETRY))
            else:
                return True
        self.failures.append(f"{self.name} could not come back in {COME_BACK_SECONDS:.0f} s: {why}")
        return False

"""From what a player is shown to answers in the ledger. Pure.

Between the answers to two lines of speech stands the answer to the transfer that was typed between them, see
`ledger.py`; what others do may stand there as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.chaos.ledger import Ledger, Outcome

_SAID = re.compile(r'You say, "(\d+)"')
_DONE = re.compile(r"You (?:give|pick up|drop|put|take) ")
_REFUSED = re.compile(
    r"You carry no|You have (?:no|only) |You see no|There (?:is|are) (?:no|only) |too heavy for you"
    r"|The bag is empty"
)
_OTHERWISE = re.compile(r"something went otherwise than you saw")
_NOT_TAKEN = re.compile(r"Not taken: |blinks, and what you began|hesitate; what you began")


class Screen:
    """What one player has read. `surprises` are lines that should not be."""

    def __init__(self, player: str, ledger: Ledger, now: Callable[[], float]) -> None:
        self.surprises: list[str] = []
        # How often what had been answered was taken back: by the answer in the next line.
        self.corrections = 0
        self._is_corrected = False
        self._player = player
        self._ledger = ledger
        self._now = now
        self._line = ""
        # The speech that was answered last; None until there is one on this connection.
        self._last: int | None = 0

    def show(self, text: str) -> None:
        """The next piece of text, which may end within a line."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._read(line)

    def breaks_off(self) -> None:
        """The connection of a client that keeps nothing has ended: what it was shown last is unknown."""
        self._line = ""
        self._last = None

    def _read(self, line: str) -> None:
        if _OTHERWISE.search(line):
            self.corrections += 1
            self._is_corrected = True
        elif self._is_corrected and (_DONE.search(line) or _REFUSED.search(line)):
            # To which line is not said; the judge leaves open what came of all that ran again.
            self._is_corrected = False
        elif match := _SAID.search(line):
            self._last = int(match[1])
            self._answer(self._last, Outcome.DONE)
        elif _NOT_TAKEN.search(line):
            self.surprises.append(line)
        elif self._last is not None and _DONE.search(line):
            self._answer(self._last + 1, Outcome.DONE)
        elif self._last is not None and _REFUSED.search(line):
            self._answer(self._last + 1, Outcome.REFUSED)

    def _answer(self, number: int, outcome: Outcome) -> None:
        command = self._ledger.find(self._player, number)
        if command is not None:
            self._ledger.answered(command, outcome, self._now())

"""What every player commanded, and what became of it as far as the player can see.

Pure. Each player's commands have rising numbers. Those with odd ones speak their number (`say 17`), those
with even ones move something; the player speaks before each of these, and after it. So whoever reads the
player's screen knows which answer belongs to which command: that to 18 stands between "You say 17" and "You
say 19"; and the tally of `tally.py`, who hears all that is said, knows which commands were run.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

FLOOR = "the floor"


class Sureness(enum.Enum):
    """What a player may rely on."""

    # The command takes effect exactly once.
    ONCE = "exactly once"
    # It was under way when the connection ended, in a client that keeps nothing: once or never.
    AT_MOST_ONCE = "at most once"
    # World and gateway died together before it was saved: at most once, also when it was answered.
    UNDONE_MAYBE = "at most once, whatever was answered"


class Outcome(enum.Enum):
    """What a player was told of a command."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The effect that a command is to have: so much of something goes from one holder to another."""

    what: str
    amount: int
    giver: str
    receiver: str

    @property
    def changes(self) -> Iterator[tuple[tuple[str, str], int]]:
        yield (self.what, self.giver), -self.amount
        yield (self.what, self.receiver), self.amount


@dataclass(slots=True)
class Command:
    """One line that was typed. `answers` are the times at which an answer to it was shown."""

    player: str
    number: int
    text: str
    typed_at: float
    transfer: Transfer | None = None
    sureness: Sureness = Sureness.ONCE
    # The world died before it was saved: it ran once more, among lines of others in another order.
    is_rerun: bool = False
    # Its answer was shown, and the only one who knew that is dead: it may be shown again.
    may_repeat: bool = False
    answers: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.player}'s {self.number}, {self.text!r}"


class Ledger:
    """All commands of a run, by player, in the order in which they were typed."""

    def __init__(self, players: Iterable[str]) -> None:
        self._commands: dict[str, dict[int, Command]] = {player: {} for player in players}

    @property
    def players(self) -> list[str]:
        return list(self._commands)

    def __iter__(self) -> Iterator[Command]:
        for commands in self._commands.values():
            yield from commands.values()

    def __len__(self) -> int:
        return sum(map(len, self._commands.values()))

    def of(self, player: str) -> list[Command]:
        return list(self._commands[player].values())

    def find(self, player: str, number: int) -> Command | None:
        return self._commands[player].get(number)

    def last(self, player: str) -> int:
        """The number of the newest command; 0 if there is none."""
        return next(reversed(self._commands[player]), 0)

    def speaks(self, player: str, at: float) -> Command:
        """A player speaks the next odd number."""
        number = (self.last(player) + 1) | 1
        return self._types(Command(player, number, f"say {number}", at))

    def moves(self, player: str, text: str, transfer: Transfer, at: float) -> Command:
        """A player moves something, after having spoken."""
        number = self.last(player) + 1
        assert number % 2 == 0, f"{player} has not spoken before {text!r}"
        return self._types(Command(player, number, text, at, transfer))

    def _types(self, command: Command) -> Command:
        self._commands[command.player][command.number] = command
        return command

    def answered(self, command: Command, outcome: Outcome, at: float) -> None:
        """An answer was shown."""
        command.answers.append(at)
        command.outcomes.append(outcome)

    def unanswered(self, player: str) -> list[Command]:
        """What the player waits for, oldest first: not what a lost connection took with it."""
        # Only the newest can be without an answer, but for what a lost connection took with it.
        newest = islice(reversed(self._commands[player].values()), _RECENT)
        waiting = [command for command in newest if not command.answers and command.sureness is Sureness.ONCE]
        return waiting[::-1]

    def loses_connection(self, player: str) -> None:
        """The connection of a client that keeps nothing has ended: what was under way may be lost."""
        for command in self.unanswered(player):
            self.loses(player, command.number)

    def loses(self, player: str, number: int) -> None:
        """A client has given this command up, and said so to its player."""
        command = self._commands[player][number]
        if not command.answers and command.sureness is Sureness.ONCE:
            command.sureness = Sureness.AT_MOST_ONCE

    def may_be_shown_again(self, player: str, since: float, until: float) -> None:
        """What was answered in this time may be answered once more."""
        for command in self._commands[player].values():
            command.may_repeat |= any(since <= answer <= until for answer in command.answers)

    def may_be_rerun(self, since: float, until: float) -> None:
        """The world died at `until`, and was saved last at `since`."""
        for command in self:
            if since <= command.typed_at and min(command.answers, default=until) <= until:
                command.is_rerun |= command.typed_at <= until

    def may_be_undone(self, command: Command) -> None:
        """Nobody is left who remembers it."""
        command.sureness = Sureness.UNDONE_MAYBE
        command.may_repeat = True


# Commands; far more than a player leaves unanswered.
_RECENT = 1000

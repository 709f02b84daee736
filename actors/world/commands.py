"""What a player can ask for, as records: the result of parsing a line.

A command is a value without references to anything in the world; a Target is still words, to be matched by
whoever has the things (see `matching`).
"""

from __future__ import annotations

from actors.world.directions import Direction
from wyld_actors import Record


class Target(Record, frozen=True):
    """Words that mean a thing, a door or somebody: `2.brass lantern` is the second that answers to both
    words, `2 lanterns` any two (`count`; 0: not said), `all lantern` each that answers to it, `all`
    everything there is."""

    words: tuple[str, ...]
    ordinal: int = 1
    is_all: bool = False
    count: int = 0

    def __str__(self) -> str:
        words = " ".join(self.words)
        if self.is_all:
            return f"all {words}".rstrip()
        if self.count:
            return f"{self.count} {words}"
        return words if self.ordinal == 1 else f"{self.ordinal}.{words}"


class Command(Record, frozen=True):
    """Base of the commands."""


class Nothing(Command, frozen=True):
    """An empty line: only the prompt is wanted."""


class Mistake(Command, frozen=True):
    """A line that is no command. `text` says how to do it right."""

    text: str


class Move(Command, frozen=True):
    direction: Direction


class Look(Command, frozen=True):
    """Without a target, at the room. `is_inside`: into the target, if one can."""

    target: Target | None = None
    is_inside: bool = False


class Say(Command, frozen=True):
    text: str


class Emote(Command, frozen=True):
    text: str


class Yell(Command, frozen=True):
    text: str


class Tell(Command, frozen=True):
    name: str
    text: str


class Who(Command, frozen=True):
    pass


class Get(Command, frozen=True):
    """`container` None: what lies here."""

    target: Target
    container: Target | None = None


class Put(Command, frozen=True):
    target: Target
    container: Target


class Drop(Command, frozen=True):
    target: Target


class Give(Command, frozen=True):
    """`otherwise` is the other way to read a line without a "to": `give ann lantern`."""

    target: Target
    receiver: Target
    otherwise: Give | None = None


class Open(Command, frozen=True):
    target: Target


class Close(Command, frozen=True):
    target: Target


class Inventory(Command, frozen=True):
    pass


class Score(Command, frozen=True):
    pass


class Help(Command, frozen=True):
    topic: str = ""


class Quit(Command, frozen=True):
    pass

"""Documents that tell what happens in a running server, and are held to it.

Two kinds of blocks of a document are the script and its expected outcome at once. In a `console` block one
of the operators' commands is run:

    $ python run.py restarts
    ...

In a `player` block a player types the lines behind `> `, and what is shown up to the next one is all that
follows. `tests/play/test_story.py` performs the document and compares; `python -m tests.story_page` writes it
anew.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.play.kit import PROJECT, Server, folder
from tests.play.players import Player

__all__ = ["BLOCK", "SUPERVISION", "alike", "perform", "printed", "reader", "tutorial_server"]

SUPERVISION = PROJECT / "docs" / "supervision.md"
TUTORIAL = PROJECT / "docs" / "tutorial"
BLOCK = re.compile(r"(?<=^```)(?P<kind>console|player)\n(?P<text>.*?)(?=^```)", re.DOTALL | re.MULTILINE)


@contextmanager
def tutorial_server() -> Iterator[Server]:
    """A server as the tutorial has its reader start it."""
    with folder() as place:
        server = Server(place, WORLD__FILES=str(TUTORIAL / "world"), WORLD__BEHAVIOURS="forgetful")
        server.environment["PYTHONPATH"] = str(TUTORIAL)
        with server.start():
            yield server


def reader(server: Server) -> Player:
    """Somebody who is in the world, and has been told the code to come back with."""
    ann = server.telnet("ann").signs_up()
    ann.sees("leads back here.")
    return ann


def perform(server: Server, player: Player, kind: str, text: str) -> str:
    """Do what a block says. Returns the block as it turns out."""
    if kind == "console":
        command = text.split("\n", 1)[0]
        return f"{command}\n{printed(server, command.removeprefix('$ python run.py ').split())}\n"
    turns = [turn.splitlines() for turn in re.split(r"^> ", text, flags=re.MULTILINE) if turn]
    return "".join(f"> {line}\n{_shown(player, line, expected)}" for line, *expected in turns)


def alike(text: str) -> str:
    """The text without what is another one each time: numbers, dates, and the spaces that align them; and
    without the marks under a line of a traceback, which each version of Python sets in its own way."""
    unmarked = re.sub(r"^ *[~^]+\n", "", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+", " ", re.sub(r"[0-9]+(\.[0-9]+)?( ms| s)?|\bunknown\b", "#", unmarked)).strip()


def printed(server: Server, arguments: list[str]) -> str:
    """What an operator's command prints, errors included, without the paths of this machine."""
    run = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), *arguments],
        cwd=PROJECT,
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = run.stdout.replace(f"{PROJECT}/", "").replace(sys.prefix, ".venv")
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())


def _shown(player: Player, line: str, expected: Sequence[str]) -> str:
    """What the player sees after the line: at least what is expected, and all that is there by then."""
    player.catch_up()
    player.sees("commands.")
    begin = len(player.text)
    player.types(line)
    for words in expected:
        player.sees(words)
    player.catch_up()
    shown = player.text[begin:].partition("There is no command")[0]
    return "".join(
        f"{words}\n" for part in shown.splitlines() if (words := part.removeprefix("> ").strip(" >"))
    )

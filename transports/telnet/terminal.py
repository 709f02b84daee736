"""What a client's terminal answers mean: the TTYPE cycle, MTTS, and the colours and characters that follow.

A client with MTTS answers its own name, then its terminal's, then "MTTS n", and then repeats itself. One
without answers its terminal's name and repeats it, or goes through the names its terminal has. So the first
name is a client's only if something else came behind it and it is not known as a terminal's.

Sources: RFC 1091, the MTTS page. What the names promise about colours is what their terminfo entries say.
"""

import re
from typing import Final, NamedTuple

from transports.adapter import Colour
from transports.telnet.commands import Mtts

__all__ = ["Description", "colours", "describe", "is_complete"]

# Name, terminal, MTTS, and a repetition: more rounds only serve clients that never repeat.
_ROUNDS = 4

_TERMINAL = re.compile(
    r"(xterm|vt\d|ansi|linux|screen|tmux|rxvt|dumb|unknown|network|konsole|putty|cygwin|vtnt|sun|"
    r"alacritty|kitty|foot|wezterm|iterm|st-|gnome|eterm|aterm|color_xterm)",
    re.IGNORECASE,
)
_NO_COLOUR = re.compile(r"(dumb|unknown|network|vt52|vt1\d\d\Z|vt2\d\d\Z|vt3\d\d\Z|sun\Z)", re.IGNORECASE)
_TRUECOLOR = re.compile(r"truecolor|24bit|direct|alacritty|kitty|foot|wezterm|iterm", re.IGNORECASE)
_MTTS = re.compile(r"MTTS (\d{1,6})")


class Description(NamedTuple):
    """What the names of a cycle say."""

    client_name: str
    client_version: str
    terminal: str
    mtts: int


def is_complete(names: tuple[str, ...]) -> bool:
    """Whether the cycle is at its end: a name was repeated, or there were enough."""
    return len(names) >= _ROUNDS or (len(names) > 1 and names[-1] == names[-2])


def describe(names: tuple[str, ...]) -> Description:
    """Sort the names of a cycle, finished or not, into client, terminal and MTTS."""
    distinct = tuple(dict.fromkeys(names))
    vectors = [int(found[1]) for name in distinct if (found := _MTTS.fullmatch(name))]
    others = [name for name in distinct if not _MTTS.fullmatch(name)]
    mtts = vectors[0] if vectors else 0
    if not others:
        return Description("", "", "", mtts)
    if len(distinct) > 1 and not _TERMINAL.match(others[0]):
        name, _, version = others[0].partition(" ")
        return Description(name, version, others[1] if len(others) > 1 else "", mtts)
    return Description("", "", others[0], mtts)


def colours(terminal: str, mtts: int) -> Colour:
    """A telnet client's colours: by its MTTS bits, else by its terminal's name, else sixteen."""
    for bit, colour in _BITS:
        if mtts & bit:
            return colour
    if mtts or _NO_COLOUR.match(terminal):
        return Colour.NONE
    if _TRUECOLOR.search(terminal):
        return Colour.TRUECOLOR
    return Colour.ANSI256 if "256" in terminal else Colour.ANSI16


_BITS: Final = (
    (Mtts.TRUECOLOR, Colour.TRUECOLOR),
    (Mtts.COLORS_256, Colour.ANSI256),
    (Mtts.ANSI, Colour.ANSI16),
)

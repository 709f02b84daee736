"""Marked-up text: what the game says about text (this is a room name), not how it looks.

A marked-up text is a plain `str` in which `\\x02STYLE\\x03text\\x04` gives text a style; styles nest. A style
is a semantic name from `PALETTE`, or "#rrggbb" for a colour of its own. Control characters never come in from
players (every transport strips them from input), so what a player types cannot carry markup; for text from
anywhere else there is `unmarked`.

Every function takes any string: an unknown style shows as plain text, a stray mark is dropped, an unclosed
one ends with the text. Looks are decided where text is encoded for a client: `transports.telnet.encoding`
for ANSI, the web page's style sheet for browsers.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from transports.adapter import Colour

__all__ = ["PALETTE", "RGB", "Paint", "Span", "plain", "spans", "styled", "unmarked"]

OPEN, NAMED, CLOSE = "\x02", "\x03", "\x04"
_MARK = re.compile(f"{OPEN}([^{OPEN}{NAMED}{CLOSE}]*){NAMED}|[{OPEN}{NAMED}{CLOSE}]")
_MARK_CHARACTERS = {ord(mark): None for mark in (OPEN, NAMED, CLOSE)}

RGB: TypeAlias = tuple[int, int, int]
Span: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Paint:
    """How a style looks on a terminal.

    No `rgb`: the colour around it stays. `ansi16` is an SGR code (30-37, 90-97) chosen by eye; without it the
    nearest one is taken.
    """

    rgb: RGB | None = None
    ansi16: int | None = None
    bold: bool = False
    faint: bool = False
    underline: bool = False

    def code(self, colour: Colour) -> RGB | int | None:
        """The colour at this depth: an RGB triple, an index of the 256, an SGR code of the 16, or None."""
        if colour is Colour.NONE or self.rgb is None:
            return None
        if colour is Colour.TRUECOLOR:
            return self.rgb
        if colour is Colour.ANSI256:
            return nearest_256(self.rgb)
        return self.ansi16 if self.ansi16 is not None else nearest_16(self.rgb)


PALETTE: dict[str, Paint] = {
    "room": Paint((240, 198, 116), 93, bold=True),
    "exit": Paint((138, 190, 183), 36),
    "item": Paint((181, 189, 104), 32),
    "npc": Paint((222, 147, 95), 33),
    "player": Paint((129, 162, 190), 94, bold=True),
    "speech": Paint((197, 222, 240), 37),
    "emote": Paint((178, 148, 187), 35),
    "system": Paint((150, 152, 150), 90),
    "error": Paint((204, 102, 102), 91),
    "prompt": Paint((128, 200, 128), 32),
    "damage": Paint((220, 80, 80), 31, bold=True),
    "healing": Paint((120, 220, 120), 92),
    "title": Paint((255, 215, 120), 93, bold=True, underline=True),
    "dim": Paint(faint=True),
    "strong": Paint(bold=True),
}

# The sixteen colours as xterm shows them; the SGR code is 30 + index, or 82 + index from index 8 on.
_SIXTEEN: tuple[RGB, ...] = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
# xterm's 6x6x6 cube has these levels on each axis, and 24 greys 8, 18, ... 238 behind it.
_CUBE_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE_START, _GREY_START, _GREYS = 16, 232, 24


def styled(style: str, text: str) -> str:
    """Give text a style."""
    return f"{OPEN}{style}{NAMED}{text}{CLOSE}"


def unmarked(text: str) -> str:
    """Take every mark character out of text from outside, so that it can style nothing."""
    return text.translate(_MARK_CHARACTERS)


def plain(text: str) -> str:
    """The text without its styles."""
    return _MARK.sub("", text) if OPEN in text or CLOSE in text or NAMED in text else text


def spans(text: str) -> list[Span]:
    """Cut marked-up text into (styles from outermost to innermost, plain text); empty texts are left out."""
    found: list[Span] = []
    stack: tuple[str, ...] = ()
    start = 0
    for mark in _MARK.finditer(text):
        if mark.start() > start:
            found.append((stack, text[start : mark.start()]))
        start = mark.end()
        if mark[1] is not None:
            stack = (*stack, mark[1])
        elif mark[0] == CLOSE:
            stack = stack[:-1]
    if start < len(text):
        found.append((stack, text[start:]))
    return found


def nearest_256(rgb: RGB) -> int:
    """The index in xterm's 256 colours nearest to this one: of the cube or the greys.

    Never one of the first sixteen: users change those.
    """
    red, green, blue = (_cube_level(part) for part in rgb)
    in_cube = (_CUBE_LEVELS[red], _CUBE_LEVELS[green], _CUBE_LEVELS[blue])
    grey = max(0, min(_GREYS - 1, round((sum(rgb) / 3 - 8) / 10)))
    as_grey = (8 + 10 * grey,) * 3
    if _distance(rgb, as_grey) < _distance(rgb, in_cube):
        return _GREY_START + grey
    return _CUBE_START + 36 * red + 6 * green + blue


def nearest_16(rgb: RGB) -> int:
    """The SGR code (30-37, 90-97) of the sixteen colours nearest to this one."""
    index = min(range(16), key=lambda candidate: _distance(rgb, _SIXTEEN[candidate]))
    return 30 + index if index < 8 else 82 + index


def _cube_level(part: int) -> int:
    return min(range(len(_CUBE_LEVELS)), key=lambda level: abs(_CUBE_LEVELS[level] - part))


def _distance(one: RGB, other: RGB) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))

"""Breaking long lines of marked-up text between words, for clients that do not do it themselves.

One width for all: a raw terminal breaks a long line in the middle of a word, and a room's description that
was wrapped for each player's window could not be encoded once for all of them. Clients with a wider window
lose nothing but a ragged right margin; a narrower one breaks the lines once more.

Marks take no room and are never broken; a style that spans a break goes on after it, as encoders end styles
at the line's end by themselves. A line that is narrow enough stays exactly as it is.
"""

import re

from transports.markup import CLOSE, OPEN, plain

# The classic 80 columns less one for terminals that wrap in the last one, and one for tt++'s habit of 79.
COLUMNS = 78

_MARK_OR_WORD = re.compile(r"\s+|\S+")


def wrapped(text: str, columns: int = COLUMNS) -> str:
    """The text with every line of more than `columns` visible characters broken between words."""
    if len(text) <= columns:
        return text
    return "\n".join([_line(line, columns) for line in text.split("\n")])


def _line(line: str, columns: int) -> str:
    if len(line) <= columns or _width(line) <= columns:
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    broken: list[str] = []
    current, width, gap = indent, len(indent), ""
    for piece in _MARK_OR_WORD.findall(line[len(indent) :]):
        if piece.isspace():
            gap = piece
            continue
        size = _width(piece)
        if width + len(gap) + size > columns and width > len(indent):
            broken.append(current)
            current, width = indent + piece, len(indent) + size
        else:
            current += gap + piece
            width += len(gap) + size
        gap = ""
    broken.append(current)
    return "\n".join(broken)


def _width(text: str) -> int:
    return len(plain(text)) if OPEN in text or CLOSE in text else len(text)

"""Breaking long lines of marked-up text between words, for clients that do not do it themselves.

One width for all: a raw terminal breaks a long line in the middle of a word, and a room's description that
was wrapped for each player's window could not be encoded once for all of them. Clients with a wider window
lose nothing but a ragged right margin; a narrower one breaks the lines once more.

Marks take no room and are never broken; a style that spans a break goes on after it, as encoders end styles
at the line's end by themselves. A line that is narrow enough stays exactly as it is; an entry of an indented
list ("   1  Dockhand: ...") goes on under its text.
"""

import re
import unicodedata

from transports.markup import CLOSE, OPEN, plain

# The classic 80 columns less one for terminals that wrap in the last one, and one for tt++'s habit of 79.
COLUMNS = 78

_MARK_OR_WORD = re.compile(r"\s+|\S+")
# The indentation of a list's entry, its short first column, and the gap before its text.
_ENTRY = re.compile(r" +[^ ]{1,4} {2,3}(?=[^ ])")
# What takes no column of a terminal: marks on letters, joiners; and what takes two (UAX 11).
_NARROWEST = frozenset({"Mn", "Me", "Cf"})
_WIDE = frozenset({"W", "F"})
# Without any of these a text is as wide as it is long: Latin letters, and the marks of good typography.
_UNEVEN = re.compile("[^\x00-\u02ff\u2010-\u2027]")


def wrapped(text: str, columns: int = COLUMNS) -> str:
    """The text with every line of more than `columns` visible characters broken between words."""
    if len(text) <= columns and not _UNEVEN.search(text):
        return text
    return "\n".join([_line(line, columns) for line in text.split("\n")])


def _line(line: str, columns: int) -> str:
    if _width(line) <= columns:
        return line
    first = line[: len(line) - len(line.lstrip(" "))]
    indent = " " * _margin(line) or first
    broken: list[str] = []
    current, width, gap, is_empty = first, len(first), "", True
    for piece in _MARK_OR_WORD.findall(line[len(first) :]):
        if piece.isspace():
            gap = piece
            continue
        size = _width(piece)
        if width + len(gap) + size > columns and not is_empty:
            broken.append(current)
            current, width = indent + piece, len(indent) + size
        else:
            current += gap + piece
            width += len(gap) + size
        gap, is_empty = "", is_empty and not size
    broken.append(current)
    return "\n".join(broken)


def _margin(line: str) -> int:
    """Where the text of a list's entry begins; 0 for any other line."""
    entry = _ENTRY.match(plain(line))
    return entry.end() if entry else 0


def _width(text: str) -> int:
    shown = plain(text) if OPEN in text or CLOSE in text else text
    return sum(map(_columns, shown)) if _UNEVEN.search(shown) else len(shown)


def _columns(character: str) -> int:
    if unicodedata.category(character) in _NARROWEST:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1

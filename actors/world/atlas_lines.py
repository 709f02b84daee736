"""Where a key of a TOML text stands: tomllib forgets the lines, and a builder needs them.

This is not a second TOML parser: it runs on texts that tomllib has accepted and looks only for what starts
a line, a table header or a key. Inline tables and arrays belong to the line of their key. Multi-line
strings are skipped.
"""

from __future__ import annotations

import re

Path = tuple[str, ...]

_HEADER = re.compile(r"\s*\[{1,2}\s*(?P<path>[^\[\]#]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(?P<path>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


class LineIndex:
    """The line (from 1) of each table and key of one text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        table: Path = ()
        closing: str | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            if closing is not None:
                closing = None if closing in line else closing
                continue
            if match := _KEY.match(line):
                self._note(table + _split(match["path"]), number)
                closing = _opened_string(line)
            elif match := _HEADER.match(line):
                table = _split(match["path"])
                self._note(table, number)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest table around it; 1 if nothing of it stands in the text."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1

    def _note(self, path: Path, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)


def _split(path: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(path))


def _opened_string(line: str) -> str | None:
    """The quotes of a multi-line string that begins on this line and does not end on it."""
    for quotes in ('"""', "'''"):
        if line.count(quotes) % 2:
            return quotes
    return None

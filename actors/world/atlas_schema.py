"""The keys of a world file: which there are, what they hold, and what is said when one is wrong.

A file has the tables `[zone]`, `[rooms.NAME]` (with `exits`), `[items.NAME]` and `[npcs.NAME]`. Each table
is read by its list of fields below, so the list is also the documentation of the format. Reading never
stops at the first problem: it notes them all, with the line, and puts something usable in the place of what
is wrong.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actors.world.atlas_lines import LineIndex, Path
from actors.world.errors import Problem
from actors.world.matching import SMALL_WORDS

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its type (`list` means a list of texts), and its default unless it must be there."""

    key: str
    kind: type
    default: object = None
    required: bool = False


ZONE_FIELDS = (
    Field("id", str, required=True),
    Field("name", str, required=True),
    Field("start", str, ""),
    Field("builder", bool, False),
)
ROOM_FIELDS = (
    Field("name", str, required=True),
    Field("description", str, required=True),
    Field("exits", dict, {}),
    Field("builder", bool, None),
)
EXIT_FIELDS = (
    Field("room", str, required=True),
    Field("door", str, ""),
    Field("keywords", list, ()),
    Field("closed", bool, False),
    Field("one_way", bool, False),
)
ITEM_FIELDS = (
    Field("name", str, required=True),
    Field("description", str, required=True),
    Field("article", str, "a"),
    Field("keywords", list, ()),
    Field("takeable", bool, True),
    Field("weight", int, 1),
    Field("room", str, ""),
    Field("count", int, 1),
    Field("container", int, 0),
)
NPC_FIELDS = (
    Field("name", str, required=True),
    Field("description", str, required=True),
    Field("room", str, required=True),
    Field("behaviour", str, "Npc"),
    Field("keywords", list, ()),
)
TABLES = ("zone", "rooms", "items", "npcs")

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAME_RULE = "use lower-case letters, digits and single hyphens, such as old-quay"
# C0 and C1 controls: they would carry markup or terminal commands into a room.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"[ ]*\n[ ]*")
_KIND_NAMES = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list of texts",
    dict: "a table",
}


class Reader:
    """Reads the tables of one file and notes what is wrong with them."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._lines = LineIndex(text)

    def note(self, path: Path, text: str) -> None:
        self.problems.append(Problem(self.file, self._lines.line(path), text))

    def line(self, path: Path) -> int:
        return self._lines.line(path)

    def tables(self, parent: Table, path: Path) -> Iterable[tuple[str, Table]]:
        """The named tables under `path`, those with a bad name or that are no tables noted and left out."""
        for name, value in parent.items():
            if not isinstance(value, dict):
                self.note((*path, name), f"[{'.'.join((*path, name))}] must be a table, got {_shown(value)}")
            elif not NAME.fullmatch(name):
                self.note((*path, name), f"{name!r} is no good name: {NAME_RULE}")
            else:
                yield name, value

    def fields(self, table: Table, path: Path, fields: tuple[Field, ...]) -> dict[str, object]:
        """The value of every field, with defaults for those that are missing or wrong."""
        self._unknown(table, path, [field.key for field in fields])
        return {field.key: self._value(table, path, field) for field in fields}

    def unknown_tables(self, document: Table) -> None:
        self._unknown(document, (), TABLES)

    def _unknown(self, table: Table, path: Path, known: Iterable[str]) -> None:
        for key in table:
            if key not in known:
                where = f" in [{'.'.join(path)}]" if path else ""
                self.note((*path, key), f"unknown key {key!r}{where}; {suggestion(key, known)}")

    def _value(self, table: Table, path: Path, field: Field) -> object:
        here = (*path, field.key)
        if field.key not in table:
            if field.required:
                self.note(path, f"[{'.'.join(path)}] lacks {field.key!r}: add {_example(field)}")
                return _blank(field)
            return field.default
        value = table[field.key]
        if not _is_a(value, field.kind):
            self.note(here, f"{field.key!r} must be {_KIND_NAMES[field.kind]}, got {_shown(value)}")
            return _blank(field)
        return self._clean(value, here, field)

    def _clean(self, value: object, path: Path, field: Field) -> object:
        if isinstance(value, str):
            if found := _CONTROL.search(value):
                self.note(path, f"{field.key!r} holds the control character {found[0]!r}: take it out")
                value = _CONTROL.sub("", value)
            if field.required and not value.strip():
                self.note(path, f"{field.key!r} is empty: write something")
            return flowed(value) if field.key == "description" else value.strip()
        if isinstance(value, list):
            return tuple(word.lower() for word in value)
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            self.note(path, f"{field.key!r} must be 1 or more, got {value}")
            return 1
        return value


def flowed(text: str) -> str:
    """The paragraphs of `text`, each on one line: the client wraps, a blank line parts paragraphs."""
    paragraphs = (
        _LINE_BREAK.sub(" ", paragraph).strip() for paragraph in re.split(r"\n[ ]*\n", text.strip())
    )
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def keywords_of(name: str, extra: Iterable[str] = ()) -> tuple[str, ...]:
    """The words by which a player may call something: those of its name, and `extra`."""
    words = [word for word in re.findall(r"[\w'-]+", name.lower()) if word not in SMALL_WORDS]
    return tuple(dict.fromkeys([*words, *extra]))


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """`did you mean 'exits'?`, or the list of what there is."""
    names = list(known)
    close = difflib.get_close_matches(wrong.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


def _is_a(value: object, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def _blank(field: Field) -> object:
    return {str: "", list: (), dict: {}, int: 1, bool: False}[field.kind]


def _example(field: Field) -> str:
    return f'{field.key} = "..."' if field.kind is str else f"{field.key} = ..."


def _shown(value: object) -> str:
    names = {
        str: "the text",
        bool: "the truth value",
        int: "the number",
        float: "the number",
        list: "the list",
    }
    shown = repr(value)
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    return f"{names.get(type(value), 'the ' + type(value).__name__)} {shown}"

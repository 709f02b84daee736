"""Reading one layer of the configuration: a TOML file, or the environment.

A layer is flat: key path to value and origin, so laying one over another is a dictionary update and every
value remembers where it came from. Nothing is judged here except what cannot be read at all.

`tomllib` gives no positions. The line of a key is found by a scan for table headers and `key =`, which is
exact for the plain TOML that settings are written in; a key inside an inline table gets the line of the key
that holds the table.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from config.problems import ConfigurationError, Key, Origin, Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and where it stands."""

    value: Any
    origin: Origin


Layer = dict[Key, Entry]

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\s*({_PATH})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_PATH})\s*=")


def read_file(path: Path) -> Layer:
    """Read a TOML file. Raises ConfigurationError if it is not there, not readable or not TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, f"is not valid TOML: {error}") from error
    lines = _lines(text)
    return {key: Entry(value, Origin(str(path), _line_of(key, lines))) for key, value in _flat(document)}


def read_environment(
    environment: Mapping[str, str], prefix: str, delimiter: str, known: Mapping[Key, FieldInfo]
) -> Layer:
    """Read the variables that begin with `prefix`; `known` says which type a text is to become."""
    layer: Layer = {}
    for variable in sorted(environment):
        if variable.startswith(prefix):
            key = tuple(variable.removeprefix(prefix).lower().split(delimiter))
            value = _from_text(environment[variable], known.get(key))
            layer[key] = Entry(value, Origin(f"variable {variable}"))
    return layer


def variable_name(key: Key, prefix: str, delimiter: str) -> str:
    """The environment variable that sets `key`."""
    return prefix + delimiter.join(key).upper()


def _unreadable(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError([Problem(where=f"file {path}", key="", value=None, what=what)])


def _flat(table: Mapping[str, Any], prefix: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, (*prefix, name))
        else:
            yield (*prefix, name), value


def _lines(text: str) -> dict[Key, int]:
    lines: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _split(header[1])
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*table, *_split(assignment[1])), number)
    return lines


def _split(path: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_PART, path))


def _line_of(key: Key, lines: Mapping[Key, int]) -> int | None:
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def _from_text(text: str, field: FieldInfo | None) -> Any:
    """The text as the field's type; as it is when it cannot be that, so that validation can say so."""
    annotation: Any = field.annotation if field is not None else str
    try:
        if annotation is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        if annotation in (int, float):
            return annotation(text)
        if get_origin(annotation) is tuple:
            return _list_from_text(text)
    except (KeyError, ValueError):
        return text
    return text


def _list_from_text(text: str) -> Any:
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [part.strip() for part in text.split(",") if part.strip()]

"""What is wrong with a configuration, said so that it can be mended at once.

Invariants: all problems are reported together; each names where the value stands (file and line, or
variable), the key, the value, what is allowed, and for an unknown key the nearest known one; the value of a
secret is never shown. The descriptions of what is allowed come from the fields' own constraints, so they
cannot go out of date.
"""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    SecretStr: "a text",
}

HIDDEN = "(hidden)"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands: a file, perhaps with a line, or an environment variable."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `value` is already text, and already hidden if it is a secret."""

    where: str
    key: str
    value: str | None
    what: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value}"
        subject = f"{self.key}{shown}: " if self.key else ""
        return f"{self.where}: {subject}{self.what}"


class ConfigurationError(Exception):
    """The configuration cannot be used. `problems` has every reason, in the order of the layers."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = (
            "The configuration has a problem:" if count == 1 else f"The configuration has {count} problems:"
        )
        return "\n".join([title, *(f"  - {problem}" for problem in self.problems)])


def leaves(model: type[BaseModel], prefix: Key = ()) -> dict[Key, FieldInfo]:
    """Every key that holds a value, with its field, in the order of declaration."""
    found: dict[Key, FieldInfo] = {}
    for name, field in model.model_fields.items():
        key = (*prefix, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found.update(leaves(field.annotation, key))
        else:
            found[key] = field
    return found


def is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def shown(value: object, field: FieldInfo | None) -> str:
    """The value as it would be written in TOML; a secret is hidden, unless it is empty."""
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else '""'
    if field is not None and is_secret(field) and value:
        return HIDDEN
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list() | tuple():
            return "[" + ", ".join(shown(item, None) for item in value) + "]"
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def allowed(field: FieldInfo) -> str:
    """What the field takes, as the end of the sentence "must be ..."."""
    annotation: Any = field.annotation
    if field.description:
        return field.description
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(get_args(annotation))
    if get_origin(annotation) is tuple:
        return "a list of texts"
    return " ".join([TYPE_NAMES.get(annotation, "a value"), *_limits(field)])


def _limits(field: FieldInfo) -> list[str]:
    low = high = None
    words = []
    for constraint in field.metadata:
        match constraint:
            case Ge(ge=bound):
                low = f"from {bound}"
            case Gt(gt=bound):
                low = f"above {bound}"
            case Le(le=bound):
                high = f"to {bound}"
            case Lt(lt=bound):
                high = f"below {bound}"
            case MinLen(min_length=bound):
                words.append("not empty" if bound == 1 else f"at least {bound} characters long")
            case MaxLen(max_length=bound):
                words.append(f"at most {bound} characters long")
    return [part for part in (low, high) if part] + (["that is " + " and ".join(words)] if words else [])


def nearest(key: str, known: Collection[str]) -> str:
    """A question naming the known key most like `key`, or nothing if none is like it."""
    # 0.6 is difflib's own default: it finds slips and swapped words, and keeps quiet about strangers.
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""

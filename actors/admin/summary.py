"""States and messages as values that may be shown: small, plain, and without a secret.

An operator looks at an actor to understand it, not to read its mail. Fields that are secret by name are
blanked, and so is every line that somebody typed: at a login it may be a password. What is long is cut,
what is deep or unknown is named by its type.
"""

import dataclasses
import enum
import re
from collections.abc import Collection, Iterator, Mapping, Set
from itertools import islice
from typing import Any, Final

import msgspec

from wyld_actors import Ref

HIDDEN: Final = "(hidden)"
_SECRET = re.compile(
    r"password|passphrase|token|secret|proof|credential|nonce|(^|_)key$|^dsn$|^early$", re.IGNORECASE
)
# What players type, by the name of its record.
_TYPED: Final = {
    "LineReceived": {"text"},
    "BinaryReceived": {"data"},
    "Line": {"text"},
    "Command": {"text"},
    "ResumeSession": {"text"},
    "ShowToken": {"text"},
    "ShowsToken": {"text"},
    "DataReceived": {"value"},
    "SendData": {"value"},
}

TEXT_LIMIT = 200
ITEMS_LIMIT = 20
DEPTH_LIMIT = 4


def summary(value: object, depth: int = DEPTH_LIMIT) -> Any:  # noqa: PLR0911 - a table of types
    """`value` as plain data for JSON: the same shape, cut to a size for people."""
    match value:
        case None | bool() | int() | float():
            return value
        case enum.Enum():
            return value.name.lower()
        case str():
            return value if len(value) <= TEXT_LIMIT else f"{value[:TEXT_LIMIT]}... ({len(value)} characters)"
        case bytes() | bytearray():
            return f"({len(value)} bytes)"
        case Ref():
            return value.path
        case _ if depth == 0:
            return _named(value)
        case Mapping():
            return _mapping(value, depth - 1)
        case list() | tuple() | Set():
            return _items(value, depth - 1)
        case _ if isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
            return _record(value, depth - 1)
        case _:
            return _named(value)


def _named(value: object) -> str:
    size = f" of {len(value)}" if isinstance(value, Collection) else ""
    return f"({type(value).__name__}{size})"


def _items(value: Collection[object], depth: int) -> list[Any]:
    shown = [summary(item, depth) for item in islice(value, ITEMS_LIMIT)]
    more = len(value) - ITEMS_LIMIT
    return [*shown, f"... and {more} more"] if more > 0 else shown


def _mapping(value: Mapping[Any, object], depth: int) -> dict[str, Any]:
    shown = {
        str(summary(key, 1)): HIDDEN if _SECRET.search(str(key)) else summary(item, depth)
        for key, item in islice(value.items(), ITEMS_LIMIT)
    }
    more = len(value) - ITEMS_LIMIT
    return {**shown, "...": f"and {more} more"} if more > 0 else shown


def _record(value: object, depth: int) -> dict[str, Any]:
    typed: Collection[str] = _TYPED.get(type(value).__name__, frozenset())
    return {
        name: HIDDEN if item and (name in typed or _SECRET.search(name)) else summary(item, depth)
        for name, item in _fields(value)
    }


def _fields(value: object) -> Iterator[tuple[str, object]]:
    names = (
        value.__struct_fields__
        if isinstance(value, msgspec.Struct)
        else [field.name for field in dataclasses.fields(value)]  # type: ignore[arg-type]  # seen by the caller
    )
    for name in names:
        yield name, getattr(value, name, None)

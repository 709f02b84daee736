"""Any record of the protocol, made from its types."""

import enum
import types
import typing
from typing import Any

import msgspec
from hypothesis import strategies as st

from transports.link.protocol import Frame

# A lone surrogate cannot cross; that is tested by itself.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-(2**63), 2**64 - 1)
numbers = st.floats(allow_nan=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | integers | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

_PLAIN: dict[object, st.SearchStrategy[Any]] = {
    int: integers,
    float: numbers,
    str: texts,
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    type(None): st.none(),
    Any: json_values,
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the protocol uses."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return records(kind)
    return _composed(typing.get_origin(kind), typing.get_args(kind))


def _composed(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(argument) for argument in arguments])
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(values, arguments))
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    if origin not in (tuple, list):
        raise TypeError(f"the protocol uses a type that the tests cannot make: {origin}")
    items = st.lists(values(arguments[0]), max_size=3)
    return items.map(tuple) if origin is tuple else items


def records(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any record of this class, with every field made."""
    hints = typing.get_type_hints(kind)
    return st.builds(
        kind, **{field.name: values(hints[field.name]) for field in msgspec.structs.fields(kind)}
    )


FRAME_KINDS: tuple[type[msgspec.Struct], ...] = typing.get_args(Frame)
frames = st.one_of([records(kind) for kind in FRAME_KINDS])

"""What an npc may remember: only what is saved with the world and can be read again by its next process.

A test in virtual time never saves, so a record with a reference in it (a Person has one) works there, and is
lost with the first checkpoint of a real server. So the fields of `State` are looked at by their types where
a behaviour is taken in: by the test kit, and by the setting `world.behaviours`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from actors.world.errors import UnsaveableStateError
from actors.world.npc import Npc

__all__ = ["check_memory"]


def check_memory(behaviour: type[Npc]) -> None:
    """Raise UnsaveableStateError if the behaviour's State has a field that cannot be saved."""
    name = f"{behaviour.__name__}.State"
    try:
        # As `saving.decode` will: it refuses names that are not there at run time, and unions it cannot tell
        # apart.
        msgspec.msgpack.Decoder(behaviour.State)
        record = inspect.type_info(behaviour.State)
    except (TypeError, NameError) as error:
        raise UnsaveableStateError(name, str(error)) from error
    assert isinstance(record, inspect.StructType)
    for field in record.fields:
        for strange in _strangers(field.type, set()):
            raise UnsaveableStateError(f"{name}.{field.name}", f"it holds a {strange.__name__}")


def _strangers(value: Any, seen: set[int]) -> Iterator[type]:
    """The classes within a type that are no plain values. `seen` ends records that contain themselves."""
    if isinstance(value, inspect.CustomType):
        yield value.cls
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _strangers(part, seen)
    elif isinstance(value, (inspect.Type, inspect.Field)) and id(value) not in seen:
        seen.add(id(value))
        for part in value.__struct_fields__:
            yield from _strangers(getattr(value, part), seen)

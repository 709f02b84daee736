"""Behaviours from modules of one's own, so that a game needs no change of this project's files.

`world.behaviours` in the settings names modules that Python can import (from the folder of run.py, or one of
PYTHONPATH). Every subclass of Npc that such a module defines, or that a package takes from its own modules,
can be named by the world files.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType

from actors.world.behaviours import BEHAVIOURS
from actors.world.errors import UnusableModuleError
from actors.world.npc import Npc
from wyld_actors.reasons import text_of

__all__ = ["gather"]

Behaviours = Mapping[str, type[Npc]]


def gather(modules: Iterable[str], known: Behaviours = BEHAVIOURS) -> Behaviours:
    """`known` and all behaviours of these modules, by class name.

    Raises UnusableModuleError for a module that cannot be imported or has none, and for a name that another
    class has already.
    """
    found = dict(known)
    for name in modules:
        for behaviour in _behaviours_of(name):
            other = found.setdefault(behaviour.__name__, behaviour)
            if other is not behaviour:
                problem = f"{behaviour.__name__} is the name of a class in {other.__module__} as well"
                raise UnusableModuleError(name, problem, "give one of them another name")
    return MappingProxyType(found)


def _behaviours_of(name: str) -> list[type[Npc]]:
    module = _imported(name)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Npc) and _belongs_to(value, name)
    ]
    if not found:
        mend = "define a subclass of Npc in it, or import one from its own modules if it is a package"
        raise UnusableModuleError(name, "it has no behaviours", mend)
    return found


def _belongs_to(behaviour: type[Npc], module: str) -> bool:
    return f"{behaviour.__module__}.".startswith(f"{module}.")


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        problem = f"{type(error).__name__}: {text_of(error)}"
        is_missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        mend = "its folder has to be in PYTHONPATH" if is_missing else "mend the module"
        raise UnusableModuleError(name, problem, mend) from error

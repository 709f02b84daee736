"""Behaviours from modules of one's own, so that a game needs no change of this project's files.

`world.behaviours` in the settings names modules that Python can import (from the folder of run.py, or one of
PYTHONPATH). Every subclass of Npc that such a module defines, or that a package takes from its own modules,
can be named by the world files.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType

from actors.world.behaviours import BEHAVIOURS
from actors.world.errors import UnsaveableStateError, UnusableModuleError
from actors.world.npc import Npc
from actors.world.remembering import check_memory
from wyld_actors.reasons import text_of

__all__ = ["gather"]

logger = logging.getLogger(__name__)

Behaviours = Mapping[str, type[Npc]]


def gather(modules: Iterable[str], known: Behaviours = BEHAVIOURS) -> Behaviours:
    """`known` and all behaviours of these modules, by class name.

    Raises UnusableModuleError for a module that cannot be imported or has none, for a name that another
    class has already, and for a state that cannot be saved.
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
    for behaviour in found:
        _check(behaviour, name)
    return found


def _check(behaviour: type[Npc], module: str) -> None:
    try:
        check_memory(behaviour)
    except UnsaveableStateError as error:
        problem = f"{error.field} cannot be saved: {error.problem}"
        raise UnusableModuleError(module, problem, error.mend) from error


def _belongs_to(behaviour: type[Npc], module: str) -> bool:
    return f"{behaviour.__module__}.".startswith(f"{module}.")


def _imported(name: str) -> ModuleType:
    # A module that hangs is the last one to be named.
    logger.info("behaviours are imported from %s", name)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        problem = f"{type(error).__name__}: {text_of(error)}"
        is_missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        mend = "its folder has to be in PYTHONPATH" if is_missing else "mend the module"
        raise UnusableModuleError(name, problem, mend) from error

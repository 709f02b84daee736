"""What can be wrong with a world that somebody else has to mend.

WorldError
  AtlasError            the world files: every problem of all files at once
  UnknownBehaviourError a behaviour class that is asked for by a name nobody registered
  UnusableModuleError   a module of behaviours that cannot be used
  UnsaveableStateError  a behaviour whose state cannot be saved
  UnreadableStateError  a saved state that does not decode into the record of its kind
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class WorldError(Exception):
    """Base of the errors of this package."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in one world file. `line` counts from 1."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class AtlasError(WorldError):
    """The world files cannot be used. `problems` has all of them, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__(*self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"the world files have {count} problem{'s' if count != 1 else ''}:"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


class UnknownBehaviourError(WorldError):
    """An npc is to be played by a class that is not registered."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(name)

    def __str__(self) -> str:
        return (
            f"no behaviour is called {self.name!r}; known are {', '.join(sorted(self.known))}. "
            "Name the module of another one in the setting world.behaviours."
        )


class UnusableModuleError(WorldError):
    """A module that the setting `world.behaviours` names gives no behaviours."""

    def __init__(self, module: str, problem: str, mend: str) -> None:
        self.module = module
        self.problem = problem
        self.mend = mend
        super().__init__(module)

    def __str__(self) -> str:
        return f"world.behaviours names the module {self.module!r}: {self.problem}; {self.mend}"


class UnsaveableStateError(WorldError):
    """A behaviour would remember what does not outlast the process. `field` is `Porter.State.hirer`."""

    mend = "remember plain values: of a Person its id and name; a Thing, text, numbers, records of these"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(field)

    def __str__(self) -> str:
        return f"{self.field} cannot be saved with the world: {self.problem}; {self.mend}"


class UnreadableStateError(WorldError):
    """A saved state does not fit the record of its kind."""

    def __init__(self, entity_id: str, kind: str, reason: str) -> None:
        self.entity_id = entity_id
        self.kind = kind
        self.reason = reason
        super().__init__(entity_id)

    def __str__(self) -> str:
        return f"the saved state of {self.entity_id} cannot be read as a {self.kind}: {self.reason}"

"""Errors of the actor runtime.

    ActorError
    +-- Refused            the expected "no": goes to the asker only, the actor lives on
    +-- Ignore             raised by a start that is not wanted: no failure, and nobody is there
    +-- AskTimeout         no answer within the deadline (also a pykka.Timeout)
    +-- DeadlockError      the ask would wait for itself
    +-- Unavailable        the actor is in quarantine or was stopped: nobody answers for now
    +-- NoSuchLetter       no dead letter has this number any more
    +-- NameTaken          the path or the registered name belongs to somebody else
    +-- WrongState         a life cycle call that does not fit the cell's state
    +-- SystemStopped      an actor cannot begin in a system that has stopped

`ActorKilled` and `ActorStuck` stand apart: the one is a `GreenletExit`, the other a BaseException, so that
library code which swallows a bare `Exception` does not swallow them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pykka
from gevent import GreenletExit

__all__ = [
    "ActorDeadError",
    "ActorError",
    "ActorKilled",
    "ActorStuck",
    "AskTimeout",
    "DeadlockError",
    "Ignore",
    "NameTaken",
    "NoSuchLetter",
    "Refused",
    "SystemStopped",
    "Unavailable",
    "WrongState",
]

ActorDeadError = pykka.ActorDeadError


class ActorError(Exception):
    """Base of every error that the runtime raises on purpose."""


class Refused(ActorError):
    """A declared "no" to an ask or a command.

    What the handler had held back is dropped and its state is as before; the asker gets this
    exception and the actor goes on with its next message. Raise a subclass to say more.
    """


class Ignore(ActorError):
    """Raise it in `__init__` or `on_start`: this actor is not wanted here now, and that is no failure.

    OTP's `ignore`. What the start had held back is dropped. A supervisor keeps the specification without an
    actor and goes on; nothing is tried again and nothing counts. Say why, an operator reads it.
    """


class AskTimeout(ActorError, pykka.Timeout):
    """The answer did not come within `timeout_seconds`. The request is skipped if still waiting."""

    def __init__(self, target: str, timeout_seconds: float | None) -> None:
        super().__init__(target, timeout_seconds)
        self.target = target
        self.timeout_seconds = timeout_seconds

    def __str__(self) -> str:
        if self.timeout_seconds is None:
            return f"no answer from {self.target} by the deadline of the ask"
        return f"no answer from {self.target} within {self.timeout_seconds} seconds"


class DeadlockError(ActorError):
    """An ask that could never be answered, because its target waits for the asker."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(paths)
        self.paths = tuple(paths)

    def __str__(self) -> str:
        return (
            f"asking would wait for ever: {' -> '.join(self.paths)}; "
            "answer one of these asks later (ctx.defer_reply) or use tell"
        )


class Unavailable(ActorError):
    """Nobody is there to answer: the actor was stopped, or is in quarantine for failing too often."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path} does not answer: {self.why}"


class NoSuchLetter(ActorError):
    """A dead letter that was never there, was sent again already, or was pushed out by newer ones."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"there is no dead letter {self.number} (any more)"


class NameTaken(ActorError):
    """A second owner for a name that must be unique."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"the name {self.name} is taken; choose another or stop its owner first"


class WrongState(ActorError):
    """A life cycle call on a cell that is in another state than the call needs."""

    def __init__(self, path: str, call: str, state: str) -> None:
        super().__init__(path, call, state)
        self.path = path
        self.call = call
        self.state = state

    def __str__(self) -> str:
        return f"cannot {self.call} {self.path} while it is {self.state}"


class SystemStopped(ActorError):
    """An actor was to be made in a system that has stopped."""

    def __init__(self, system: str, name: str) -> None:
        super().__init__(system, name)
        self.system = system
        self.name = name

    def __str__(self) -> str:
        return f"cannot make {self.name}: the actor system {self.system} has stopped"


class ActorKilled(GreenletExit):
    """Thrown into the handler of an actor that is killed while it waits."""


class ActorStuck(BaseException):
    """Raised in a handler that has had the thread for too long, wherever it is."""

    def __init__(self, path: str, held_seconds: float) -> None:
        super().__init__(path, held_seconds)
        self.path = path
        self.held_seconds = held_seconds

    def __str__(self) -> str:
        return f"it kept everybody waiting for {self.held_seconds:.2f} s and was interrupted"

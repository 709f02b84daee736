"""Why an incarnation ended: one type for every way to die.

OTP's vocabulary: `normal` (finished), `shutdown` (told to stop), `ignored` (not wanted, said its start),
`killed`; everything else is abnormal. The first three are clean: a transient child is not restarted after
them. A kill by the supervisor is recorded as killed, which OTP counts as abnormal.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from wyld_actors.stacks import traceback_text

__all__ = [
    "NORMAL",
    "SHUTDOWN",
    "ExitKind",
    "ExitReason",
    "LastError",
    "crash",
    "forget_frames",
    "text_of",
]


# Characters of a text that an author's code has made: every actor keeps that of its last error.
TEXT_LIMIT: Final = 2000


class ExitKind(enum.Enum):
    """The ways an incarnation can end."""

    NORMAL = "normal"
    SHUTDOWN = "shutdown"
    IGNORED = "ignored"
    KILLED = "killed"
    CRASH = "crash"
    STUCK = "stuck"
    START_FAILED = "start_failed"
    START_TIMEOUT = "start_timeout"


@dataclass(frozen=True, slots=True)
class ExitReason:
    """One ended incarnation's reason; `error` and `traceback` (text) are there for a crash."""

    kind: ExitKind
    error: BaseException | None = None
    detail: str = ""
    traceback: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether a transient child stays stopped after this."""
        return self.kind in {ExitKind.NORMAL, ExitKind.SHUTDOWN, ExitKind.IGNORED}

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.kind.value}: {type(self.error).__name__}: {text_of(self.error)}"
        return f"{self.kind.value}: {self.detail}" if self.detail else self.kind.value


@dataclass(frozen=True, slots=True)
class LastError:
    """How an incarnation ended that did not end well: text only, so that nothing of it is kept alive.

    `at` is on the clock of its system; `uptime_seconds` is how long it had been up, 0 if it never was.
    """

    at: float
    uptime_seconds: float
    incarnation: int
    reason: str
    traceback: str
    message_type: str | None
    message: str | None = None


NORMAL = ExitReason(ExitKind.NORMAL)
SHUTDOWN = ExitReason(ExitKind.SHUTDOWN)


def text_of(thing: object, limit: int = TEXT_LIMIT) -> str:
    """The first `limit` characters of `str(thing)`, or its type when that fails."""
    try:
        # Python lets a subclass of str through, and that may do anything when it is cut or joined.
        text = str.__str__(str(thing))
    except BaseException:  # noqa: BLE001 - an author's __str__ must not take down whoever reports it
        return f"<{type(thing).__name__}: its text could not be made>"
    return text if len(text) <= limit else f"{text[:limit]} ... ({len(text)} characters)"


def forget_frames(error: BaseException) -> None:
    """Let go of the frames of an error and of all that led to it, and so of everything they refer to."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            found.__traceback__ = None
            if isinstance(found, AttributeError):
                # Python keeps it to suggest another name: it is most often the actor itself.
                found.obj = None
            waiting += (found.__cause__, found.__context__)


def crash(kind: ExitKind, error: BaseException) -> ExitReason:
    """The reason for an exception that ended an incarnation, its traceback kept as text."""
    return ExitReason(kind, error, "", traceback_text(error))

"""Why an incarnation ended: one type for every way to die.

OTP's vocabulary: `normal` (finished), `shutdown` (told to stop), `killed`; everything else is
abnormal. The first two are clean: a transient child is not restarted after them. A kill by
the supervisor is recorded as killed, which OTP counts as abnormal.
"""

from __future__ import annotations

import enum
import traceback as traceback_module
from dataclasses import dataclass

__all__ = ["NORMAL", "SHUTDOWN", "ExitKind", "ExitReason"]


class ExitKind(enum.Enum):
    """The ways an incarnation can end."""

    NORMAL = "normal"
    SHUTDOWN = "shutdown"
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
        return self.kind in {ExitKind.NORMAL, ExitKind.SHUTDOWN}

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.kind.value}: {type(self.error).__name__}: {self.error}"
        return f"{self.kind.value}: {self.detail}" if self.detail else self.kind.value


NORMAL = ExitReason(ExitKind.NORMAL)
SHUTDOWN = ExitReason(ExitKind.SHUTDOWN)


def crash(kind: ExitKind, error: BaseException) -> ExitReason:
    """The reason for an exception that ended an incarnation, its traceback kept as text."""
    return ExitReason(kind, error, "", "".join(traceback_module.format_exception(error)))

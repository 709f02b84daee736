"""What can go wrong in supervision, by whose fault.

::

    SupervisionError
    ├── InvalidSpec           the caller declared something that cannot be (says how to mend it)
    │   └── DuplicateChild
    ├── SupervisorStopping    the call came while the supervisor was ending
    ├── ChildStartFailed      why a supervisor could not start: one of its children did not
    └── GaveUp                why a supervisor ended: restarting did not help

The last two are never raised into a caller; they are the ``error`` of the exit reason with which a
supervisor ends, so its own parent, the log and the process see the cause in full.
"""

from __future__ import annotations

from wyld_actors import ExitReason


class SupervisionError(Exception):
    """Base of everything raised by this package."""


class InvalidSpec(SupervisionError):
    """A child specification or a supervisor's flags are not usable."""

    def __init__(self, subject: str, field: str, expected: str, got: object, mend: str = "") -> None:
        super().__init__(subject, field, expected, got, mend)
        self.subject = subject
        self.field = field
        self.expected = expected
        self.got = got
        self.mend = mend

    def __str__(self) -> str:
        text = f"{self.subject}: {self.field} must be {self.expected}, got {self.got!r}"
        return f"{text}. {self.mend}" if self.mend else text


class DuplicateChild(InvalidSpec):
    """Two children of one supervisor have the same id."""

    def __init__(self, subject: str, child: str) -> None:
        super().__init__(
            subject,
            "children",
            "a list with a different id for each child",
            child,
            f"Give one of the two children called {child!r} another id.",
        )


class SupervisorStopping(SupervisionError):
    """The supervisor is ending and takes no more calls."""

    def __init__(self, call: str) -> None:
        super().__init__(call)
        self.call = call

    def __str__(self) -> str:
        return f"{self.call} refused: the supervisor is stopping. Ask its successor, or stop asking."


class ChildStartFailed(SupervisionError):
    """A supervisor did not start because one of its children did not."""

    def __init__(self, child: str, reason: ExitReason) -> None:
        super().__init__(child, reason)
        self.child = child
        self.reason = reason

    def __str__(self) -> str:
        return f"child {self.child!r} did not start: {self.reason}"


class GaveUp(SupervisionError):
    """A supervisor ended because its restarts went past what its flags allow."""

    def __init__(self, child: str, restarts: int, limit: str, reason: ExitReason) -> None:
        super().__init__(child, restarts, limit, reason)
        self.child = child
        self.restarts = restarts
        self.limit = limit
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"gave up on child {self.child!r} after {self.restarts} restarts (limit {self.limit}); "
            f"it last ended with {self.reason}"
        )

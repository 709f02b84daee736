"""Why requests are answered with "not now": for the log, as the player is told no more than that.

A database that is away makes every login such an answer. So each cause is told once a minute, with how often
it was meanwhile.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final

from transports.link.protocol import FailureCode

__all__ = ["Excuses"]

logger = logging.getLogger(__name__)

QUIET_SECONDS: Final = 60.0
_EXCUSES: Final = frozenset({FailureCode.UNAVAILABLE, FailureCode.OVERLOADED, FailureCode.INTERNAL})


class Excuses:
    """Outlasts clerks and desk."""

    def __init__(self) -> None:
        self._told_at: dict[tuple[FailureCode, type[Exception]], float] = {}
        self._unsaid: Counter[tuple[FailureCode, type[Exception]]] = Counter()

    def note(self, what: str, code: FailureCode, error: Exception, now: float) -> None:
        """The request `what` is answered with `code`, because of `error`; a rule's "no" is none of these."""
        if code not in _EXCUSES:
            return
        key = code, type(error)
        if now - self._told_at.get(key, float("-inf")) < QUIET_SECONDS:
            self._unsaid[key] += 1
            return
        self._told_at[key] = now
        unsaid = self._unsaid.pop(key, 0)
        more = f"; {unsaid} more since the last line like this" if unsaid else ""
        why = f"{type(error).__name__}: {error}"
        logger.warning("%s was answered %s because of %s%s", what, code.name, why, more)

"""Handlers that keep everybody waiting: noticed where the time slice is looked at anyway, told seldom.

A slow handler overruns its slice by nearly all of its time, so a handler in time costs nothing more. One that
has waited for an answer is not measured: others ran meanwhile.

The same kind of actor with the same kind of message is told once a minute, with what was left unsaid since.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wyld_actors.cell import Cell
    from wyld_actors.turns import TurnTaker

__all__ = ["SLOW_SECONDS", "SlowHandlers", "StuckReport", "Unsaid"]

logger = logging.getLogger(__name__)

# A player feels a tenth of a second; two of these in a row are that.
SLOW_SECONDS: Final = 0.05
QUIET_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class StuckReport:
    """A handler that does not give the thread back, as a watchdog saw it.

    `cell` is None when it was no actor that had the thread, `message_type` when it was a hook such as
    `on_start`. `catches`: it was interrupted, and caught that.
    """

    cell: Cell | None
    incarnation: int | None
    message_type: str | None
    seconds: float
    stack: str
    catches: bool = False


@dataclass(slots=True)
class Unsaid:
    """What is known of one kind of actor with one kind of message since it was told last."""

    told_at: float
    count: int = 0
    longest_seconds: float = 0.0


class SlowHandlers:
    """The slow handlers of one actor system, counted and told."""

    def __init__(self) -> None:
        self.limit_seconds = SLOW_SECONDS
        """infinity: none is slow."""
        self.by_class: Counter[type] = Counter()
        """How many there were, also those that were not told."""
        self.answers_for: Callable[[float], float] = lambda moment: float("inf")
        """How much of the time since `moment` the thread really ran, or waited in a call. A watchdog knows:
        on a busy machine, or in a process that was stopped, nobody is slow."""
        self._unsaid: dict[tuple[type, type | None], Unsaid] = {}

    def note(self, cell: TurnTaker, message_type: type | None, seconds: float, now: float) -> None:
        """A handler has run for `seconds`, more than the limit, until `now` (steady clock)."""
        seconds = min(seconds, self.answers_for(now - seconds))
        if seconds < self.limit_seconds:
            return
        self.by_class[cell.actor_class] += 1
        key = cell.actor_class, message_type
        unsaid = self._unsaid.get(key)
        if unsaid is not None and now - unsaid.told_at < QUIET_SECONDS:
            unsaid.count += 1
            unsaid.longest_seconds = max(unsaid.longest_seconds, seconds)
            return
        self._unsaid[key] = Unsaid(now)
        self._tell(cell, message_type, seconds, unsaid)

    def _tell(
        self, cell: TurnTaker, message_type: type | None, seconds: float, unsaid: Unsaid | None
    ) -> None:
        more = ""
        if unsaid is not None and unsaid.count:
            more = f"; {unsaid.count} more since, the longest {unsaid.longest_seconds * 1000:.0f} ms"
        name = "a hook" if message_type is None else message_type.__name__
        logger.warning(
            "%s kept everybody waiting for %.0f ms with %s%s",
            cell.path,
            seconds * 1000,
            name,
            more,
            extra={"path": cell.path, "actor": cell.actor_class.__name__, "message_type": name},
        )

"""The restart window of one supervisor: how often is too often.

OTP supervisor, "maximum restart intensity": more than ``max_restarts`` restarts within
``max_seconds`` and the supervisor gives up. OTP truncates its clock to whole seconds; ours is a
float clock, so the window is exact. The lower bound is inclusive: a restart exactly
``max_seconds`` ago still counts. A group restart counts once, and a retry after a failed restart
counts again: whoever decides calls `RestartWindow.allows` once for each decision.

The window belongs to the supervisor, is shared by its children and is reset by nothing but time.
"""

from __future__ import annotations

from collections import deque


class RestartWindow:
    """Counts restarts; knows nothing but the times it is told."""

    __slots__ = ("_stamps", "max_restarts", "max_seconds")

    def __init__(self, max_restarts: int, max_seconds: float) -> None:
        self.max_restarts = max_restarts
        self.max_seconds = max_seconds
        # Never longer than max_restarts + 1: at that length the supervisor has given up.
        self._stamps: deque[float] = deque(maxlen=max_restarts + 1)

    def allows(self, now: float) -> bool:
        """Count one restart at `now`. False: it is one too many, the supervisor has to give up."""
        self._forget(now)
        self._stamps.append(now)
        return len(self._stamps) <= self.max_restarts

    def count(self, now: float) -> int:
        """How many restarts lie in the window that ends at `now`."""
        self._forget(now)
        return len(self._stamps)

    def change(self, max_restarts: int, max_seconds: float) -> None:
        """Go on with other limits; what has been counted still counts."""
        self.max_restarts = max_restarts
        self.max_seconds = max_seconds
        self._stamps = deque(self._stamps, maxlen=max_restarts + 1)

    @property
    def stamps(self) -> int:
        """How many restarts were in the window when it was last asked to decide."""
        return len(self._stamps)

    def __str__(self) -> str:
        return f"{self.max_restarts} in {self.max_seconds:g} s"

    def _forget(self, now: float) -> None:
        stamps = self._stamps
        while stamps and now - stamps[0] > self.max_seconds:
            stamps.popleft()

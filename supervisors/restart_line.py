"""Restarts that wait for a place: so many of a supervisor's children start again at one time, not more.

A thousand crashes in one turn are then not one long pause, for each start runs code of its author. Who is
terminated while it stands in line is passed over when its turn comes. Akka and OTP have no such limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from supervisors.calls import Status
from supervisors.children import Child


class RestartLine:
    """First come, first served, `limit` at a time. A child's place is free again when it is up or down."""

    __slots__ = ("_in_place", "_waiting", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._waiting: deque[Child] = deque()
        self._in_place = 0

    def join(self, child: Child) -> None:
        """Stand in line; the child is WAITING."""
        self._waiting.append(child)

    def serve(self, start: Callable[[Child], None]) -> None:
        """Start those who come first, as long as there are places."""
        while self._waiting and self._in_place < self.limit:
            child = self._waiting.popleft()
            if child.status is Status.WAITING:
                self._in_place += 1
                child.has_slot = True
                start(child)

    def leave(self, child: Child) -> None:
        """Free the child's place, if it has one."""
        if child.has_slot:
            child.has_slot = False
            self._in_place -= 1

    def clear(self) -> None:
        """Nobody stands in line any more."""
        self._waiting.clear()

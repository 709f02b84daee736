"""What the world has saved of each session's lines, until the session is told. Pure.

A checkpoint says that of all sessions at once, every second. To wake each for it would hold up everybody's
answers for tens of milliseconds, and nobody waits for such news: a session is told with the next thing that
comes for it, and only who gets nothing is told for its own sake, a while later (`overdue`).
"""

from collections.abc import Mapping

from actors.gateway.command_flow import Position
from transports.link.protocol import SessionId

__all__ = ["SavedPositions"]


class SavedPositions:
    """Of all sessions of a gateway. Positions only grow, so that the newest says it all."""

    __slots__ = ("_fresh", "_older")

    def __init__(self) -> None:
        self._fresh: dict[SessionId, Position] = {}
        # Those that were there when `overdue` was asked last.
        self._older: dict[SessionId, Position] = {}

    def __bool__(self) -> bool:
        return bool(self._fresh or self._older)

    def note(self, positions: Mapping[SessionId, Position]) -> None:
        """A checkpoint is written."""
        self._fresh.update(positions)

    def take(self, session: SessionId) -> Position | None:
        """What to tell the session, which has been told then."""
        older = self._older.pop(session, None)
        return self._fresh.pop(session, older)

    def overdue(self) -> dict[SessionId, Position]:
        """What has waited since the time before the last; it is told then."""
        over, self._older, self._fresh = self._older, self._fresh, {}
        return over

    def take_all(self) -> dict[SessionId, Position]:
        """Everything, for it cannot wait any longer; it is told then."""
        every = self._older | self._fresh
        self._older, self._fresh = {}, {}
        return every

"""Lines that wait for everybody to be back. Pure.

A world that begins with a checkpoint may not know the youngest sessions: their gateway selects their
characters again. Whoever is known already would go on meanwhile, and those who stood beside him would miss
what they are there to see. So the lines of all sessions are kept until the last one is back, or has failed to
come back, or has had its time.
"""

from collections.abc import Iterable

from transports.link.protocol import Command, SessionId

__all__ = ["Returning"]


class Returning:
    """The sessions that a world is about to learn of again, and the lines that wait for them."""

    __slots__ = ("_awaited", "_lines")

    def __init__(self) -> None:
        self._awaited: set[SessionId] = set()
        self._lines: list[Command] = []

    def __bool__(self) -> bool:
        """Whether anybody is awaited."""
        return bool(self._awaited)

    def begin(self, sessions: Iterable[SessionId]) -> None:
        """Another world: these sessions come back to it. Lines that waited will be sent again."""
        self._awaited = set(sessions)
        self._lines = []

    def keeps(self, command: Command) -> bool:
        """Keep the line, if anybody is awaited."""
        if self._awaited:
            self._lines.append(command)
        return bool(self._awaited)

    def is_back(self, session: SessionId) -> list[Command]:
        """The session is not awaited any more. The lines to send now: none, or all, in order."""
        self._awaited.discard(session)
        return [] if self._awaited else self._let_go()

    def give_up(self) -> list[Command]:
        """Nobody is awaited any more. The lines to send now, in order."""
        self._awaited.clear()
        return self._let_go()

    def _let_go(self) -> list[Command]:
        lines, self._lines = self._lines, []
        return lines

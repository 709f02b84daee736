"""What clients have seen of commands that a new world runs again: it is not shown a second time. Pure.

Commands after the checkpoint run again, and make their outputs again. An answer can come again in three ways:
the new world runs the command again, or it sends the tail that a checkpoint held, perhaps after one more
crash, or it sends to somebody who was late what others have done meanwhile. So the entry of a session, which
is begun at the Welcome of a new world, stays as long as its character does: what comes later has greater
numbers.

*Others* in the room are covered as well: `origin` names the session that gave a command. What they see comes
before the answer; if the world died between the two, the command is not answered, and yet seen. So what came
of the command that a session waits for is counted for each who saw it (`saw`), and so many outputs are hidden
from each when it runs again: a command falls the same way each time.

While a session is *behind*, which is until the last command that was answered has run again, what the new
world says of where it stands is of the past.
"""

from collections import Counter
from collections.abc import Sequence

from transports.link.protocol import CommandNumber, SessionId


class Replays:
    """The answers that the clients of one gateway have had from worlds that died, by session."""

    __slots__ = ("_answered", "_begun", "_behind", "_seen")

    def __init__(self) -> None:
        self._answered: dict[SessionId, CommandNumber] = {}
        self._behind: set[SessionId] = set()
        # By the session that gave the command: what this world has shown of it, and what those before did.
        self._seen: dict[SessionId, tuple[CommandNumber, list[SessionId]]] = {}
        self._begun: dict[SessionId, _Begun] = {}

    def __bool__(self) -> bool:
        return bool(self._answered or self._begun)

    def begin(self, session: SessionId, answered: CommandNumber, *, applied: CommandNumber) -> None:
        """A new world is here, and stands at `applied`; clients had the answers up to `answered`."""
        if answered:
            self._answered[session] = answered
        if applied < answered:
            self._behind.add(session)
        else:
            self._behind.discard(session)
        cause, seen = self._seen.pop(session, (0, []))
        begun = self._begun.get(session)
        if begun is not None and begun.cause > answered:
            begun.again(seen if cause == begun.cause else [])
        elif cause > answered:
            self._begun[session] = _Begun(cause, seen)
        else:
            self._begun.pop(session, None)

    def saw(self, sessions: Sequence[SessionId], cause: CommandNumber, origin: SessionId) -> None:
        """An output of command `cause` of the session `origin` has come for these, to be shown or hidden."""
        if not cause:
            return
        known, seen = self._seen.get(origin, (0, []))
        if known == cause:
            seen.extend(sessions)
        elif cause > known:
            self._seen[origin] = (cause, list(sessions))

    def is_behind(self, session: SessionId) -> bool:
        """Whether the session has still to get to where its client saw it last."""
        return session in self._behind

    def hides(self, session: SessionId, cause: CommandNumber, origin: SessionId = 0) -> bool:
        """True if this output to `session` was shown before the crash."""
        if 0 < cause <= self._answered.get(origin or session, 0):
            return True
        begun = self._begun.get(origin or session)
        return begun is not None and begun.cause == cause and begun.takes(session)

    def unseen(self, sessions: list[SessionId], cause: CommandNumber, origin: SessionId) -> list[SessionId]:
        """Those of `sessions` to whom this output is new. Quick for what no world has run before."""
        begun = self._begun.get(origin)
        is_new = cause > self._answered.get(origin, 0) and (begun is None or begun.cause != cause)
        if not cause or (origin and is_new):
            return sessions
        return [session for session in sessions if not self.hides(session, cause, origin)]

    def performed(self, session: SessionId, number: CommandNumber) -> bool:
        """Command `number` is complete. True if its answer was shown before the crash."""
        answered = self._answered.get(session, 0)
        if number >= answered:
            self._behind.discard(session)
        self._seen.pop(session, None)
        return number <= answered

    def forget(self, session: SessionId) -> None:
        """The session ended."""
        self._answered.pop(session, None)
        self._behind.discard(session)
        self._seen.pop(session, None)
        self._begun.pop(session, None)


class _Begun:
    """A command that was seen and not answered when the world died: how many of its outputs each has seen."""

    __slots__ = ("_left", "_seen", "cause")

    def __init__(self, cause: CommandNumber, seen: Sequence[SessionId]) -> None:
        self.cause = cause
        self._seen = Counter(seen)
        self._left = Counter(self._seen)

    def again(self, seen: Sequence[SessionId]) -> None:
        """One more world died over it, having come to show this much of it, from the start."""
        self._seen |= Counter(seen)
        self._left = Counter(self._seen)

    def takes(self, session: SessionId) -> bool:
        """Whether the next output for this session is one it has seen."""
        if not self._left[session]:
            return False
        self._left[session] -= 1
        return True

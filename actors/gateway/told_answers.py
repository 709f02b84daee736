"""What each line was answered that is not saved yet, so that nobody believes what did not happen. Pure.

A world that begins again runs such lines once more, those of each session in their order; but which of two
players reached for the coin first is kept nowhere. What has been answered is not shown twice, so a player who
was told "You pick up a coin" would not learn that somebody else was quicker this time. Here the texts of both
answers are compared, and the new one is shown if it is not the old one.

Only what is text counts: a room looked at once more may well look otherwise, and promises nothing.
"""

from collections import defaultdict

from transports.link.protocol import (
    CommandNumber,
    Level,
    OutputBody,
    SessionId,
    SystemOutput,
    TextOutput,
)

__all__ = ["OTHERWISE", "ToldAnswers"]

OTHERWISE = SystemOutput(
    Level.STORY, "The world has gone back a moment, and something went otherwise than you saw:"
)

# Hashes of texts, in their order.
_Told = tuple[int, ...]


class ToldAnswers:
    """Of all sessions of a gateway."""

    __slots__ = ("_again", "_told")

    def __init__(self) -> None:
        self._told: defaultdict[SessionId, dict[CommandNumber, _Told]] = defaultdict(dict)
        # The outputs of the command that runs again, as far as they are hidden.
        self._again: dict[SessionId, list[OutputBody]] = {}

    def shows(self, session: SessionId, cause: CommandNumber, body: OutputBody) -> None:
        """The session is shown an output of its own command."""
        if isinstance(body, TextOutput | SystemOutput):
            told = self._told[session]
            told[cause] = (*told.get(cause, ()), hash(body.text))

    def hides(self, session: SessionId, body: OutputBody) -> None:
        """An output of its own command is not shown to the session, which has had it already."""
        self._again.setdefault(session, []).append(body)

    def performed(self, session: SessionId, number: CommandNumber, *, is_again: bool) -> list[OutputBody]:
        """The command is done; `is_again` if that was told before. What is to be shown of it after all."""
        told, bodies = self._told[session], self._again.pop(session, [])
        before = told.get(number)
        if not is_again and not bodies:
            told[number] = before or ()
            return []
        now = tuple(hash(body.text) for body in bodies if isinstance(body, TextOutput | SystemOutput))
        if before is None or before == now or (not is_again and before[: len(now)] == now):
            return []
        told[number] = now
        return [OTHERWISE, *bodies]

    def saved(self, session: SessionId, number: CommandNumber) -> None:
        """What came of all commands up to this one is for good."""
        told = self._told.get(session)
        if told:
            for one in [one for one in told if one <= number]:
                del told[one]

    def begin(self) -> None:
        """Another world: what the last one was about to run again, it runs again."""
        self._again.clear()

    def forget(self, session: SessionId) -> None:
        """The session has ended, or counts its commands anew."""
        self._told.pop(session, None)
        self._again.pop(session, None)

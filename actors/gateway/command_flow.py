"""A session's lines on their way to the world: numbered, kept, sent as it allows, sent again after it died.

A thin layer over `CommandStream` that knows what the world last said of this session. Pure: what it decides,
the session actor does. It outlasts a crash of that actor: an accepted line is run, whatever happens here.

Three things can be true when a world has been reached:

- it knows the session, and says how far it has come: what follows is sent again (GO_ON);
- it does not know the session, which plays a character: that has to be selected again (SELECT_AGAIN), and the
  answer says where to go on;
- nothing was asked: the world is the same as before, and all that it has not applied is sent again.

Where the world stands can contradict what it had confirmed (a database set back by hand). The lines that it
has not applied are then kept and numbered anew; lines it had once applied are never run twice for it.
"""

import enum

from transports.link.errors import StreamError
from transports.link.protocol import Command, CommandNumber, SessionId
from transports.link.streams import CommandStream, Refusal

# Positions as the link says them: applied and durable.
Position = tuple[CommandNumber, CommandNumber]


class Standing(enum.Enum):
    """What a session has to do when a world has been reached."""

    GO_ON = "go on"
    SELECT_AGAIN = "select again"


class CommandFlow:
    """One session's commands. `received` is the number of the last output that the session has dealt with."""

    __slots__ = ("_credit", "_is_held", "received", "stream")

    def __init__(self, session: SessionId) -> None:
        self.stream = CommandStream(session)
        self.received = 0
        self._credit = 0
        # While a character is being selected again, lines are accepted and wait.
        self._is_held = False

    @property
    def is_world_here(self) -> bool:
        """Whether lines are being sent."""
        return self._credit > 0

    def accept(self, text: str) -> Refusal | None:
        """Number and keep the line; or why not."""
        taken = self.stream.accept(text)
        return taken if isinstance(taken, Refusal) else None

    def to_send(self) -> list[Command]:
        """The commands to send now."""
        return [] if self._is_held else self.stream.take(self._credit)

    def performed(self, number: CommandNumber) -> None:
        """The world has applied all up to `number`. Raises PositionAhead for a number that was not given."""
        self.stream.confirm_applied(number)

    def confirmed(self, position: Position) -> None:
        """The world has applied and saved so far. Raises PositionAhead as well."""
        applied, durable = position
        self.stream.confirm_applied(applied)
        self.stream.confirm_durable(min(durable, applied))

    # The world comes and goes ----------------------------------------------------------------------

    def lost(self) -> None:
        """The world cannot be reached."""
        self._credit = 0
        self._is_held = False

    def change_credit(self, credit: int) -> None:
        """The world lets another number of commands be on their way."""
        self._credit = credit

    def reached(self, credit: int, position: Position | None, *, is_new: bool, plays: bool) -> Standing:
        """A world has been reached."""
        self._credit = credit
        self._is_held = False
        if position is not None:
            self.go_on_after(position[0])
            self.confirmed(position)
        elif not is_new:
            self.stream.resend_after(self.stream.applied)
        elif plays:
            self._is_held = True
            return Standing.SELECT_AGAIN
        return Standing.GO_ON

    def go_on_after(self, applied: CommandNumber) -> None:
        """The world has applied all up to `applied`: send what follows.

        A world that stands further back than it did has gone back to a checkpoint, perhaps to one that knew
        nothing of the session: what it had applied after that is run again.
        """
        self._is_held = False
        try:
            self.stream.resend_after(applied)
        except StreamError:
            self._number_anew(applied)

    def begin_at(self, applied: CommandNumber) -> None:
        """A character has entered the world: its first line follows `applied`."""
        self.stream = CommandStream(self.stream.session, start=applied)
        self._is_held = False

    def withdraw(self) -> list[str]:
        """Take back the lines that the world has not applied, in order."""
        stream = self.stream
        stream.resend_after(stream.applied)
        lines = [command.text for command in stream.take(stream.unapplied)]
        self.stream = CommandStream(stream.session, start=stream.applied)
        return lines

    def _number_anew(self, applied: CommandNumber) -> None:
        lines = self.withdraw()
        self.begin_at(applied)
        for line in lines:
            self.stream.accept(line)

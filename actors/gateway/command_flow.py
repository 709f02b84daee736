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

A client that numbers its own lines sends again what it does not know to be saved (`done`). What the world had
been given by an earlier life of this gateway is not run again (`line`); if the world dies before it has saved
that, only the client has those lines, and is asked for them (`is_short`).
"""

import enum

from transports.link.errors import StreamError
from transports.link.protocol import Command, CommandNumber, SessionId
from transports.link.streams import DEFAULT_LIMITS, CommandLimits, CommandStream, Refusal

# Positions as the link says them: applied and durable.
Position = tuple[CommandNumber, CommandNumber]


class Standing(enum.Enum):
    """What a session has to do when a world has been reached."""

    GO_ON = "go on"
    SELECT_AGAIN = "select again"


class CommandFlow:
    """One session's commands. `received` is the number of the last output that the session has dealt with.

    `is_agreed` is False for a session from before this life of the gateway: the numbers of its commands are
    the world's to say.
    """

    __slots__ = ("_before", "_credit", "_is_agreed", "_is_held", "is_short", "received", "stream")

    def __init__(
        self, session: SessionId, *, is_agreed: bool = True, limits: CommandLimits = DEFAULT_LIMITS
    ) -> None:
        self.stream = CommandStream(session, limits=limits)
        self.received = 0
        self._credit = 0
        # While a character is being selected again, lines are accepted and wait.
        self._is_held = False
        self._is_agreed = is_agreed
        # Of what came with an earlier life of the gateway, until it is durable: the last command, and the
        # last of the client's numbers.
        self._before: tuple[CommandNumber, int] | None = None
        # The world has lost lines that are not here either: the client is to connect again, and sends them.
        self.is_short = False

    @property
    def line(self) -> int:
        """The client's number of the last line that is here, or that the world has."""
        return self.stream.lines.last

    @property
    def done(self) -> int:
        """The client need not keep its lines up to this number."""
        return 0 if self._before is not None else self.stream.lines.passed

    @property
    def is_world_here(self) -> bool:
        """Whether lines are being sent."""
        return self._credit > 0

    def accept(self, text: str, client: int = 0) -> Refusal | None:
        """Number and keep the line; or why not. One of the client's own numbers counts once."""
        lines = self.stream.lines
        if client and client <= lines.last:
            return None
        taken = self.stream.accept(text, client)
        if not isinstance(taken, Refusal):
            return None
        if client:
            # It has come, and is not to come again: as if it were a part of the line before.
            lines.note(self.stream.last, client)
        return taken

    def to_send(self) -> list[Command]:
        """The commands to send now."""
        return [] if self._is_held or not self._is_agreed else self.stream.take(self._credit)

    def performed(self, number: CommandNumber) -> None:
        """The world has applied all up to `number`. Raises PositionAhead for a number that was not given."""
        self.stream.confirm_applied(number)

    def confirmed(self, position: Position) -> None:
        """The world has applied and saved so far. Raises PositionAhead as well."""
        applied, durable = position
        self.stream.confirm_applied(applied)
        self.stream.confirm_durable(min(durable, applied))
        if self._before is not None and durable >= self._before[0]:
            lines = self.stream.lines
            lines.passed = max(lines.passed, self._before[1])
            self._before = None

    # The world comes and goes ----------------------------------------------------------------------

    def hold(self) -> None:
        """The character is out of the world and comes back: lines wait until `go_on_after`."""
        self._is_held = True

    def lost(self) -> None:
        """The world cannot be reached."""
        self._credit = 0
        self._is_held = False

    def change_credit(self, credit: int) -> None:
        """The world lets another number of commands be on their way."""
        self._credit = credit

    def reached(
        self, credit: int, position: Position | None, *, is_new: bool, plays: bool, line: int = 0
    ) -> Standing:
        """A world has been reached. `line` is the client's number of the last line that it has."""
        self._credit = credit
        self._is_held = False
        if is_new and self._before is not None:
            self._look_back(position[0] if position is not None else 0, line)
        if position is not None:
            if not self._is_agreed:
                self._take_over(position[0], line)
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
        if not self._is_agreed:
            self._take_over(applied, 0)
            return
        try:
            self.stream.resend_after(applied)
        except StreamError:
            self._number_anew(applied)

    def begin_at(self, applied: CommandNumber) -> None:
        """A character has entered the world: its first line follows `applied`."""
        lines = self.stream.lines.begun_anew()
        self.stream = CommandStream(
            self.stream.session, start=applied, limits=self.stream.limits, lines=lines
        )
        self._is_held = False
        self._is_agreed = True

    def withdraw(self) -> list[str]:
        """Take back the lines that the world has not applied, in order. They are over for the client."""
        texts = [command.text for command in self._take_back()]
        self.stream.lines.pass_all()
        self._before = None
        return texts

    def _take_back(self) -> list[Command]:
        stream = self.stream
        stream.resend_after(stream.applied)
        commands = stream.take(stream.unapplied)
        stream.lines.pass_through(stream.applied)
        lines = stream.lines.begun_anew()
        self.stream = CommandStream(stream.session, start=stream.applied, limits=stream.limits, lines=lines)
        return commands

    def _number_anew(self, applied: CommandNumber) -> None:
        self._put_back(applied, self._take_back())

    def _take_over(self, applied: CommandNumber, line: int) -> None:
        """The world tells how far the commands of an earlier life came, and which lines of the client."""
        kept = [command for command in self._take_back() if not 0 < command.client <= line]
        self.stream.lines.last = line
        self._put_back(applied, kept)
        self._before = applied, line

    def _look_back(self, applied: CommandNumber, line: int) -> None:
        """A world begins anew, and what an earlier life had given the one before may not have been durable.

        What is lost by that only a client with numbers of its own still has. It sends them again, and what
        came after them as well, for they are to be run in order.
        """
        assert self._before is not None
        last, last_line = self._before
        if applied >= last:
            return
        self.stream.resend_after(self.stream.durable)
        commands = self._take_back()
        if line < last_line:
            self.is_short = True
            commands = [command for command in commands if not command.client]
            self.stream.lines.last = line
        self.stream.lines.passed = line
        self._put_back(applied, commands)
        self._before = None

    def _put_back(self, applied: CommandNumber, commands: list[Command]) -> None:
        self.begin_at(applied)
        for command in commands:
            self.stream.accept(command.text, command.client)

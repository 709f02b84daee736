"""The command stream of one session: every accepted line is run once, in order, whatever dies meanwhile.

The gateway numbers each line and keeps it until the world calls it *durable* (`CommandStream`); the world
takes number n+1 only after n and ignores what it has (`CommandInbox`). A number is, in this order: accepted,
sent, received, applied (it took effect), durable (a checkpoint holds the effect).

    gateway   durable <= applied <= sent <= last       lines kept: durable+1 .. last
    world     durable <= applied <= received

After a world crash the new world stands at its last checkpoint, which is at or after every `durable` it
ever told; the gateway sends again what follows (`resend_after`). Confirmations are cumulative, so a late,
doubled or lost one does no harm.

Lists and not deques: they are trimmed in bulk from the front, which costs one small memory move, and an empty
one takes 56 bytes where an empty deque takes 760, for each of 10,000 sessions.
"""

import enum
from dataclasses import dataclass

from transports.link.errors import OutOfTurn, PositionAhead, PositionLost
from transports.link.protocol import Command, CommandNumber, SessionId
from transports.link.streams.lines import ClientLines


class Refusal(enum.Enum):
    """Why a line was not accepted. The player is told."""

    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_SAVED = "not_saved"


@dataclass(frozen=True, slots=True)
class CommandLimits:
    """How much one session may leave waiting. One object is shared by all sessions."""

    # Lines and bytes that the world has not applied: more than anybody types ahead, less than a pasted book.
    waiting_lines: int = 256
    waiting_bytes: int = 64 * 1024
    # Lines and bytes that are applied and not durable. A checkpoint each second lets them go; with the
    # database down a player who types a line a second can go on for hours. A script that never pauses
    # (some 6,000 lines a second alone) does not reach it between two checkpoints.
    held_lines: int = 16_384
    held_bytes: int = 512 * 1024


DEFAULT_LIMITS = CommandLimits()


class CommandStream:
    """The gateway's side. `last` is the number of the last accepted line, `sent` of the last one taken;
    `lines` knows which lines of the client they are."""

    __slots__ = (
        "_held",
        "_held_bytes",
        "_waiting",
        "_waiting_bytes",
        "applied",
        "durable",
        "last",
        "limits",
        "lines",
        "sent",
        "session",
    )

    def __init__(
        self,
        session: SessionId,
        *,
        start: CommandNumber = 0,
        limits: CommandLimits = DEFAULT_LIMITS,
        lines: ClientLines | None = None,
    ) -> None:
        """`start` is the number the world stands at: 0 for a new session."""
        self.session = session
        self.lines = ClientLines() if lines is None else lines
        self.durable = self.applied = self.sent = self.last = start
        self._waiting: list[str] = []
        self._waiting_bytes = 0
        self._held: list[str] = []
        self._held_bytes = 0
        self.limits = limits

    @property
    def unapplied(self) -> int:
        """How many lines are accepted and not applied."""
        return self.last - self.applied

    @property
    def is_half_full(self) -> bool:
        """Whether half of the lines that may wait do: soon more would be refused."""
        return self.unapplied >= self.limits.waiting_lines // 2

    @property
    def undurable(self) -> int:
        """How many lines are kept in all."""
        return self.last - self.durable

    def accept(self, text: str, client: int = 0) -> CommandNumber | Refusal:
        """Number the line and keep it, or say why not. An accepted line is kept until it is durable.

        `client` is the client's own number for it, above all before it; 0 for none.
        """
        limits = self.limits
        waiting = self._waiting
        size = self._waiting_bytes + _size(text)
        if len(waiting) >= limits.waiting_lines:
            return Refusal.TOO_MANY_LINES
        if size > limits.waiting_bytes:
            return Refusal.TOO_MANY_BYTES
        if len(self._held) >= limits.held_lines or self._held_bytes >= limits.held_bytes:
            return Refusal.NOT_SAVED
        waiting.append(text)
        self._waiting_bytes = size
        self.last = number = self.last + 1
        if client:
            self.lines.note(number, client)
        return number

    def take(self, window: int) -> list[Command]:
        """The lines to send now: those not sent yet, while fewer than `window` are sent and not applied."""
        first = self.sent + 1
        last = min(self.last, self.applied + window)
        if last < first:
            return []
        session = self.session
        offset = self.applied + 1
        self.sent = last
        waiting, lines = self._waiting, self.lines
        if lines:
            return [
                Command(session, number, waiting[number - offset], lines.of(number))
                for number in range(first, last + 1)
            ]
        return [Command(session, number, waiting[number - offset]) for number in range(first, last + 1)]

    def confirm_applied(self, number: CommandNumber) -> None:
        """All lines up to `number` took effect. Raises PositionAhead if that many were never given."""
        count = number - self.applied
        if count <= 0:
            return
        if number > self.last:
            raise PositionAhead(number, self.last)
        waiting = self._waiting
        moved = waiting[:count]
        del waiting[:count]
        size = sum(map(_size, moved))
        self._waiting_bytes -= size
        self._held += moved
        self._held_bytes += size
        self.applied = number
        self.sent = max(self.sent, number)

    def confirm_durable(self, number: CommandNumber) -> None:
        """All lines up to `number` are saved for good, and need not be kept. Implies applied."""
        count = number - self.durable
        if count <= 0:
            return
        if number > self.applied:
            self.confirm_applied(number)
        held = self._held
        self._held_bytes -= sum(map(_size, held[:count]))
        del held[:count]
        self.durable = number
        if self.lines:
            self.lines.pass_through(number)

    def resend_after(self, number: CommandNumber) -> None:
        """The world stands at `number`, perhaps further back than it did: `take` gives what follows, again.

        Raises PositionLost if lines would be needed that a checkpoint had let go, PositionAhead if the world
        claims lines that were never given. The stream is as before then.
        """
        if number < self.durable:
            raise PositionLost(number, self.durable)
        if number > self.last:
            raise PositionAhead(number, self.last)
        lines = self._held + self._waiting
        count = number - self.durable
        self._held, self._waiting = lines[:count], lines[count:]
        self._held_bytes = sum(map(_size, self._held))
        self._waiting_bytes = sum(map(_size, self._waiting))
        self.applied = self.sent = number


class Arrival(enum.Enum):
    """What the number of something that came in says. A GAP is answered with Resend after `received`."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"


# Looking a member up in an Enum costs as much as the whole decision.
_NEXT, _DUPLICATE, _GAP = Arrival.NEXT, Arrival.DUPLICATE, Arrival.GAP


class CommandInbox:
    """The world's side. `position` is what the gateway is told, and what a checkpoint holds."""

    __slots__ = ("applied", "durable", "received")

    def __init__(self, start: CommandNumber = 0) -> None:
        """`start` is the applied number of the last checkpoint: 0 for a new session."""
        self.durable = self.applied = self.received = start

    @property
    def position(self) -> tuple[CommandNumber, CommandNumber]:
        """The applied and the durable number."""
        return self.applied, self.durable

    def arrive(self, number: CommandNumber) -> Arrival:
        """NEXT: run it. DUPLICATE: ignore it. GAP: something before it is missing, do not run it."""
        expected = self.received + 1
        if number == expected:
            self.received = number
            return _NEXT
        return _DUPLICATE if number < expected else _GAP

    def apply(self, number: CommandNumber) -> None:
        """Command `number` is complete, also if it failed. Raises OutOfTurn unless it is the next."""
        if number != self.applied + 1 or number > self.received:
            raise OutOfTurn(number, min(self.applied + 1, self.received))
        self.applied = number

    def save(self, applied: CommandNumber) -> None:
        """A checkpoint that holds this session at `applied` is written."""
        if applied > self.applied:
            raise PositionAhead(applied, self.applied)
        self.durable = max(self.durable, applied)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))

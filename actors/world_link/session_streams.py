"""What the world knows of one session's two streams. Pure.

Commands come in by number and are applied in order; outputs get their numbers here and are kept until
the gateway has them. A number that contradicts what is known is somebody else's mistake, or of a life of the
session that is over: it is put right or ignored, and never a crash of who keeps the streams.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from transports.link.errors import PositionAhead
from transports.link.interface import Peer
from transports.link.protocol import (
    CharacterId,
    CharacterReleased,
    CommandNumber,
    EntityId,
    Frame,
    Level,
    Outcome,
    Output,
    OutputBody,
    OutputNumber,
    Performed,
    RequestId,
    SessionId,
    SystemOutput,
)
from transports.link.streams import ClientLines, Entry, OutputTail, TailRecord
from transports.link.streams.commands import CommandInbox
from wyld_actors import Record, Ref

__all__ = ["NOWHERE", "SessionStreams", "StreamPoint", "mended"]

_encoder = msgspec.msgpack.Encoder()
_UNSPEAKABLE = SystemOutput(Level.ERROR, "Something happens that words cannot describe.")

# A session that is closed and opened again is another one, whatever its id.
_lives = itertools.count(1)


class StreamPoint(Record, frozen=True):
    """Where a session stood: its last applied command, the outputs its gateway may not have, its character.

    `life` tells it from another session that later has the same id. `line` is the client's number of the last
    applied line that has one, `ahead` the commands with such numbers that have come and are not applied.
    """

    life: int
    applied: CommandNumber
    tail: TailRecord
    character: EntityId
    line: int = 0
    ahead: tuple[tuple[CommandNumber, int], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether a world that begins with this has nothing to go on with: no character, no last words."""
        return not self.character and not self.tail.entries

    def with_more(
        self, applied: CommandNumber, entries: tuple[Entry, ...], character: EntityId
    ) -> StreamPoint:
        """As it will stand when these outputs, which have no numbers yet, have been given them."""
        tail = self.tail
        # `agreed` stays: until a gateway has seen them, the outputs may come to have other numbers.
        more = TailRecord(tail.last + len(entries), tail.agreed, tail.entries + entries)
        line = max((line for command, line in self.ahead if command <= applied), default=self.line)
        return StreamPoint(self.life, applied, more, character, line)


# Of a session that is closed.
NOWHERE = StreamPoint(0, 0, TailRecord(0, 0), "")


def mended(tail: TailRecord) -> TailRecord:
    """The tail, with what cannot be sent or saved replaced by words that say so.

    Only a body with values of an author's choice can be such; left as it is, it would be asked for again and
    again.
    """
    entries = tuple(
        entry if _is_encodable(entry) else (entry[0], _UNSPEAKABLE, entry[2]) for entry in tail.entries
    )
    return tail if entries == tail.entries else TailRecord(tail.last, tail.agreed, entries)


def _is_encodable(entry: Entry) -> bool:
    try:
        _encoder.encode(entry)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # What msgspec raises for a value that msgpack cannot hold, as in `transports.link.codec.encode`.
        return False
    return True


class SessionStreams:
    """One session.

    `peer` is the connection that has claimed it, None while there is none; `reader` is the one that outputs
    go to as they are made. `ref` takes its lines, None while it plays nobody; `character` is whom it plays,
    "" for nobody, and `number` the character's in its account.
    """

    __slots__ = (
        "_base",
        "_handed",
        "_is_kept_back",
        "_released",
        "_saved",
        "character",
        "inbox",
        "is_ending",
        "is_given_up",
        "is_lost",
        "life",
        "lines",
        "number",
        "numbered_by",
        "peer",
        "reader",
        "ref",
        "selected_by",
        "session",
        "tail",
        "told",
    )

    def __init__(
        self,
        session: SessionId,
        applied: CommandNumber = 0,
        tail: TailRecord | None = None,
        line: int = 0,
    ) -> None:
        """`line` is the client's number of the last line that is applied, 0 if it has none."""
        self.session = session
        self.life = next(_lives)
        self.ref: Ref | None = None
        self.character: EntityId = ""
        self.number: CharacterId = 0
        self.peer: Peer | None = None
        self.reader: Peer | None = None
        self.inbox = CommandInbox(applied)
        self.lines = ClientLines(line)
        # The life of a gateway whose numbers the commands have, and the number that this life goes on after.
        self.numbered_by = ""
        self._base: CommandNumber = 0
        # The last command that may have been handed on.
        self._handed: CommandNumber = 0
        self.tail = OutputTail(session, tail)
        # Numbers of outputs: where its last release from play begins, and how far a checkpoint has it.
        self._released: OutputNumber = 0
        self._saved: OutputNumber = self.tail.last
        self._is_kept_back = False
        # Over: the streams go when the character is out of play.
        self.is_ending = False
        # Its gateway did not come in time, but may come yet.
        self.is_given_up = False
        # In play by the last checkpoint, but its character could not be brought back.
        self.is_lost = False
        # The request that brought it into play: the life of a gateway, and its number there.
        self.selected_by: tuple[str, RequestId] | None = None
        # The durable number that the gateway was last told.
        self.told = applied

    def point(self) -> StreamPoint:
        """Where it stands now. References only."""
        lines = self.lines
        ahead = lines.under_way() if lines else ()
        return StreamPoint(
            self.life, self.inbox.applied, self.tail.snapshot(), self.character, lines.passed, ahead
        )

    # Commands ------------------------------------------------------------------------------------------

    def is_repeated(self, number: CommandNumber, client: int) -> bool:
        """Whether the client's line has come before, with another command: it is not to be run again."""
        lines = self.lines
        if lines.has_come(number, client):
            return True
        lines.note(number, client)
        return False

    def position_for(self, life: str) -> tuple[CommandNumber, CommandNumber]:
        """What a gateway is told that claims the session: where to go on, and what is durable.

        Another life of it than the one whose commands came does not know them: it goes on after the last that
        was handed on.
        """
        inbox = self.inbox
        if self.numbered_by != life:
            if self.numbered_by:
                self._base = inbox.received = max(inbox.received, self._handed)
            self.numbered_by = life
        return max(inbox.applied, self._base), inbox.durable

    def forget_arrivals(self) -> None:
        """Lines may have come and not been handed on: let the gateway send again what is not applied.

        The world session ignores what it has.
        """
        self._handed = max(self._handed, self.inbox.received)
        self.inbox.received = self.inbox.applied

    def give_back(self) -> None:
        """Lines that are not begun are for others, and their numbers too."""
        self._base = self._handed = 0
        self.inbox.received = self.inbox.applied
        self.lines.take_back()

    # Outputs -------------------------------------------------------------------------------------------

    def emit(self, cause: CommandNumber, body: OutputBody) -> Output:
        """Number one output and keep it; the frame for the gateway."""
        return Output(self.session, self.tail.append(cause, body), cause, body)

    def performed(self, done: Performed) -> list[Output]:
        """Command `done.number` is complete: count it, and say so in the output stream.

        A session runs one command after the other, so one that was passed over was lost in a crash: it is
        reported failed. What is counted already is not counted again.
        """
        inbox = self.inbox
        # After a crash of the link a line may be done that came to an earlier incarnation of it.
        inbox.received = max(inbox.received, done.number)
        outputs = []
        for number in range(inbox.applied + 1, done.number + 1):
            inbox.apply(number)
            report = done if number == done.number else Performed(number, outcome=Outcome.FAILED)
            outputs.append(self.emit(number, report))
        if self.lines:
            self.lines.pass_through(inbox.applied)
        return outputs

    def belongs_to(self, peer: Peer | None) -> None:
        """A connection has claimed it; or none has it any more."""
        self.peer = peer
        self.reader = None if self._is_kept_back else peer

    # Out of play ---------------------------------------------------------------------------------------

    def release(self, body: CharacterReleased) -> None:
        """The character is out of play. The gateway hears that when it is saved, as it forgets then what its
        player had typed; until then it goes on as if the last line were still being run."""
        self._released = self.tail.append(0, body)
        self._is_kept_back = True
        self.reader = None

    @property
    def is_saved(self) -> bool:
        """Whether a checkpoint holds the session as it stands: the next stay can begin from there."""
        return self.inbox.applied == self.inbox.durable and self._saved >= self._released

    @property
    def is_kept_back(self) -> bool:
        """Whether the gateway has yet to hear that the character is out of play."""
        return self._is_kept_back

    def let_out(self) -> list[Frame]:
        """Keep nothing back any more: what to send of it now."""
        if not self._is_kept_back:
            return []
        self._is_kept_back = False
        self.reader = self.peer
        if self.peer is None:
            return []
        return [frame for frame in self.resume(self.tail.acked) if not self._precedes(frame)]

    def _precedes(self, frame: Frame) -> bool:
        """Whether it is from before the last release, and so has been sent."""
        return isinstance(frame, Output) and frame.number < self._released

    # Checkpoints and acknowledgements ------------------------------------------------------------------

    def save(self, point: StreamPoint) -> list[Frame]:
        """A checkpoint that holds the session at this point is durable: what to send that waited for it."""
        # It may hold a command that is complete and not counted here yet (`checkpoint.cut`).
        self.inbox.save(min(point.applied, self.inbox.applied))
        if point.character:
            return []
        self._saved = max(self._saved, min(point.tail.last, self.tail.last))
        return self.let_out() if self._saved >= self._released else []

    def ack(self, received: OutputNumber) -> bool:
        """All outputs up to this one are seen. More than there are can only be of an earlier life. Whether
        fewer are kept now."""
        kept = self.tail.unacked
        if received <= self.tail.last:
            self.tail.ack(received)
        return self.tail.unacked < kept

    def resume(self, received: OutputNumber) -> list[Frame]:
        """The gateway has all up to `received`, and will have what follows: what to send it now."""
        try:
            frames: Sequence[Frame] = self.tail.resume(received)
        except PositionAhead:
            # It has seen numbers that are not known here, as after a database that was set back by hand.
            # What is kept here it has, or can never have; what comes is numbered past all that it knows.
            self._renew(self.tail.snapshot())
            frames = self.tail.resume(received)
        return [frame for frame in frames if not self._is_kept_back or self._precedes(frame)]

    def mend(self) -> None:
        """Something that was to be sent could not be: replace it, before the gateway asks for it again."""
        tail = self.tail.snapshot()
        if (better := mended(tail)) is not tail:
            self._renew(better)

    def _renew(self, tail: TailRecord) -> None:
        """Go on with this tail; its numbers are agreed upon anew when the session is claimed again."""
        self.tail = OutputTail(self.session, tail)

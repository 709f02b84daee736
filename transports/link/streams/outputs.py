"""The output stream of one session: everything the world shows arrives once, in order.

The world numbers each output and keeps it until the gateway has it (`OutputTail`); the gateway drops
what it has seen (`OutputInbox`). Acks are cumulative. The tail is bounded: what no longer fits is named
as a gap (`OutputsMissed`), never dropped in silence.

A world that starts goes on from its checkpoint, while the gateway may have outputs of the dead one with
higher numbers; at the first contact the tail takes its new outputs past them (`OutputTail.resume`), so a
number means one thing only. A gateway that has just begun as well knows of none, but a page behind it may:
then all numbers leap past whatever that has. What commands that run again show again is hidden by `replays`.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from transports.link.errors import PositionAhead
from transports.link.protocol import (
    CommandNumber,
    Compact,
    Multicast,
    Output,
    OutputBody,
    OutputNumber,
    OutputsMissed,
    SessionId,
)
from transports.link.streams.commands import Arrival

# Outputs of one session kept for a gateway that does not acknowledge: what a player can scroll back through
# after a cut. An acknowledging gateway leaves a handful here.
TAIL_LIMIT = 512

# Outputs let go at once when the tail is full: a cut link must not cost a memory move for each output.
_TRIM = 64

# One entry of a tail: cause, body, origin. All sessions that see a multicast share one.
Entry: TypeAlias = tuple[CommandNumber, OutputBody, SessionId]

# The tail's numbers are agreed with the gateway.
_AGREED = -1

# More outputs than one session is sent between a checkpoint and the death of its world; a page counts up to
# 2^53, which leaves room for more than eight thousand million such deaths.
_LEAP = 1 << 20


class TailRecord(Compact, frozen=True):
    """A tail as a checkpoint holds it. The gateway may know outputs after `agreed` by other numbers."""

    last: OutputNumber
    agreed: OutputNumber
    entries: tuple[Entry, ...] = ()


class OutputTail:
    """The world's side. `last` is the last number given, `acked` the last one known to have arrived."""

    __slots__ = ("_agreed", "_entries", "_shifted", "_shifted_to", "acked", "last", "session")

    def __init__(self, session: SessionId, restored: TailRecord | None = None) -> None:
        """Empty for a new session, or as `snapshot` gave it to the last checkpoint."""
        self.session = session
        self._entries: list[Entry] = list(restored.entries) if restored else []
        self.last: OutputNumber = restored.last if restored else 0
        self.acked: OutputNumber = self.last - len(self._entries)
        self._agreed: OutputNumber = restored.agreed if restored else _AGREED
        # The gateway counts what it has up to this number by numbers that are less by so much.
        self._shifted = 0
        self._shifted_to: OutputNumber = 0

    @property
    def unacked(self) -> int:
        """How many outputs are kept."""
        return len(self._entries)

    def append(self, cause: CommandNumber, body: OutputBody, origin: SessionId = 0) -> OutputNumber:
        """Give the output a number and keep it."""
        entries = self._entries
        entries.append((cause, body, origin))
        if len(entries) > TAIL_LIMIT:
            del entries[:_TRIM]
        self.last = number = self.last + 1
        return number

    def output(self, cause: CommandNumber, body: OutputBody, origin: SessionId = 0) -> Output:
        """`append`, and the frame to send."""
        return Output(self.session, self.append(cause, body, origin), cause, body, origin)

    def ack(self, number: OutputNumber) -> None:
        """All outputs up to `number` have arrived. Raises PositionAhead if that many were never given."""
        if number < self._shifted_to:
            number = min(number + self._shifted, self._shifted_to)
        if number <= self.acked:
            return
        if number > self.last:
            raise PositionAhead(number, self.last)
        self.acked = number
        kept = self.last - number
        entries = self._entries
        if kept < len(entries):
            del entries[: len(entries) - kept]

    def snapshot(self) -> TailRecord:
        """What a checkpoint holds. It takes references only, so it is quick."""
        agreed = self.last if self._agreed == _AGREED else self._agreed
        return TailRecord(self.last, agreed, tuple(self._entries))

    def resume(self, received: OutputNumber) -> list[Output | OutputsMissed]:
        """The gateway has all up to `received`: the frames to send it now, in order.

        What it has is kept all the same: a client may not have it yet, and the gateway may die with it. What
        need not be kept it says by `ack`. The first time after a restart `received` may be past the
        checkpoint: then the outputs that were made since take the numbers after it. If it is 0, all take
        numbers that the dead world cannot have given. Raises PositionAhead if it claims more than that.
        """
        if received < self._shifted_to:
            # Another life of the gateway, which has never counted otherwise.
            self._shifted = self._shifted_to = 0
        if self._agreed != _AGREED:
            self._renumber(received)
        elif received > self.last:
            raise PositionAhead(received, self.last)
        frames: list[Output | OutputsMissed] = []
        session = self.session
        first = self.last - len(self._entries) + 1
        if received < self.acked:
            # An earlier life of this gateway had them; the new one must know where to begin.
            frames.append(OutputsMissed(session, received + 1, self.acked, acknowledged=True))
        begin = max(received, self.acked) + 1
        if first > begin:
            frames.append(OutputsMissed(session, begin, first - 1))
        frames += [
            Output(session, number, cause, body, origin)
            for number, (cause, body, origin) in enumerate(self._entries, first)
            if number >= begin
        ]
        return frames

    def _renumber(self, received: OutputNumber) -> None:
        agreed, self._agreed = self._agreed, _AGREED
        # A world that died with nothing saved had leapt as well: what it has sent of this checkpoint is known
        # by those numbers.
        if received == 0 or self.acked + _LEAP <= received <= agreed + _LEAP:
            self._shift(_LEAP)
        elif received > agreed:
            # All that is kept moves up together, so that it stays in one piece. Nobody may have seen it yet.
            self._shifted, self._shifted_to = received - agreed, received
            self._shift(self._shifted)

    def _shift(self, by: int) -> None:
        self.last += by
        self.acked += by


def multicast(
    tails: Sequence[OutputTail], cause: CommandNumber, body: OutputBody, origin: SessionId = 0
) -> Multicast:
    """One body for many sessions: `append` for each, written out as it is the hottest loop; and the frame."""
    entry = (cause, body, origin)
    sessions = [tail.session for tail in tails]
    numbers = []
    for tail in tails:
        entries = tail._entries
        entries.append(entry)
        if len(entries) > TAIL_LIMIT:
            del entries[:_TRIM]
        tail.last = number = tail.last + 1
        numbers.append(number)
    return Multicast(sessions, numbers, cause, body, origin)


class OutputInbox:
    """The gateway's side. `answered` is the last command whose Performed the client has been given."""

    __slots__ = ("acked", "answered", "received")

    def __init__(self, received: OutputNumber = 0, answered: CommandNumber = 0) -> None:
        self.received = self.acked = received
        self.answered = answered

    def arrive(self, number: OutputNumber) -> Arrival:
        """NEXT: show it. DUPLICATE: drop it. GAP: drop it and ask to Resend after `received`."""
        expected = self.received + 1
        if number == expected:
            self.received = number
            return Arrival.NEXT
        return Arrival.DUPLICATE if number < expected else Arrival.GAP

    def skip(self, missed: OutputsMissed) -> Arrival:
        """Outputs that will not come. NEXT: go on after them; say so to the client unless acknowledged."""
        if missed.last <= self.received:
            return Arrival.DUPLICATE
        if missed.first > self.received + 1:
            return Arrival.GAP
        self.received = missed.last
        return Arrival.NEXT


def arrivals(
    inboxes: Mapping[SessionId, OutputInbox], frame: Multicast
) -> tuple[list[SessionId], list[SessionId]]:
    """`OutputInbox.arrive` for a whole multicast: the sessions to show it to, and those with a gap before it.

    Sessions that are not here any more are left out.
    """
    get = inboxes.get
    show: list[SessionId] = []
    gaps: list[SessionId] = []
    for session, number in zip(frame.sessions, frame.numbers, strict=False):
        inbox = get(session)
        if inbox is None:
            continue
        expected = inbox.received + 1
        if number == expected:
            inbox.received = number
            show.append(session)
        elif number > expected:
            gaps.append(session)
    return show, gaps

"""The output stream of one session: everything the world shows arrives once, in order.

The world numbers each output and keeps it until the gateway has it (`OutputTail`); the gateway drops
what it has seen (`OutputInbox`). Acks are cumulative. The tail is bounded: what no longer fits is named
as a gap (`OutputsMissed`), never dropped in silence.

After a world crash two things meet. *Numbers*: the new world goes on from its checkpoint, while the gateway
may have outputs of the dead one with higher numbers; at the first contact the tail takes its new outputs past
them (`OutputTail.resume`), so a number means one thing only. A gateway that has just begun as well knows of
none, but a page behind it may: then all numbers leap past whatever that has. *Content*: commands after the
checkpoint run again, and make their outputs again; `Replays` knows up to which command of each session the
clients have had the answer, and what they have seen of a command whose answer died with the world.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from transports.link.errors import PositionAhead
from transports.link.protocol import (
    Acks,
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


def acks(inboxes: Mapping[SessionId, OutputInbox]) -> Acks | None:
    """What arrived and is not acknowledged yet, of all sessions, or None. For a tick, not for each output."""
    news = {session: inbox.received for session, inbox in inboxes.items() if inbox.received != inbox.acked}
    for session, number in news.items():
        inboxes[session].acked = number
    return Acks(news) if news else None


class Replays:
    """Which answers the clients of this gateway have had from worlds that died.

    Begun for each session at the Welcome of a new world. An answer can come again in three ways: the new
    world runs the command again, or it sends the tail that a checkpoint held, perhaps after one more crash,
    or it sends to somebody who was late what others have done meanwhile. So the entry of a session stays as
    long as its character does: what comes later has greater numbers.
    Also covers what *others* in the room saw of a command: `origin` names the session that gave it. What they
    see comes before the answer; if the world died between the two, the command is not answered, and yet seen.
    So what came of the command that a session waits for is counted for each who saw it (`saw`), and so many
    outputs are hidden from each when it runs again: a command falls the same way each time.

    While a session is *behind*, which is until the last command that was answered has run again, what the new
    world says of where it stands is of the past.
    """

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

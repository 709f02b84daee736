"""The streams of all sessions of one world, and which gateway each belongs to. Pure.

A session outlives the connection of its gateway: its outputs wait, and flow when a connection of that
gateway claims it. Sessions are restored from a checkpoint in the same way, as sessions that nobody has
claimed yet.

One whose gateway did not come back in time is closed like one that has ended, and yet its gateway may come:
what had been run for it then is not run again (`Stand`).

Invariants: a session has one peer, or is in the list of those that wait for one, or ends with its client;
what an output's number is depends on nothing but the order in which outputs were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from actors.world_link.session_streams import NOWHERE, SessionStreams, StreamPoint
from transports.link.interface import Peer
from transports.link.protocol import (
    CharacterId,
    CharacterReleased,
    CommandNumber,
    EntityId,
    Frame,
    Multicast,
    OutputBody,
    OutputNumber,
    Performed,
    Positions,
    QueueStatistics,
    RequestId,
    SessionId,
)
from transports.link.streams import OutputTail, TailRecord, multicast
from wyld_actors import Ref

__all__ = ["SessionStreams", "StreamPoint", "StreamTable"]

Position = tuple[CommandNumber, CommandNumber]


# Sessions that were given up: all players of a large gateway.
_GIVEN_UP_LIMIT = 16_384


class Stand(NamedTuple):
    """Where the commands of a session stood when it was closed: see `CommandInbox`, and the client's line."""

    applied: CommandNumber
    durable: CommandNumber
    line: int


class StreamTable:
    """All sessions of one world."""

    def __init__(self) -> None:
        self._sessions: dict[SessionId, SessionStreams] = {}
        # Sessions that are not as the last snapshot had them.
        self._touched: set[SessionId] = set()
        # Since when each of these waits for a gateway; the longest waiting first.
        self._unclaimed: dict[SessionId, float] = {}
        # Since when the gateway of each of these is not told that it is out of play, in the same order.
        self._kept_back: dict[SessionId, float] = {}
        # Of sessions that nobody has claimed in time, and that are closed by now.
        self._given_up: dict[SessionId, Stand] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[SessionStreams]:
        return iter(self._sessions.values())

    def get(self, session: SessionId) -> SessionStreams | None:
        """The streams of a session, if there is one."""
        return self._sessions.get(session)

    # Coming and going ----------------------------------------------------------------------------------

    def open(self, session: SessionId, now: float, *, applied: CommandNumber = 0) -> SessionStreams:
        """A session is about to play: a new one goes on after `applied`. Its outputs wait until it is
        claimed."""
        streams = self._sessions.get(session)
        if streams is None:
            streams = self._sessions[session] = self._begun(session, applied)
        streams.is_lost = False
        self._wait(streams, now)
        return streams

    def _begun(self, session: SessionId, applied: CommandNumber) -> SessionStreams:
        stood = self._given_up.pop(session, None)
        if stood is None or stood.applied < applied:
            return SessionStreams(session, applied)
        # Its gateway knows only what was durable when it was cut off.
        streams = SessionStreams(session, stood.applied, line=stood.line)
        streams.inbox.durable = streams.told = max(stood.durable, applied)
        return streams

    def restore(
        self, session: SessionId, applied: CommandNumber, tail: TailRecord | None, now: float, line: int = 0
    ) -> SessionStreams:
        """A session as a checkpoint had it. Nobody has claimed it yet."""
        streams = self._sessions[session] = SessionStreams(session, applied, tail, line)
        self._wait(streams, now)
        return streams

    def play(self, session: SessionId, ref: Ref | None, character: EntityId, number: CharacterId = 0) -> None:
        """From now on `ref` takes the lines of the session, which plays `character` ("" for nobody)."""
        streams = self._sessions.get(session)
        if streams is not None:
            streams.ref, streams.character, streams.number = ref, character, number
            self._touched.add(session)

    def leave_play(self, session: SessionId) -> None:
        """The session plays nobody now. Lines it had not begun are for others."""
        streams = self._sessions.get(session)
        if streams is not None:
            self.play(session, None, "")
            streams.give_back()

    def release(self, session: SessionId, body: CharacterReleased, now: float) -> None:
        """The session plays nobody now, and its gateway is to hear that: when it is saved (`saved`), or has
        waited for too long (`overdue`)."""
        streams = self._sessions.get(session)
        if streams is not None:
            self.leave_play(session)
            streams.release(body)
            self._kept_back.pop(session, None)
            self._kept_back[session] = now

    def overdue(self, now: float, limit_seconds: float) -> list[tuple[Peer, Frame]]:
        """What waits for a checkpoint that does not come: to be sent all the same."""
        over = []
        for session, since in self._kept_back.items():
            if now - since < limit_seconds:
                break
            over.append(session)
        frames: list[tuple[Peer, Frame]] = []
        for session in over:
            del self._kept_back[session]
            streams = self._sessions.get(session)
            if streams is not None:
                frames += _to_reader(streams, streams.let_out())
        return frames

    def lose(self, session: SessionId) -> None:
        """What a checkpoint says of the session cannot be brought back: let its gateway select again."""
        streams = self._sessions.get(session)
        if streams is not None:
            streams.is_lost = True

    def close(self, session: SessionId) -> None:
        """Forget a session, here and in the next checkpoint."""
        self._touched.add(session)
        self._unclaimed.pop(session, None)
        self._kept_back.pop(session, None)
        streams = self._sessions.pop(session, None)
        if streams is not None and streams.is_given_up:
            inbox = streams.inbox
            self._given_up[session] = Stand(inbox.applied, inbox.durable, streams.lines.passed)
            if len(self._given_up) > _GIVEN_UP_LIMIT:
                del self._given_up[next(iter(self._given_up))]

    def touch(self, session: SessionId) -> None:
        """Have the session in the next snapshot, whatever has become of it."""
        self._touched.add(session)

    # Outputs -------------------------------------------------------------------------------------------

    def emit(self, session: SessionId, cause: CommandNumber, body: OutputBody) -> list[tuple[Peer, Frame]]:
        """Number one output. What to send: nothing while nobody has claimed the session."""
        streams = self._sessions.get(session)
        if streams is None:
            return []
        self._touched.add(session)
        return _to_reader(streams, [streams.emit(cause, body)])

    def emit_to_many(
        self, sessions: Sequence[SessionId], cause: CommandNumber, body: OutputBody, origin: SessionId
    ) -> list[tuple[Peer, Multicast]]:
        """Number one output for many sessions: what to send, once for each gateway."""
        by_peer: dict[Peer | None, list[OutputTail]] = {}
        get, touch = self._sessions.get, self._touched.add
        for session in sessions:
            streams = get(session)
            if streams is None:
                continue
            touch(session)
            tails = by_peer.get(streams.reader)
            if tails is None:
                by_peer[streams.reader] = [streams.tail]
            else:
                tails.append(streams.tail)
        frames = [(peer, multicast(tails, cause, body, origin)) for peer, tails in by_peer.items()]
        return [(peer, frame) for peer, frame in frames if peer is not None]

    def performed(self, session: SessionId, done: Performed) -> list[tuple[Peer, Frame]]:
        """Command `done.number` is complete: count it, and tell the gateway in the output stream."""
        streams = self._sessions.get(session)
        if streams is None:
            return []
        self._touched.add(session)
        return _to_reader(streams, streams.performed(done))

    # Gateways ------------------------------------------------------------------------------------------

    def ack(self, peer: Peer, received: Mapping[SessionId, OutputNumber]) -> None:
        """A gateway has these outputs of sessions of its own."""
        for session, number in received.items():
            streams = self._sessions.get(session)
            if streams is not None and streams.peer == peer and streams.ack(number):
                self._touched.add(session)

    def claim(
        self, peer: Peer, received: Mapping[SessionId, OutputNumber], life: str = ""
    ) -> tuple[dict[SessionId, Position], list[Frame]]:
        """A connection says which sessions are its own and what they have: their positions, and what they
        have missed. `life` is the life of the gateway behind it.

        A session that is over, or lost, is not known any more; nor is one that plays nobody and has had its
        last words. Its gateway may have begun another stay of it, of which a world that went back to a
        checkpoint knows nothing: so it is to select again.
        """
        positions: dict[SessionId, Position] = {}
        missed: list[Frame] = []
        for session, number in received.items():
            streams = self._sessions.get(session)
            if streams is None or streams.is_lost or streams.is_ending:
                continue
            news = streams.resume(number)
            if streams.ref is None and not news and not streams.is_kept_back:
                continue
            streams.belongs_to(peer)
            self._unclaimed.pop(session, None)
            positions[session] = streams.position_for(life)
            streams.told = streams.inbox.durable
            missed += news
        return positions, missed

    def lines(self, sessions: Iterable[SessionId]) -> dict[SessionId, int]:
        """The highest number of a client's line that has come, for each of the sessions that has such."""
        return {
            session: streams.lines.last
            for session in sessions
            if (streams := self._sessions.get(session)) is not None and streams.lines.last
        }

    def leave(self, peer: Peer, now: float) -> list[SessionId]:
        """A connection is gone: its sessions wait for the next one. Which they are."""
        left = [streams for streams in self._sessions.values() if streams.peer == peer]
        for streams in left:
            self._wait(streams, now)
        return [streams.session for streams in left]

    def abandoned(self, now: float, grace_seconds: float) -> list[SessionStreams]:
        """The sessions that nobody has claimed for so long. Each is told once."""
        over = []
        for session, since in self._unclaimed.items():
            if now - since < grace_seconds:
                break
            over.append(session)
        for session in over:
            del self._unclaimed[session]
        given_up = [self._sessions[session] for session in over]
        for streams in given_up:
            streams.is_given_up = True
        return given_up

    def count(self, peer: Peer | None) -> QueueStatistics:
        """What waits for the sessions of this connection; nothing, if there is none."""
        own = [] if peer is None else [streams for streams in self if streams.peer == peer]
        return QueueStatistics(
            len(own),
            sum(streams.inbox.received - streams.inbox.applied for streams in own),
            sum(streams.inbox.applied - streams.inbox.durable for streams in own),
            sum(streams.tail.unacked for streams in own),
        )

    def forget_arrivals(self) -> None:
        """Lines may have come and not been handed on: let the gateways send again what is not applied."""
        for streams in self._sessions.values():
            streams.forget_arrivals()

    def mend(self, peer: Peer) -> None:
        """Something for the sessions of this peer could not be sent. It has to come in again."""
        for streams in self._sessions.values():
            if streams.peer == peer:
                streams.mend()

    def selected_by(self, client: str, request: RequestId) -> SessionStreams | None:
        """The session that this request of a gateway brought into play."""
        key = (client, request)
        return next((one for one in self._sessions.values() if one.selected_by == key), None)

    def _wait(self, streams: SessionStreams, now: float) -> None:
        streams.belongs_to(None)
        # To the end of the line, which is ordered by time.
        self._unclaimed.pop(streams.session, None)
        self._unclaimed[streams.session] = now

    # Checkpoints ---------------------------------------------------------------------------------------

    def snapshot(self) -> dict[SessionId, StreamPoint]:
        """Where the sessions stand that have moved since the last snapshot. References only, so it is quick.

        Acknowledged outputs are a move: a gateway that was killed as well does not know what it has shown,
        and what a checkpoint holds too much would be shown again.
        """
        touched, self._touched = self._touched, set()
        sessions = self._sessions
        return {
            session: NOWHERE if (streams := sessions.get(session)) is None else streams.point()
            for session in touched
        }

    def point(self, session: SessionId) -> StreamPoint:
        """Where one session stands."""
        streams = self._sessions.get(session)
        return NOWHERE if streams is None else streams.point()

    def saved(self, points: Mapping[SessionId, StreamPoint]) -> list[tuple[Peer, Frame]]:
        """A checkpoint is written. What to send: to each gateway which of its commands are durable now, then
        what waited for that."""
        news: dict[Peer, dict[SessionId, Position]] = {}
        waited: list[tuple[Peer, Frame]] = []
        for session, point in points.items():
            streams = self._sessions.get(session)
            if streams is None or streams.life != point.life:
                continue
            waited += _to_reader(streams, streams.save(point))
            if not streams.is_kept_back:
                self._kept_back.pop(session, None)
            if streams.peer is not None and streams.told != streams.inbox.durable:
                streams.told = streams.inbox.durable
                news.setdefault(streams.peer, {})[session] = streams.inbox.position
        return [*((peer, Positions(positions)) for peer, positions in news.items()), *waited]


def _to_reader(streams: SessionStreams, frames: Sequence[Frame]) -> list[tuple[Peer, Frame]]:
    reader = streams.reader
    return [] if reader is None else [(reader, frame) for frame in frames]

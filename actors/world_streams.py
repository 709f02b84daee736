"""What the world knows of every session's two streams, and which gateway it belongs to. Pure.

Commands come in by number and are applied in order; outputs get their numbers here and are kept until
the gateway has them. A session outlives the connection of its gateway: its outputs wait, and flow when a
connection of that gateway claims it. Sessions are restored from a checkpoint in the same way, as sessions
that nobody has claimed yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from transports.link.interface import Peer
from transports.link.protocol import (
    CommandNumber,
    EntityId,
    Frame,
    Multicast,
    Output,
    OutputBody,
    OutputNumber,
    Performed,
    Positions,
    SessionId,
)
from transports.link.streams import CommandInbox, OutputTail, TailRecord, multicast
from wyld_actors import Ref

__all__ = ["SessionStreams", "StreamPoint", "StreamTable"]


class StreamPoint(NamedTuple):
    """Where a session stood: its last applied command, and the outputs its gateway may not have."""

    applied: CommandNumber
    tail: TailRecord
    character: EntityId


# Of a session that is closed.
NOWHERE = StreamPoint(0, TailRecord(0, 0), "")


class SessionStreams:
    """One session. `peer` is the connection that has claimed it, None while there is none."""

    __slots__ = (
        "character",
        "inbox",
        "is_ending",
        "peer",
        "ref",
        "session",
        "tail",
        "told",
        "unclaimed_since",
    )

    def __init__(
        self, session: SessionId, ref: Ref | None, applied: CommandNumber, tail: TailRecord | None
    ) -> None:
        self.session = session
        self.ref = ref
        # The character that the session plays, "" while it plays none.
        self.character: EntityId = ""
        self.inbox = CommandInbox(applied)
        self.tail = OutputTail(session, tail)
        self.peer: Peer | None = None
        self.unclaimed_since: float | None = None
        # The session is over: its streams go when its character is out of play.
        self.is_ending = False
        # The durable number that the gateway was last told.
        self.told = applied


class StreamTable:
    """All sessions of one world."""

    def __init__(self) -> None:
        self._sessions: dict[SessionId, SessionStreams] = {}
        # Sessions that are not as the last snapshot had them.
        self._touched: set[SessionId] = set()

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[SessionStreams]:
        return iter(self._sessions.values())

    def get(self, session: SessionId) -> SessionStreams | None:
        """The streams of a session, if there is one."""
        return self._sessions.get(session)

    def open(
        self,
        session: SessionId,
        ref: Ref | None,
        *,
        peer: Peer | None = None,
        applied: CommandNumber = 0,
        tail: TailRecord | None = None,
    ) -> SessionStreams:
        """Take up a session: a new one, or one that a checkpoint had."""
        streams = self._sessions.get(session)
        if streams is None:
            streams = self._sessions[session] = SessionStreams(session, ref, applied, tail)
        streams.ref = ref
        if peer is not None:
            streams.peer, streams.unclaimed_since = peer, None
        return streams

    def close(self, session: SessionId) -> SessionStreams | None:
        """Forget a session."""
        self._touched.add(session)
        return self._sessions.pop(session, None)

    def play(self, session: SessionId, ref: Ref | None, character: EntityId) -> None:
        """From now on `ref` takes the lines of the session, which plays `character` ("" for nobody)."""
        streams = self._sessions.get(session)
        if streams is not None:
            streams.ref, streams.character = ref, character
            self._touched.add(session)

    def ack(self, peer: Peer, received: Mapping[SessionId, OutputNumber]) -> None:
        """A gateway has these outputs of sessions of its own."""
        for session, number in received.items():
            streams = self._sessions.get(session)
            if streams is not None and streams.peer == peer:
                streams.tail.ack(number)

    # Outputs ------------------------------------------------------------------------------------------

    def emit(self, session: SessionId, cause: CommandNumber, body: OutputBody) -> tuple[Peer, Frame] | None:
        """Number one output. What to send, or None while nobody has claimed the session."""
        streams = self._sessions.get(session)
        if streams is None:
            return None
        self._touched.add(session)
        number = streams.tail.append(cause, body)
        if streams.peer is None:
            return None
        return streams.peer, Output(session, number, cause, body)

    def emit_to_many(
        self, sessions: Sequence[SessionId], cause: CommandNumber, body: OutputBody, origin: SessionId
    ) -> list[tuple[Peer, Multicast]]:
        """Number one output for many sessions: what to send, once for each gateway."""
        self._touched.update(sessions)
        by_peer: dict[Peer | None, list[OutputTail]] = {}
        get = self._sessions.get
        for session in sessions:
            streams = get(session)
            if streams is not None:
                tails = by_peer.get(streams.peer)
                if tails is None:
                    by_peer[streams.peer] = [streams.tail]
                else:
                    tails.append(streams.tail)
        frames = [(peer, multicast(tails, cause, body, origin)) for peer, tails in by_peer.items()]
        return [(peer, frame) for peer, frame in frames if peer is not None]

    def performed(self, session: SessionId, done: Performed) -> tuple[Peer, Frame] | None:
        """Command `done.number` is complete: count it, and tell the gateway in the output stream."""
        streams = self._sessions.get(session)
        if streams is None:
            return None
        # After a crash of the link a line may be done that came to an earlier incarnation of it.
        streams.inbox.received = max(streams.inbox.received, done.number)
        streams.inbox.apply(done.number)
        return self.emit(session, done.number, done)

    # Gateways -------------------------------------------------------------------------------------------

    def claim(
        self, peer: Peer, received: Mapping[SessionId, OutputNumber]
    ) -> tuple[dict[SessionId, tuple[CommandNumber, CommandNumber]], list[Frame]]:
        """A connection says which sessions are its own and what they have: their positions, and what they
        have missed."""
        positions = {}
        missed: list[Frame] = []
        for session, number in received.items():
            streams = self._sessions.get(session)
            if streams is None:
                continue
            streams.peer, streams.unclaimed_since = peer, None
            positions[session] = streams.inbox.position
            streams.told = streams.inbox.durable
            missed += streams.tail.resume(number)
        return positions, missed

    def leave(self, peer: Peer, now: float) -> list[SessionId]:
        """A connection is gone: its sessions wait for the next one. Which they are."""
        left = [streams for streams in self._sessions.values() if streams.peer == peer]
        for streams in left:
            streams.peer, streams.unclaimed_since = None, now
        return [streams.session for streams in left]

    def forget_arrivals(self) -> None:
        """Lines may have come and not been handed on: let the gateways send again what is not applied.

        The world sessions ignore what they have.
        """
        for streams in self._sessions.values():
            streams.inbox.received = streams.inbox.applied

    def abandoned(self, now: float, grace_seconds: float) -> list[SessionStreams]:
        """The sessions that nobody has claimed for so long."""
        return [
            streams
            for streams in self._sessions.values()
            if streams.unclaimed_since is not None and now - streams.unclaimed_since >= grace_seconds
        ]

    # Checkpoints -----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[SessionId, StreamPoint]:
        """Where the sessions stand that have moved since the last snapshot. References only, so it is quick.

        Acknowledged outputs alone are no move: what is restored too much is not shown twice.
        """
        touched, self._touched = self._touched, set()
        return {session: self._point(session) for session in touched}

    def _point(self, session: SessionId) -> StreamPoint:
        streams = self._sessions.get(session)
        if streams is None:
            return NOWHERE
        return StreamPoint(streams.inbox.applied, streams.tail.snapshot(), streams.character)

    def saved(self, applied: Iterable[tuple[SessionId, CommandNumber]]) -> dict[Peer, Positions]:
        """A checkpoint is written: what to tell each gateway of the commands that are durable now."""
        news: dict[Peer, dict[SessionId, tuple[CommandNumber, CommandNumber]]] = {}
        for session, number in applied:
            streams = self._sessions.get(session)
            if streams is None:
                continue
            streams.inbox.save(number)
            if streams.peer is not None and streams.told != streams.inbox.durable:
                streams.told = streams.inbox.durable
                news.setdefault(streams.peer, {})[session] = streams.inbox.position
        return {peer: Positions(positions) for peer, positions in news.items()}

"""The world's end of the link, as an actor: gateways come in, lines go to the sessions, outputs go out.

What must outlast a crash of this actor is in `WorldLinkState`. Gateways notice a crash as a connection that
breaks: they come in again, say what they have, and their frames of that moment are sent again. So nothing
that a handler had begun is lost, and the numbers see to it that nothing counts twice.

It is made of parts, of which each builds on the one before: the sessions' side (`outlet`), who is let in
(`door`), what gateways ask (`serving`), and here lines, holds and the end.

It is the last to open (`door`) and the first to close: lines stay outside from then on, what is under way is
finished, and the gateways are told that the world stops.
"""

from __future__ import annotations

import logging
from functools import partial

from actors.world.session import Line, RepeatedLine
from actors.world_link.gateways import Gateway
from actors.world_link.messages import (
    CountQueues,
    FramesArrived,
    GetLinkStatus,
    Hold,
    LinkStatus,
    Release,
    WrittenCheckpoint,
)
from actors.world_link.serving import RequestArrived, Serving
from actors.world_link.state import WorldLinkOptions, WorldLinkState
from transports.link import protocol as wire
from transports.link.interface import Peer
from transports.link.streams import Arrival
from wyld_actors import Context, ExitReason, Message, Ref, StopRequested, every, on

__all__ = ["WorldLink"]

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
# A checkpoint holds the link for milliseconds. A hold that lasts longer has lost its keeper.
HOLD_SECONDS = 1.0
# Frames that are kept during a hold: what a busy gateway sends in that time, a hundred times over.
HOLD_FRAMES = 50_000
# For a player to come back to the menu while nothing can be saved; a checkpoint takes a tenth of that. What
# such a player had done since the last one is lost if the world is killed before the next.
RELEASE_SECONDS = 2.0
# For what is under way when the world stops; as long as a checkpoint waits for quiet, five times over.
DRAIN_SECONDS = 0.25
# For the last words to leave the socket, which is closed without waiting.
FAREWELL_SECONDS = 0.05


class Drained(Message, frozen=True):
    """To oneself: what was under way when the stop came is done, or has had its time."""


class Finish(Message, frozen=True):
    """To oneself: the last words have left."""


class WorldLink(Serving):
    """See the module."""

    def __init__(self, options: WorldLinkOptions, state: WorldLinkState) -> None:
        super().__init__(options, state)
        self._held: list[FramesArrived] | None = None
        self._held_frames = 0
        self._held_since = 0.0
        self._ends_with: ExitReason | None = None

    # Frames of gateways ---------------------------------------------------------------------------------

    @on(FramesArrived)
    def frames_arrived(self, ctx: Context, arrived: FramesArrived) -> None:
        """Everything a gateway sent in one turn of its loop."""
        if arrived.incarnation != ctx.incarnation:
            return
        peer = arrived.peer
        gateway = self._gateways.get(peer)
        if gateway is not None:
            gateway.liveness.heard(ctx.now)
        if self._held is not None:
            self._keep(ctx, arrived)
            return
        asked: set[wire.SessionId] = set()
        for frame in arrived.frames:
            if isinstance(frame, wire.Hello | wire.Confirm):
                self._handshake(ctx, peer, frame)
                gateway = self._gateways.get(peer)
            elif gateway is None:
                self._show_out(peer, wire.DisconnectReason.PROTOCOL_VIOLATED, "say Hello first")
                return
            elif isinstance(frame, wire.Command):
                self._command(peer, frame, asked)
            else:
                self._other(ctx, peer, gateway, frame)

    def _command(self, peer: Peer, command: wire.Command, asked: set[wire.SessionId]) -> None:
        session, number = command.session, command.number
        streams = self._own(peer, session)
        if streams is None or streams.ref is None:
            return
        inbox = streams.inbox
        if number > inbox.applied + self._options.credit:
            # More than it may send: it will send it again.
            return
        arrival = inbox.arrive(number)
        if arrival is Arrival.NEXT:
            if command.client and streams.is_repeated(number, command.client):
                streams.ref.tell(RepeatedLine(number))
            else:
                streams.ref.tell(Line(number, command.text))
        elif arrival is Arrival.GAP and session not in asked:
            # Once for each batch: all that follows in it is beyond the gap as well.
            asked.add(session)
            self._send(peer, wire.Resend(session, inbox.received))

    def _other(self, ctx: Context, peer: Peer, gateway: Gateway, frame: wire.Frame) -> None:
        match frame:
            case wire.Acks(outputs):
                self._streams.ack(peer, outputs)
            case wire.Heartbeat():
                gateway.liveness.received(frame, ctx.now)
            case wire.Request():
                ctx.ref.tell(RequestArrived(peer, frame))
            case wire.Cancel(request):
                self._cancel(gateway, frame, request)
            case wire.Resend(session, after):
                if streams := self._own(peer, session):
                    for output in streams.resume(after):
                        self._send(peer, output)
            case wire.Claim(sessions):
                self._claim(peer, gateway, sessions)
            case wire.SessionsEnded(number):
                self._link.endings.heard(gateway.name, number)
            case wire.Goodbye():
                self._take_leave(peer, gateway, frame)
            case _:
                logger.warning("link: gateway %s sent %s", gateway.name, type(frame).__name__)

    @every(seconds=TICK_SECONDS)
    def look_around(self, ctx: Context) -> None:
        """Beat, notice silence, and let go of what nobody comes back for."""
        now = ctx.now
        self._beat(now)
        for peer, frame in self._streams.overdue(now, RELEASE_SECONDS):
            self._send(peer, frame)
        for streams in self._streams.abandoned(now, self._options.gateway_grace_seconds):
            logger.info("session %s is given up: its gateway did not come back", streams.session)
            self._end_session(streams)
        self._answer_overdue(now)
        if self._held is not None and self._ends_with is None and now - self._held_since > HOLD_SECONDS:
            logger.error("link: held for more than %s s; it goes on", HOLD_SECONDS)
            self._let_in(ctx)

    # Checkpoints, and the end ---------------------------------------------------------------------------

    @on(Hold)
    def hold(self, ctx: Context, message: Hold) -> None:
        """Keep out what comes."""
        if self._held is None:
            self._held, self._held_frames, self._held_since = [], 0, ctx.now

    def _keep(self, ctx: Context, arrived: FramesArrived) -> None:
        assert self._held is not None
        if self._ends_with is not None:
            # Nothing else comes in any more; the last checkpoint is to know what need not be shown again.
            for frame in arrived.frames:
                if isinstance(frame, wire.Acks):
                    self._streams.ack(arrived.peer, frame.outputs)
            return
        self._held.append(arrived)
        self._held_frames += len(arrived.frames)
        if self._held_frames > HOLD_FRAMES:
            logger.error("link: %s frames came while it was held; it goes on", self._held_frames)
            self._let_in(ctx)

    @on(Release)
    def release(self, ctx: Context, message: Release) -> None:
        """Let in what came."""
        if self._ends_with is None:
            self._let_in(ctx)

    def _let_in(self, ctx: Context) -> None:
        held, self._held = self._held, None
        for arrived in held or ():
            self.frames_arrived(ctx, arrived)

    @on(WrittenCheckpoint)
    def written(self, ctx: Context, message: WrittenCheckpoint) -> None:
        """Tell the gateways which lines they need not keep any more, and who is out of play."""
        for peer, frame in self._streams.saved(message.points):
            self._send(peer, frame)

    @on(StopRequested)
    def begin_to_stop(self, ctx: Context, message: StopRequested) -> None:
        """Nothing comes in any more. What is under way is finished, so that the last checkpoint has it."""
        if self._ends_with is None:
            self._ends_with = message.reason
            self._held = []
            ctx.system.dispatcher.when_idle(partial(_tell_if_alive, ctx.ref, Drained()))
            ctx.after(DRAIN_SECONDS, Drained())

    @on(Drained)
    def say_goodbye(self, ctx: Context, message: Drained) -> None:
        """Tell the gateways, so that they hold their breath at once."""
        if self._ends_with is None:
            return
        for peer in self._gateways.peers():
            self._router.send(peer, wire.Goodbye(wire.DisconnectReason.WORLD_STOPPED))
            self._gateways.forget(peer)
            self._streams.leave(peer, ctx.now)
        ctx.after(FAREWELL_SECONDS, Finish())

    @on(Finish)
    def finish(self, ctx: Context, message: Finish) -> None:
        assert self._ends_with is not None
        ctx.stop(self._ends_with)

    # Operators ------------------------------------------------------------------------------------------

    @on(CountQueues)
    def count_queues(self, ctx: Context, message: CountQueues) -> wire.QueueStatistics:
        """For a gateway whose operator looks."""
        return self._streams.count(self._gateways.peer_of(message.client))

    @on(GetLinkStatus)
    def status(self, ctx: Context, message: GetLinkStatus) -> LinkStatus:
        """For operators."""
        inboxes = [streams.inbox for streams in self._streams]
        return LinkStatus(
            {
                gateway.client: {
                    "state": gateway.liveness.state(ctx.now).value,
                    "round_trip_seconds": gateway.liveness.round_trip_seconds,
                }
                for gateway in self._gateways.all()
            },
            len(inboxes),
            sum(inbox.received - inbox.applied for inbox in inboxes),
            sum(inbox.applied - inbox.durable for inbox in inboxes),
            sum(streams.tail.unacked for streams in self._streams),
            self._router.statistics.peers_refused,
        )


def _tell_if_alive(ref: Ref, message: Message) -> None:
    ref.try_tell(message)

"""The world's end of the link, as an actor: gateways come in, lines go to the sessions, outputs go out.

What must outlast a crash of this actor is in `WorldLinkState`. Gateways notice a crash as a connection that
breaks: they come in again, say what they have, and their frames of that moment are sent again. So nothing
that a handler had begun is lost, and the numbers see to it that nothing counts twice.

It opens when all who were in play are back (`BringBack`), and it is the first to close: lines stay outside
from then on, what is under way is finished, and the gateways are told that the world stops.

A gateway that breaks the protocol, or does not read what it is sent, is shown the door: it comes in again and
begins from numbers that both sides have.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from functools import partial

from actors.world.messages.playing import ClientBack, ClientLost
from actors.world.session import Line, RepeatedLine
from actors.world_link.gateways import Gateway
from actors.world_link.messages import (
    DESK,
    BringBack,
    CountQueues,
    EndAccountSessions,
    FramesArrived,
    GetLinkStatus,
    Hold,
    LinkStatus,
    PeerLost,
    PeerMistaken,
    Release,
    ServeRequest,
    WrittenCheckpoint,
)
from actors.world_link.outlet import WorldOutlet
from actors.world_link.session_streams import SessionStreams
from actors.world_link.state import WorldLinkOptions, WorldLinkState
from transports.link import protocol as wire
from transports.link.complaints import Complaints
from transports.link.errors import EncodingError, HandshakeError, VersionMismatch
from transports.link.handshake import NONCE_BYTES, name_in, refusal, welcome
from transports.link.interface import Peer
from transports.link.requests import Verdict, failure
from transports.link.streams import Arrival
from wyld_actors import Context, ExitReason, Message, Ref, StopRequested, every, on

__all__ = ["WorldLink", "WorldLinkOptions", "WorldLinkState"]

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
# Bringing ten thousand sessions back takes a second or two.
BRING_BACK_SECONDS = 120.0
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


_OfClients = wire.SessionDisconnected | wire.SessionReconnected


class RequestArrived(Message, frozen=True):
    """To oneself: a request of a batch, by itself, so that what happens to another frame is not its end."""

    peer: Peer
    request: wire.Request


class Drained(Message, frozen=True):
    """To oneself: what was under way when the stop came is done, or has had its time."""


class Finish(Message, frozen=True):
    """To oneself: the last words have left."""


class WorldLink(WorldOutlet):
    """See the module."""

    def __init__(self, options: WorldLinkOptions, state: WorldLinkState) -> None:
        super().__init__(state)
        self._options = options
        self._gateways = state.gateways
        self._held: list[FramesArrived] | None = None
        self._held_frames = 0
        self._held_since = 0.0
        self._ends_with: ExitReason | None = None
        self._complaints = Complaints()

    def on_start(self) -> None:
        super().on_start()
        ctx = self.ctx
        # Connections belong to a socket; after a crash the gateways come in again.
        for peer in self._gateways.peers():
            self._gateways.forget(peer)
            self._streams.leave(peer, ctx.now)
        desk = self._desk()
        if not self._link.is_complete and desk is not None:
            ctx.ask(desk, BringBack(), timeout_seconds=BRING_BACK_SECONDS)
        self._link.is_complete = True
        self._router = self._link.open(ctx.ref, ctx.incarnation)

    def on_stop(self) -> None:
        self._link.close()

    def _desk(self) -> Ref | None:
        desk: Ref | None = self.ctx.system.registry.whereis(DESK)
        return desk

    def _send(self, peer: Peer, frame: wire.Frame) -> None:
        if not self._router.send(peer, frame):
            self._show_out(peer, wire.DisconnectReason.SLOW_CLIENT, "you do not read what you are sent")

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
                self._take_leave(ctx, peer, gateway, frame)
            case _:
                logger.warning("link: gateway %s sent %s", gateway.name, type(frame).__name__)

    def _own(self, peer: Peer, session: wire.SessionId) -> SessionStreams | None:
        streams = self._streams.get(session)
        return streams if streams is not None and streams.peer == peer else None

    # Handshake and liveness -----------------------------------------------------------------------------

    def _handshake(self, ctx: Context, peer: Peer, frame: wire.Hello | wire.Confirm) -> None:
        try:
            if isinstance(frame, wire.Hello):
                nonce = secrets.token_bytes(NONCE_BYTES)
                self._send(peer, self._gateways.greet(peer, frame, nonce=nonce))
                return
            admission = self._gateways.admit(peer, frame, ctx.now, self._options.liveness)
        except HandshakeError as error:
            self._refuse(ctx, peer, error)
            return
        if admission.superseded is not None:
            self._forget(admission.superseded)
        for client in admission.former:
            self._link.requests.forget(client)
        known = self._claim(peer, admission.gateway, admission.sessions)
        for ending in self._link.endings.owed(admission.gateway.name):
            self._send(peer, ending)
        logger.info(
            "link: gateway %s is here as %s, %s of its %s sessions known",
            admission.gateway.name, admission.gateway.client, known, len(admission.sessions),
        )  # fmt: skip

    def _claim(
        self, peer: Peer, gateway: Gateway, sessions: Mapping[wire.SessionId, wire.OutputNumber]
    ) -> int:
        """Sessions belong to this connection, as far as they are known. Tell it where they stand; how many
        they are."""
        positions, missed = self._streams.claim(peer, sessions, gateway.client)
        self._send(peer, welcome(self._options.credit, positions, self._streams.lines(positions)))
        for output in missed:
            self._send(peer, output)
        return len(positions)

    @every(seconds=TICK_SECONDS)
    def look_around(self, ctx: Context) -> None:
        """Beat, notice silence, and let go of what nobody comes back for."""
        now = ctx.now
        beats, silent = self._gateways.beat(now)
        for peer, beat in beats:
            self._send(peer, beat)
        for peer in silent:
            logger.warning("link: a gateway is silent and counts as gone")
            self._forget(peer)
        for peer, frame in self._streams.overdue(now, RELEASE_SECONDS):
            self._send(peer, frame)
        for streams in self._streams.abandoned(now, self._options.gateway_grace_seconds):
            logger.info("session %s is given up: its gateway did not come back", streams.session)
            self._end_session(streams)
        for client, answer in self._link.requests.overdue(now):
            asker = self._gateways.peer_of(client)
            if asker is not None:
                self._send(asker, answer)
        if self._held is not None and self._ends_with is None and now - self._held_since > HOLD_SECONDS:
            logger.error("link: held for more than %s s; it goes on", HOLD_SECONDS)
            self._let_in(ctx)

    @on(PeerLost)
    def peer_lost(self, ctx: Context, lost: PeerLost) -> None:
        """ZeroMQ could not reach it."""
        if lost.incarnation == ctx.incarnation:
            self._forget(lost.peer)

    @on(PeerMistaken)
    def peer_mistaken(self, ctx: Context, mistaken: PeerMistaken) -> None:
        """What it sent is not what it meant to send, or something never arrived: begin anew."""
        if mistaken.incarnation != ctx.incarnation:
            return
        if isinstance(mistaken.error, HandshakeError | VersionMismatch):
            self._forget(mistaken.peer)
            self._refuse(ctx, mistaken.peer, mistaken.error)
            return
        logger.warning("link: %r: %s", mistaken.peer, mistaken.error)
        if self._gateways.get(mistaken.peer) is None:
            return
        if isinstance(mistaken.error, EncodingError):
            self._streams.mend(mistaken.peer)
        self._show_out(mistaken.peer, wire.DisconnectReason.PROTOCOL_VIOLATED, str(mistaken.error))

    def _refuse(self, ctx: Context, peer: Peer, error: HandshakeError | VersionMismatch) -> None:
        """It tries again every two seconds, for as long as nobody has mended what is wrong."""
        if said := self._complaints.about(f"gateway {name_in(peer)!r} is not let in: {error}", ctx.now):
            logger.warning("link: %s", said)
        self._send(peer, refusal(error))

    def _show_out(self, peer: Peer, reason: wire.DisconnectReason, text: str) -> None:
        """Forget the connection, and have its gateway make a new one."""
        self._forget(peer)
        self._router.send(peer, wire.Goodbye(reason, text))

    def _take_leave(self, ctx: Context, peer: Peer, gateway: Gateway, bye: wire.Goodbye) -> None:
        """The gateway stops. Its sessions wait for its next life, as if it had been killed."""
        logger.info("link: gateway %s stops: %s", gateway.name, bye.text or bye.reason.value)
        self._forget(peer)

    def _forget(self, peer: Peer) -> None:
        self._router.forget(peer)
        if self._gateways.forget(peer) is not None:
            waiting = self._streams.leave(peer, self.ctx.now)
            if waiting:
                logger.warning("link: %s sessions wait for their gateway", len(waiting))

    # Requests -------------------------------------------------------------------------------------------

    @on(RequestArrived)
    def request_arrived(self, ctx: Context, arrived: RequestArrived) -> None:
        """A request: to be worked on, to be answered again, or to be ignored."""
        peer, request = arrived.peer, arrived.request
        gateway = self._gateways.get(peer)
        if gateway is None:
            return
        client, requests = gateway.client, self._link.requests
        verdict, answer = requests.arrived(client, request, ctx.now)
        if verdict is Verdict.WORK and isinstance(request.body, _OfClients):
            answer = self._client_news(peer, request.id, request.session, request.body)
            requests.answered(client, answer)
            self._send(peer, answer)
        elif verdict is Verdict.WORK:
            desk = self._desk()
            task = ServeRequest(client, request, requests.deadline(client, request.id))
            if desk is None or not desk.try_tell(task):
                refused = failure(request.id, wire.FailureCode.UNAVAILABLE)
                requests.answered(client, refused)
                self._send(peer, refused)
        elif answer is not None:
            self._answer_again(peer, request, answer)

    def _client_news(
        self,
        peer: Peer,
        request: wire.RequestId,
        session: wire.SessionId,
        news: wire.SessionDisconnected | wire.SessionReconnected,
    ) -> wire.Reply | wire.Failure:
        """A client is gone or back. Served here, as it needs no waiting: a gateway that begins anew has such
        news of all its players at once, and nobody's login is to wait behind them."""
        streams = self._own(peer, session)
        if streams is None or streams.ref is None:
            return failure(request, wire.FailureCode.NO_SUCH_SESSION)
        if isinstance(news, wire.SessionDisconnected):
            streams.ref.try_tell(ClientLost())
            return wire.Reply(request, wire.DisconnectNoted(news.grace_seconds))
        streams.ref.try_tell(ClientBack())
        return wire.Reply(request, wire.SessionResumed(streams.character, streams.inbox.applied))

    def _answer_again(self, peer: Peer, request: wire.Request, answer: wire.Reply | wire.Failure) -> None:
        """The first answer may have been lost with its connection, and so the session has not begun here."""
        is_selection = isinstance(answer, wire.Reply) and isinstance(answer.body, wire.CharacterSelected)
        streams = self._streams.get(request.session)
        if not is_selection or (streams is not None and streams.peer == peer):
            self._send(peer, answer)
        elif streams is None or streams.ref is None or streams.is_ending:
            self._send(peer, failure(request.id, wire.FailureCode.UNAVAILABLE))
        else:
            self._begin_outputs(peer, request.session, answer)

    def _cancel(self, gateway: Gateway, cancel: wire.Cancel, request: wire.RequestId) -> None:
        """The answer is not wanted. A session that it has brought into play goes again."""
        self._link.requests.cancelled(gateway.client, cancel)
        streams = self._streams.selected_by(gateway.client, request)
        if streams is not None:
            self._end_session(streams)

    @on(EndAccountSessions)
    def end_sessions(self, ctx: Context, message: EndAccountSessions) -> None:
        """Tell all gateways; those that are away, when they come."""
        ending = self._link.endings.begin(message.account, message.spared)
        for peer in self._gateways.peers():
            self._send(peer, ending)

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

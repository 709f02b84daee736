"""The world's end of the link, as an actor: gateways in, streams to the sessions, outputs out.

What must outlast a crash of this actor (the streams of all sessions, who has proved the key, answers to
repeated requests) is in `WorldLinkState`, which the tree gives to every incarnation. Gateways notice a crash
as a short silence: their frames of that moment are sent again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from actors.world.outlet import OUTLET, EmitTo, EmitToMany, Performed, Released
from actors.world.session import CloseWorldSession, Line
from actors.world_link_messages import (
    DESK,
    AnswerRequest,
    CloseStreams,
    FramesArrived,
    GetLinkStatus,
    Hold,
    LinkStatus,
    OpenStreams,
    PeerLost,
    Release,
    ServeRequest,
    SessionUp,
    StreamPosition,
    WrittenCheckpoint,
)
from actors.world_streams import SessionStreams, StreamTable
from transports.link import protocol as wire
from transports.link.errors import LinkError
from transports.link.handshake import NONCE_BYTES, Doorkeeper, refusal, welcome
from transports.link.interface import Peer, Router, RouterCallbacks
from transports.link.liveness import LinkState, Liveness, LivenessOptions
from transports.link.requests import ReplyCache, Verdict
from transports.link.streams import Arrival
from wyld_actors import Actor, ActorDeadError, Context, Ref, every, on

__all__ = ["WorldLink", "WorldLinkOptions", "WorldLinkState"]

logger = logging.getLogger(__name__)

OpenRouter: TypeAlias = Callable[[RouterCallbacks], Router]

TICK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class WorldLinkOptions:
    """How the world treats its gateways."""

    # Lines of one session that may be on their way, sent and not applied.
    credit: int = 256
    # Seconds that the sessions of a gateway wait for it, when it is gone without a word.
    gateway_grace_seconds: float = 60.0
    liveness: LivenessOptions = field(default_factory=LivenessOptions)


@dataclass(slots=True)
class _Gateway:
    name: str
    client: str
    liveness: Liveness


@dataclass(slots=True)
class WorldLinkState:
    """What outlasts an incarnation of the link."""

    doorkeeper: Doorkeeper
    open_router: OpenRouter
    streams: StreamTable = field(default_factory=StreamTable)
    replies: ReplyCache = field(default_factory=ReplyCache)
    gateways: dict[Peer, _Gateway] = field(default_factory=dict)
    router: Router | None = None

    def open(self, ref: Ref) -> Router:
        """Bind, in place of what an earlier incarnation had bound."""
        self.close()
        self.router = self.open_router(
            RouterCallbacks(
                frames=lambda peer, frames: _deliver(ref, FramesArrived(peer, frames)),
                error=_refused_batch,
                unreachable=lambda peer: _deliver(ref, PeerLost(peer)),
            )
        )
        return self.router

    def close(self) -> None:
        """Let go of the socket."""
        if self.router is not None:
            self.router.close()
            self.router = None


def _deliver(ref: Ref, message: FramesArrived | PeerLost) -> None:
    try:
        ref.tell(message)
    except ActorDeadError:
        logger.debug("the link is gone; %s dropped", type(message).__name__)


def _refused_batch(peer: Peer, error: LinkError) -> None:
    logger.warning("link: a batch of %r is refused: %s", peer, error)


class WorldLink(Actor):
    """Registered as the outlet of the world."""

    def __init__(self, options: WorldLinkOptions, state: WorldLinkState) -> None:
        self._options = options
        self._link = state
        self._streams = state.streams
        self._held: list[FramesArrived] | None = None
        self._desk: Ref | None = None

    def on_start(self) -> None:
        self.ctx.system.registry.register(OUTLET, self.ctx.ref)
        self._router = self._link.open(self.ctx.ref)
        # Connections belong to a socket; after a crash the gateways come in again.
        for peer in list(self._link.gateways):
            self._forget_gateway(self.ctx, peer)
        self._streams.forget_arrivals()

    def on_stop(self) -> None:
        goodbye = wire.Goodbye(wire.DisconnectReason.WORLD_STOPPED)
        for peer in self._link.gateways:
            self._router.send(peer, goodbye)
        self._link.close()

    # Frames of gateways ---------------------------------------------------------------------------------

    @on(FramesArrived)
    def frames_arrived(self, ctx: Context, arrived: FramesArrived) -> None:
        """Everything a gateway sent in one turn of its loop."""
        if self._held is not None:
            self._held.append(arrived)
            return
        peer = arrived.peer
        gateway = self._link.gateways.get(peer)
        if gateway is not None:
            gateway.liveness.heard(ctx.now)
        for frame in arrived.frames:
            if isinstance(frame, wire.Command):
                if gateway is not None:
                    self._command(peer, frame)
            elif isinstance(frame, wire.Hello | wire.Confirm):
                self._handshake(ctx, peer, frame)
                gateway = self._link.gateways.get(peer)
            elif gateway is None:
                logger.info("link: %s from %r before a handshake is ignored", type(frame).__name__, peer)
            else:
                self._other(ctx, peer, gateway, frame)

    def _command(self, peer: Peer, command: wire.Command) -> None:
        streams = self._streams.get(command.session)
        if streams is None or streams.ref is None or streams.peer != peer:
            return
        arrival = streams.inbox.arrive(command.number)
        if arrival is Arrival.NEXT:
            streams.ref.tell(Line(command.number, command.text))
        elif arrival is Arrival.GAP:
            self._router.send(peer, wire.Resend(command.session, streams.inbox.received))

    def _other(self, ctx: Context, peer: Peer, gateway: _Gateway, frame: wire.Frame) -> None:
        match frame:
            case wire.Acks(outputs):
                self._streams.ack(peer, outputs)
            case wire.Heartbeat():
                gateway.liveness.received(frame, ctx.now)
            case wire.Request():
                self._request(peer, gateway, frame)
            case wire.Cancel():
                self._link.replies.cancelled(gateway.client, frame)
            case wire.Resend(session, after):
                if streams := self._own(peer, session):
                    for output in streams.tail.resume(after):
                        self._router.send(peer, output)
            case wire.Goodbye():
                logger.info("link: gateway %s stops: %s", gateway.name, frame.text or frame.reason.value)
                for streams in [streams for streams in self._streams if streams.peer == peer]:
                    self._end_session(streams)
            case _:
                logger.warning("link: gateway %s sent %s", gateway.name, type(frame).__name__)

    def _own(self, peer: Peer, session: wire.SessionId) -> SessionStreams | None:
        streams = self._streams.get(session)
        return streams if streams is not None and streams.peer == peer else None

    # Handshake and liveness -----------------------------------------------------------------------------

    def _handshake(self, ctx: Context, peer: Peer, frame: wire.Hello | wire.Confirm) -> None:
        doorkeeper = self._link.doorkeeper
        try:
            if isinstance(frame, wire.Hello):
                nonce = secrets.token_bytes(NONCE_BYTES)
                self._router.send(peer, doorkeeper.hello(peer, frame, nonce=nonce))
                return
            admitted = doorkeeper.confirm(peer, frame)
        except LinkError as error:
            logger.warning("link: %r is not let in: %s", peer, error)
            self._router.send(peer, refusal(error))
            return
        if admitted.superseded is not None:
            self._forget_gateway(ctx, admitted.superseded)
        client = f"{admitted.name}:{admitted.epoch}"
        self._link.gateways[peer] = _Gateway(admitted.name, client, Liveness(self._options.liveness, ctx.now))
        positions, missed = self._streams.claim(peer, admitted.sessions)
        logger.info(
            "link: gateway %s is here, epoch %s, %s of its %s sessions known",
            admitted.name, admitted.epoch, len(positions), len(admitted.sessions),
        )  # fmt: skip
        self._router.send(peer, welcome(self._options.credit, positions))
        for output in missed:
            self._router.send(peer, output)

    @every(seconds=TICK_SECONDS)
    def look_around(self, ctx: Context) -> None:
        """Beat, notice silence, and let go of what nobody comes back for."""
        now = ctx.now
        for peer, gateway in list(self._link.gateways.items()):
            if gateway.liveness.state(now) is LinkState.DOWN:
                logger.warning("link: gateway %s is silent and counts as gone", gateway.name)
                self._forget_gateway(ctx, peer)
            elif beat := gateway.liveness.beat(now):
                self._router.send(peer, beat)
        for streams in self._streams.abandoned(now, self._options.gateway_grace_seconds):
            streams.unclaimed_since = None
            self._end_session(streams)

    @on(PeerLost)
    def peer_lost(self, ctx: Context, lost: PeerLost) -> None:
        """ZeroMQ could not reach it."""
        self._forget_gateway(ctx, lost.peer)

    def _forget_gateway(self, ctx: Context, peer: Peer) -> None:
        self._link.gateways.pop(peer, None)
        self._link.doorkeeper.left(peer)
        self._router.forget(peer)
        waiting = self._streams.leave(peer, ctx.now)
        if waiting:
            logger.warning("link: %s sessions wait for their gateway", len(waiting))

    # Requests -------------------------------------------------------------------------------------------

    def _request(self, peer: Peer, gateway: _Gateway, request: wire.Request) -> None:
        verdict, answer = self._link.replies.arrived(gateway.client, request)
        if verdict is Verdict.ANSWER and answer is not None:
            self._router.send(peer, answer)
        elif verdict is Verdict.WORK:
            if self._desk is None or not self._desk.is_alive():
                self._desk = self.ctx.system.registry.whereis(DESK)
            if self._desk is not None:
                self._desk.tell(ServeRequest(gateway.client, peer, request))

    @on(AnswerRequest)
    def answer_request(self, ctx: Context, message: AnswerRequest) -> None:
        """The desk has an answer."""
        if self._link.replies.answered(message.client, message.answer):
            self._router.send(message.peer, message.answer)

    # Sessions -------------------------------------------------------------------------------------------

    @on(OpenStreams)
    def open_streams(self, ctx: Context, message: OpenStreams) -> StreamPosition:
        """A session is about to get a character."""
        streams = self._streams.open(message.session, None, applied=message.applied)
        streams.peer = None
        applied, durable = streams.inbox.position
        return StreamPosition(applied, streams.tail.last, applied == durable)

    @on(SessionUp)
    def session_up(self, ctx: Context, message: SessionUp) -> None:
        """From now on its lines have a taker, and its outputs flow."""
        self._streams.play(message.session, message.ref, message.character)
        self.answer_request(ctx, message.answer)
        reply, peer = message.answer.answer, message.answer.peer
        if isinstance(reply, wire.Reply) and isinstance(reply.body, wire.CharacterSelected):
            _, missed = self._streams.claim(peer, {message.session: reply.body.outputs})
            for output in missed:
                self._router.send(peer, output)

    @on(CloseStreams)
    def close_streams(self, ctx: Context, message: CloseStreams) -> None:
        """The client has gone for good."""
        streams = self._streams.get(message.session)
        if streams is not None:
            streams.peer = None
            self._end_session(streams)

    def _end_session(self, streams: SessionStreams) -> None:
        """Take its character out of play; the streams go with it."""
        streams.is_ending = True
        if streams.ref is not None and streams.ref.is_alive():
            streams.ref.tell(CloseWorldSession())
        else:
            self._streams.close(streams.session)

    # Outputs --------------------------------------------------------------------------------------------

    @on(EmitTo)
    def emit_to(self, ctx: Context, message: EmitTo) -> None:
        """Show something to one session."""
        if sent := self._streams.emit(message.session, message.cause, message.body):
            self._router.send(*sent)

    @on(EmitToMany)
    def emit_to_many(self, ctx: Context, message: EmitToMany) -> None:
        """Show one thing to many."""
        for peer, frame in self._streams.emit_to_many(
            message.sessions, message.cause, message.body, message.origin
        ):
            self._router.send(peer, frame)

    @on(Performed)
    def performed(self, ctx: Context, message: Performed) -> None:
        """A command is complete."""
        done = wire.Performed(message.number, message.prompt, message.outcome)
        if sent := self._streams.performed(message.session, done):
            self._router.send(*sent)

    @on(Released)
    def released(self, ctx: Context, message: Released) -> None:
        """The character is out of play."""
        streams = self._streams.get(message.session)
        if streams is None:
            return
        self._streams.play(message.session, None, "")
        # Lines after it were never run: the gateway gives them to the menu, and their numbers to others.
        streams.inbox.received = streams.inbox.applied
        body = wire.CharacterReleased(message.character, message.text)
        if sent := self._streams.emit(message.session, 0, body):
            self._router.send(*sent)
        if streams.is_ending:
            self._streams.close(message.session)

    # Checkpoints -------------------------------------------------------------------------------------------

    @on(Hold)
    def hold(self, ctx: Context, message: Hold) -> None:
        """Keep out what comes."""
        if self._held is None:
            self._held = []

    @on(Release)
    def release(self, ctx: Context, message: Release) -> None:
        """Let in what came."""
        held, self._held = self._held, None
        for arrived in held or ():
            self.frames_arrived(ctx, arrived)

    @on(WrittenCheckpoint)
    def written(self, ctx: Context, message: WrittenCheckpoint) -> None:
        """Tell the gateways which lines they need not keep any more."""
        for peer, positions in self._streams.saved(message.applied.items()).items():
            self._router.send(peer, positions)

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
                for gateway in self._link.gateways.values()
            },
            len(inboxes),
            sum(inbox.received - inbox.applied for inbox in inboxes),
            sum(inbox.applied - inbox.durable for inbox in inboxes),
            sum(streams.tail.unacked for streams in self._streams),
        )

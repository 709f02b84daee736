"""The door of the world's link: which gateways are let in, which still live, and which are shown out.

It opens when all who were in play are back (`BringBack`). A gateway that breaks the protocol, or does not
read what it is sent, is shown the door: it comes in again and begins from numbers that both sides have.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from actors.world_link.gateways import Gateway
from actors.world_link.messages import DESK, BringBack, EndAccountSessions, PeerLost, PeerMistaken
from actors.world_link.outlet import WorldOutlet
from actors.world_link.session_streams import SessionStreams
from actors.world_link.state import WorldLinkOptions, WorldLinkState
from transports.link import protocol as wire
from transports.link.complaints import Complaints
from transports.link.errors import EncodingError, HandshakeError, VersionMismatch
from transports.link.handshake import NONCE_BYTES, name_in, refusal, welcome
from transports.link.interface import Peer
from wyld_actors import Context, Ref, on

__all__ = ["WorldDoor"]

logger = logging.getLogger(__name__)

# Bringing ten thousand sessions back takes a second or two.
BRING_BACK_SECONDS = 120.0


class WorldDoor(WorldOutlet):
    """The part of the world's link that has the socket, and knows who is behind each connection."""

    def __init__(self, options: WorldLinkOptions, state: WorldLinkState) -> None:
        super().__init__(state)
        self._options = options
        self._gateways = state.gateways
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

    # Coming in ------------------------------------------------------------------------------------------

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

    def _refuse(self, ctx: Context, peer: Peer, error: HandshakeError | VersionMismatch) -> None:
        """It tries again every two seconds, for as long as nobody has mended what is wrong."""
        if said := self._complaints.about(f"gateway {name_in(peer)!r} is not let in: {error}", ctx.now):
            logger.warning("link: %s", said)
        self._send(peer, refusal(error))

    def _own(self, peer: Peer, session: wire.SessionId) -> SessionStreams | None:
        """The streams of a session, if it is one of this connection's."""
        streams = self._streams.get(session)
        return streams if streams is not None and streams.peer == peer else None

    @on(EndAccountSessions)
    def end_sessions(self, ctx: Context, message: EndAccountSessions) -> None:
        """Tell all gateways; those that are away, when they come."""
        ending = self._link.endings.begin(message.account, message.spared)
        self._link.requests.take_back_logins(message.account)
        for peer in self._gateways.peers():
            self._send(peer, ending)

    # Staying, and going ---------------------------------------------------------------------------------

    def _beat(self, now: float) -> None:
        """Give a sign of life where one is due; who has given none for too long is gone."""
        beats, silent = self._gateways.beat(now)
        for peer, beat in beats:
            self._send(peer, beat)
        for peer in silent:
            logger.warning("link: a gateway is silent and counts as gone")
            self._forget(peer)

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

    def _show_out(self, peer: Peer, reason: wire.DisconnectReason, text: str) -> None:
        """Forget the connection, and have its gateway make a new one."""
        self._forget(peer)
        self._router.send(peer, wire.Goodbye(reason, text))

    def _take_leave(self, peer: Peer, gateway: Gateway, bye: wire.Goodbye) -> None:
        """The gateway stops. Its sessions wait for its next life, as if it had been killed."""
        logger.info("link: gateway %s stops: %s", gateway.name, bye.text or bye.reason.value)
        self._forget(peer)

    def _forget(self, peer: Peer) -> None:
        self._router.forget(peer)
        if self._gateways.forget(peer) is not None:
            waiting = self._streams.leave(peer, self.ctx.now)
            if waiting:
                logger.warning("link: %s sessions wait for their gateway", len(waiting))

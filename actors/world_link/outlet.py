"""The sessions' side of the world's link: who takes their lines, and what they are shown. An actor without a
socket; `WorldDoor` adds the gateways.

A session is over when its client has gone, its gateway does not come back, or its actor is given up. In each
case its character leaves play first, and the streams go with its Released. Where no Released can come any
more, they go at once.
"""

from __future__ import annotations

import logging
from abc import abstractmethod

from actors.world import phrases
from actors.world.messages.playing import Retire
from actors.world.outlet import OUTLET, EmitTo, EmitToMany, Performed, Released
from actors.world.session import CloseWorldSession, WorldSession
from actors.world_link.messages import (
    AnswerRequest,
    CloseStreams,
    OpenStreams,
    SessionLeft,
    SessionUp,
    StreamPosition,
)
from actors.world_link.session_streams import SessionStreams
from actors.world_link.state import WorldLinkState
from transports.link import protocol as wire
from transports.link.interface import Peer
from transports.link.requests import failure
from wyld_actors import Actor, Context, Exited, ExitKind, ExitReason, Message, Ref, on

__all__ = ["WorldOutlet"]

logger = logging.getLogger(__name__)


class SessionMissed(Message, frozen=True):
    """To oneself: has this session ended without a word?"""

    ref: Ref
    reason: ExitReason


class WorldOutlet(Actor):
    """Registered as the outlet of the world."""

    may_be_interrupted = False

    def __init__(self, state: WorldLinkState) -> None:
        super().__init__()
        self._link = state
        self._streams = state.streams

    def on_start(self) -> None:
        self.ctx.system.registry.register(OUTLET, self.ctx.ref)
        self._streams.forget_arrivals()
        for streams in self._streams:
            if streams.ref is not None:
                self.ctx.monitor(streams.ref)

    @abstractmethod
    def _send(self, peer: Peer, frame: wire.Frame) -> None:
        """To a gateway; what it does not get now it will ask for."""

    # Sessions -------------------------------------------------------------------------------------------

    @on(OpenStreams)
    def open_streams(self, ctx: Context, message: OpenStreams) -> StreamPosition:
        """A session is about to get a character."""
        session = message.session
        if self._link.has_left(session):
            raise SessionLeft(session)
        streams = self._streams.open(session, ctx.now, applied=message.applied)
        return StreamPosition(streams.inbox.applied, streams.tail.last, streams.is_saved)

    @on(SessionUp)
    def session_up(self, ctx: Context, message: SessionUp) -> None:
        """From now on its lines have a taker, and its outputs flow; unless nobody wants it any more."""
        streams = self._streams.get(message.session)
        answer = message.answer
        if streams is None:
            code = wire.FailureCode.NO_SUCH_SESSION
            self.answer_request(ctx, AnswerRequest(answer.client, failure(answer.answer.id, code)))
            message.ref.tell(CloseWorldSession())
            return
        self._streams.play(message.session, message.ref, message.character, message.number)
        ctx.monitor(message.ref)
        streams.selected_by = (answer.client, answer.answer.id)
        if not self._link.requests.answered(answer.client, answer.answer):
            logger.info("session %s came into play too late and leaves again", message.session)
            self._end_session(streams)
            return
        peer = self._link.gateways.peer_of(answer.client)
        if peer is not None:
            self._begin_outputs(peer, message.session, answer.answer)

    def _begin_outputs(self, peer: Peer, session: wire.SessionId, answer: wire.Reply | wire.Failure) -> None:
        """The answer to a selection first, then what was made meanwhile."""
        self._send(peer, answer)
        if isinstance(answer, wire.Reply) and isinstance(answer.body, wire.CharacterSelected):
            gateway = self._link.gateways.get(peer)
            life = gateway.client if gateway is not None else ""
            _, missed = self._streams.claim(peer, {session: answer.body.outputs}, life)
            for output in missed:
                self._send(peer, output)

    @on(AnswerRequest)
    def answer_request(self, ctx: Context, message: AnswerRequest) -> None:
        """The desk has an answer. It goes to where the gateway is now."""
        answer = self._still_good(message)
        if self._link.requests.answered(message.client, answer):
            peer = self._link.gateways.peer_of(message.client)
            if peer is not None:
                self._send(peer, answer)

    def _still_good(self, message: AnswerRequest) -> wire.Reply | wire.Failure:
        """A login that was asked for before the account got another password was perhaps proved with the old
        one, and its session would come too late to be ended with the others."""
        answer = message.answer
        if isinstance(answer, wire.Reply) and isinstance(answer.body, wire.Authenticated):
            since = self._link.requests.since(message.client, answer.id)
            if since is not None and self._link.endings.is_overtaken(answer.body.account.id, since):
                return failure(answer.id, wire.FailureCode.BAD_CREDENTIALS)
        return answer

    @on(CloseStreams)
    def close_streams(self, ctx: Context, message: CloseStreams) -> None:
        """The client has gone for good."""
        self._link.note_left(message.session)
        streams = self._streams.get(message.session)
        if streams is not None:
            self._end_session(streams)

    def _end_session(self, streams: SessionStreams) -> None:
        """Take its character out of play; the streams go with it."""
        streams.is_ending = True
        streams.belongs_to(None)
        if streams.ref is not None and streams.ref.is_alive():
            streams.ref.tell(CloseWorldSession())
        else:
            self._streams.close(streams.session)

    @on(Released)
    def released(self, ctx: Context, message: Released) -> None:
        """The character is out of play."""
        body = wire.CharacterReleased(message.character, message.text, message.comes_back)
        self._release(message.session, body)

    @on(Exited)
    def session_gone(self, ctx: Context, exited: Exited) -> None:
        """Its last words may still be waiting to be read: look again behind them."""
        ctx.ref.tell(SessionMissed(exited.ref, exited.reason))

    @on(SessionMissed)
    def session_missed(self, ctx: Context, missed: SessionMissed) -> None:
        """A session that ended without a word: given up by its supervisor, or killed with it and all others.

        Then its gateway brings the character back, which leaves play until somebody plays it.
        """
        state = missed.ref.cell.good_state
        assert isinstance(state, WorldSession.State)
        streams = self._streams.get(state.session)
        if streams is None or streams.ref != missed.ref:
            return
        logger.error("session %s is given up; its character leaves play", state.session)
        character = ctx.system.registry.whereis(streams.character)
        if character is not None:
            character.tell(Retire())
        if state.current:
            self._performed(state.session, wire.Performed(state.current, outcome=wire.Outcome.FAILED))
        # Who begins to watch one that is gone already is not told why it is; its cell knows.
        reason = missed.ref.cell.exit_reason or missed.reason
        comes_back = reason.kind is ExitKind.KILLED and not state.is_closing
        text = phrases.slipped(state.current) if comes_back else phrases.LOST
        self._release(state.session, wire.CharacterReleased(state.character, text, comes_back))

    def _release(self, session: wire.SessionId, body: wire.CharacterReleased) -> None:
        streams = self._streams.get(session)
        if streams is None:
            return
        self._streams.release(session, body, self.ctx.now)
        if streams.is_ending:
            self._streams.close(session)

    # Outputs --------------------------------------------------------------------------------------------

    @on(EmitTo)
    def emit_to(self, ctx: Context, message: EmitTo) -> None:
        """Show something to one session."""
        self._emit(message.session, message.cause, message.body)
        if isinstance(message.body, wire.DisconnectSession):
            # Somebody else plays its character now. What is left of it is to hear that, and to go.
            self._streams.leave_play(message.session)

    @on(EmitToMany)
    def emit_to_many(self, ctx: Context, message: EmitToMany) -> None:
        """Show one thing to many."""
        for peer, frame in self._streams.emit_to_many(
            message.sessions, message.cause, message.body, message.origin
        ):
            self._send(peer, frame)

    @on(Performed)
    def performed(self, ctx: Context, message: Performed) -> None:
        """A command is complete."""
        self._performed(message.session, wire.Performed(message.number, message.prompt, message.outcome))

    def _performed(self, session: wire.SessionId, done: wire.Performed) -> None:
        for peer, frame in self._streams.performed(session, done):
            self._send(peer, frame)

    def _emit(self, session: wire.SessionId, cause: wire.CommandNumber, body: wire.OutputBody) -> None:
        for peer, frame in self._streams.emit(session, cause, body):
            self._send(peer, frame)

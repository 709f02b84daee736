"""A session's stay, apart from what is said in it: its client, its states, its idleness, its end.

The base of `Session`. What is in `State` outlasts a crash. The flow of commands in it is changed in place,
because that happens for every line: what was accepted is sent again after a crash and ignored by a world that
has it, so nothing accepted is lost and nothing runs twice.

When the client goes while it plays, the lines it had typed are still run; then the world is told to close.
"""

import logging

from actors.gateway.command_flow import CommandFlow
from actors.gateway.dialogue import Dialogue
from actors.gateway.messages import (
    ClientGone,
    DescribeSession,
    Farewell,
    Join,
    Leave,
    Rejoin,
    SendData,
    Speak,
)
from actors.gateway.session_options import SessionOptions, idle_seconds_left
from actors.gateway.session_record import SessionId, SessionRecord, metadata_of
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import IDLE, STORY, TOO_SLOW
from transports.adapter import CapabilitiesChanged, DataReceived
from transports.link.protocol import DisconnectReason
from wyld_actors import Actor, Context, Exited, Message, Record, Ref, Timer, on

logger = logging.getLogger(__name__)

# The name of the gateway's link in the registry.
LINK = "link"

# How often somebody is looked at who has been idle for too long, but may not be sent away just now.
_LOOK_AGAIN_SECONDS = 1.0


class CheckIdle(Message, frozen=True):
    """To oneself: has the player done nothing for too long?"""


class LookForClient(Message, frozen=True):
    """To oneself: the connection is gone; did it say so?"""

    is_moot_without_receiver = True


class GiveUpLines(Message, frozen=True):
    """To oneself: the world has not run the last lines of a client that is gone."""


class Stay(Actor):
    """One client's stay. Ends after its client, or when the last lines of one that is gone are run."""

    may_be_interrupted = False

    class State(Record, frozen=True):
        """What outlasts a crash. `record` and `flow` are there from the first start on."""

        record: SessionRecord | None = None
        flow: CommandFlow | None = None
        dialogue: Dialogue = Dialogue()
        connection: Ref | None = None
        is_in_world: bool = False
        end_reason: DisconnectReason = DisconnectReason.GATEWAY_STOPPED

    def __init__(self, options: SessionOptions, number: SessionId, protocol: str, peer: str) -> None:
        super().__init__()
        self._options = options
        now = self.ctx.now
        if self.state.record is None:
            record = SessionRecord.begin(number, protocol=protocol, peer=peer, now=now)
            self.state = self.state.replace(record=record, flow=CommandFlow(number))
        self._number = number
        self._flow: CommandFlow = self.state.flow
        self._plays = self._record.plays
        self._touched_at = now
        self._timer: Timer | None = None
        self._link = self._found(LINK)

    @property
    def _record(self) -> SessionRecord:
        record: SessionRecord = self.state.record
        return record

    def _found(self, name: str) -> Ref:
        ref: Ref | None = self.ctx.system.registry.whereis(name)
        assert ref is not None, f"{name} starts before any session"
        return ref

    def on_start(self) -> None:
        state = self.state
        self._join()
        if state.connection is not None:
            self.ctx.monitor(state.connection)
            self._speak(STORY)
        self._watch_idleness(self.ctx)

    def on_stop(self) -> None:
        self._link.tell(Leave(self._number, self.state.end_reason))

    @on(Rejoin)
    def rejoin(self, _ctx: Context, _: Rejoin) -> None:
        self._join()

    def _join(self) -> None:
        self._link.tell(
            Join(self._number, self.ctx.ref, self._flow.received, self.state.is_in_world, self._plays)
        )

    # The client ------------------------------------------------------------------------------------

    @on(DataReceived)
    def hear_program(self, ctx: Context, data: DataReceived) -> None:
        """GMCP's own small talk; packages of the game will be commands when the game has them."""
        match data.package.lower():
            case "core.ping":
                self._tell_client(SendData("Core.Ping", None))
            case "core.keepalive":
                self._touched_at = ctx.now

    @on(CapabilitiesChanged)
    def note_capabilities(self, _ctx: Context, changed: CapabilitiesChanged) -> None:
        metadata = metadata_of(changed.capabilities)
        self.state = self.state.replace(record=self._record.with_metadata(metadata))

    @on(ClientGone)
    def client_gone(self, ctx: Context, _gone: ClientGone) -> None:
        if self.state.connection is not None:
            self._without_client(ctx, DisconnectReason.CLIENT_CLOSED)

    @on(Exited)
    def connection_gone(self, ctx: Context, exited: Exited) -> None:
        """One that ended in order has sent ClientGone, which is still to be read: look again behind it."""
        if exited.ref == self.state.connection:
            ctx.ref.tell(LookForClient())

    @on(LookForClient)
    def look_for_client(self, ctx: Context, _: LookForClient) -> None:
        if self.state.connection is not None:
            self._without_client(ctx, DisconnectReason.CLIENT_LOST)

    @on(DescribeSession)
    def describe(self, _ctx: Context, _: DescribeSession) -> SessionRecord:
        return self._record.touched(self._touched_at)

    def _speak(self, text: str, prompt: str | None = None) -> None:
        if text or prompt is not None:
            self._tell_client(Speak(text, prompt))

    def _tell_client(self, message: Message) -> None:
        connection: Ref | None = self.state.connection
        if connection is not None:
            connection.tell(message)

    # States and the end ----------------------------------------------------------------------------

    def _move(self, ctx: Context, target: SessionState) -> None:
        record = self._record.moved_to(target, now=ctx.now)
        self.state = self.state.replace(record=record)
        self._plays = record.plays
        self._watch_idleness(ctx)

    def _say_farewell(self, ctx: Context, text: str, reason: DisconnectReason) -> None:
        """Close the client; the session ends when it has gone."""
        self.state = self.state.replace(end_reason=reason)
        if self.state.connection is None:
            self._end(ctx)
        elif self._record.state is not SessionState.CLOSED:
            self._move(ctx, SessionState.CLOSED)
            self._tell_client(Farewell(text, reason.value))

    def _without_client(self, ctx: Context, reason: DisconnectReason) -> None:
        self.state = self.state.replace(connection=None)
        if self._record.state is SessionState.CLOSED:
            ctx.stop()
            return
        self.state = self.state.replace(end_reason=reason)
        if self._plays and self._flow.stream.unapplied:
            self._move(ctx, SessionState.DISCONNECTED)
            ctx.after(self._options.last_lines_seconds, GiveUpLines())
        else:
            self._end(ctx)

    @on(GiveUpLines)
    def give_up_lines(self, ctx: Context, _: GiveUpLines) -> None:
        logger.warning("session %d: ends with %d lines not run", self._number, self._flow.stream.unapplied)
        self._end(ctx)

    def _end(self, ctx: Context) -> None:
        if self._record.state is not SessionState.CLOSED:
            self._move(ctx, SessionState.CLOSED)
        ctx.stop()

    # Idleness --------------------------------------------------------------------------------------

    def _watch_idleness(self, ctx: Context) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        left = idle_seconds_left(self._record, self._touched_at, ctx.now, self._options)
        if left is not None:
            self._timer = ctx.after(max(left, _LOOK_AGAIN_SECONDS), CheckIdle())

    @on(CheckIdle)
    def check_idle(self, ctx: Context, _: CheckIdle) -> None:
        self._timer = None
        left = idle_seconds_left(self._record, self._touched_at, ctx.now, self._options)
        # Who waits for the world's answer is not idle.
        if left is None or left > 0 or self.state.dialogue.request is not None:
            self._watch_idleness(ctx)
            return
        is_login = self._record.state is SessionState.AUTHENTICATING
        self._say_farewell(ctx, TOO_SLOW if is_login else IDLE, DisconnectReason.IDLE)

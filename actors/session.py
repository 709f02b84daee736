"""The session actor: one player's stay, from the first byte to the last.

Transient: it ends cleanly with its client, and a crash restarts it at its last good state, with the
connection kept and one line of story for the player. It is a shell around pure parts: the table of states
and the record (`session_record`), the login dialogue (`login`), the numbered lines (`command_flow`).

What is in `State` outlasts a crash. The flow of commands in it is changed in place, because that happens for
every line: what was accepted is sent again after a crash and ignored by a world that has it, so nothing
accepted is lost and nothing runs twice.

When the client goes while it plays, the lines it had typed are still run; then the world is told to close.
"""

import logging

from actors.command_flow import CommandFlow, Standing
from actors.dialogue import AskFor, Dialogue, Echo, Effect, Ended, Entered, LoggedIn, Say, Send, Turn, Typed
from actors.gateway_messages import (
    Answered,
    ClientArrived,
    ClientGone,
    CreditChanged,
    DescribeSession,
    Failed,
    Farewell,
    Incoming,
    Inquire,
    Join,
    Leave,
    Rejoin,
    SendData,
    SetEcho,
    Show,
    Speak,
    WorldLost,
    WorldReached,
)
from actors.login import WORLD_AWAY, LoginDialogue, LoginReply
from actors.rendering import Delivery
from actors.session_options import SessionOptions, idle_seconds_left
from actors.session_record import AccountOf, CharacterOf, SessionId, SessionRecord, address_of, metadata_of
from actors.session_states import SessionState
from actors.session_words import BREATH_DRAWN, BREATH_HELD, ENDED, IDLE, LOST_PLACE, REFUSALS, STORY, TOO_SLOW
from transports.adapter import CapabilitiesChanged, DataReceived, LineReceived
from transports.link.protocol import (
    CharacterReleased,
    CharacterSelected,
    DisconnectReason,
    DisconnectSession,
    FailureCode,
    Performed,
    Prompt,
    RequestBody,
    SelectCharacter,
)
from wyld_actors import Actor, Context, Exited, Message, Record, Ref, Timer, on

logger = logging.getLogger(__name__)

# The name of the gateway's link in the registry.
LINK = "link"

# How often somebody is looked at who has been idle for too long, but may not be sent away just now.
_LOOK_AGAIN_SECONDS = 1.0

# The world may answer otherwise a moment later.
_PASSING = frozenset(
    {FailureCode.UNAVAILABLE, FailureCode.OVERLOADED, FailureCode.DEADLINE_PASSED, FailureCode.INTERNAL}
)


class CheckIdle(Message, frozen=True):
    """To oneself: has the player done nothing for too long?"""


class LookForClient(Message, frozen=True):
    """To oneself: the connection is gone; did it say so?"""


class GiveUpLines(Message, frozen=True):
    """To oneself: the world has not run the last lines of a client that is gone."""


class SelectAgain(Message, frozen=True):
    """To oneself: try once more to bring the character back."""


class Session(Actor):
    """One session; see the module."""

    class State(Record, frozen=True):
        """What outlasts a crash. `record` and `flow` are there from the first start on."""

        record: SessionRecord | None = None
        flow: CommandFlow | None = None
        dialogue: Dialogue = Dialogue()
        connection: Ref | None = None
        is_in_world: bool = False
        end_reason: DisconnectReason = DisconnectReason.GATEWAY_STOPPED

    def __init__(
        self, rules: LoginDialogue, options: SessionOptions, number: SessionId, protocol: str, peer: str
    ) -> None:
        super().__init__()
        self._rules = rules
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
        self._asked_again: RequestBody | None = None
        self._saves = False
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
        self._link.tell(Join(self._number, self.ctx.ref, self._flow.received, state.is_in_world))
        if state.connection is not None:
            self.ctx.monitor(state.connection)
            self._speak(STORY)
        self._watch_idleness(self.ctx)

    def on_stop(self) -> None:
        self._link.tell(Leave(self._number, self.state.end_reason))

    # The client ------------------------------------------------------------------------------------

    @on(ClientArrived)
    def meet(self, ctx: Context, arrived: ClientArrived) -> None:
        record = self._record.with_metadata(metadata_of(arrived.capabilities))
        self.state = self.state.replace(record=record, connection=arrived.connection)
        ctx.monitor(arrived.connection)
        self._move(ctx, SessionState.AUTHENTICATING)
        self._take(ctx, self._rules.begin(address_of(record.peer)))

    @on(LineReceived)
    def hear(self, ctx: Context, line: LineReceived) -> None:
        self._touched_at = ctx.now
        if self._plays:
            self._command(line.text)
        elif self._record.state is not SessionState.CLOSED:
            self._take(ctx, self._rules.heard(self.state.dialogue, line.text))

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

    # The world's outputs ---------------------------------------------------------------------------

    @on(Incoming)
    def receive(self, ctx: Context, incoming: Incoming) -> None:
        flow = self._flow
        shown: list[Delivery] = []
        prompt: str | None = None
        for delivery in incoming.deliveries:
            if not delivery.steers:
                shown.append(delivery)
                continue
            body = delivery.body
            if isinstance(body, Performed):
                flow.performed(body.number)
                prompt = body.prompt or prompt
            elif isinstance(body, Prompt):
                prompt = body.text
            else:
                self._show(shown, prompt)
                shown, prompt = [], None
                self._steer(ctx, body)
        self._show(shown, prompt)
        if incoming.position is not None:
            flow.confirmed(incoming.position)
        self._send(ctx)
        flow.received = incoming.received

    def _show(self, deliveries: list[Delivery], prompt: str | None) -> None:
        if deliveries or prompt is not None:
            self._tell_client(Show(deliveries, prompt))

    def _steer(self, ctx: Context, body: object) -> None:
        match body:
            case CharacterReleased(_, text) if self._plays:
                self._leave_play(ctx, text)
            case DisconnectSession(reason, text):
                self._say_farewell(ctx, text or ENDED, reason)

    # The world comes and goes ----------------------------------------------------------------------

    @on(WorldReached)
    def world_reached(self, ctx: Context, reached: WorldReached) -> None:
        flow = self._flow
        was_away = not flow.is_world_here
        self._saves = reached.saves
        standing = flow.reached(reached.credit, reached.position, is_new=reached.is_new, plays=self._plays)
        if standing is Standing.SELECT_AGAIN:
            self._select_again()
        elif not self._plays:
            self._take(ctx, self._rules.world_back(self.state.dialogue) if was_away else None)
        elif was_away and reached.is_new:
            self._speak(BREATH_DRAWN)
        self._send(ctx)

    @on(CreditChanged)
    def change_credit(self, ctx: Context, changed: CreditChanged) -> None:
        self._flow.change_credit(changed.credit)
        self._send(ctx)

    @on(WorldLost)
    def world_lost(self, ctx: Context, _: WorldLost) -> None:
        self._flow.lost()
        if self._plays:
            self._speak(BREATH_HELD)
        else:
            self._take(ctx, self._rules.world_away(self.state.dialogue))

    @on(Rejoin)
    def rejoin(self, _ctx: Context, _: Rejoin) -> None:
        self._link.tell(Join(self._number, self.ctx.ref, self._flow.received, self.state.is_in_world))

    @on(Answered)
    def take_answer(self, ctx: Context, answered: Answered) -> None:
        reply = answered.reply
        if answered.body is self._asked_again and isinstance(reply, CharacterSelected):
            self._asked_again = None
            self._flow.go_on_after(reply.applied, replays=self._saves)
            self._speak(BREATH_DRAWN)
            self._send(ctx)
        elif answered.body is self.state.dialogue.request:
            assert isinstance(reply, LoginReply)
            self._take(ctx, self._rules.answered(self.state.dialogue, reply))

    @on(Failed)
    def take_failure(self, ctx: Context, failed: Failed) -> None:
        if failed.body is self.state.dialogue.request:
            self._take(ctx, self._rules.failed(self.state.dialogue, failed.code, failed.text))
        elif failed.body is self._asked_again and failed.code in _PASSING:
            ctx.after(self._options.retry_seconds, SelectAgain())
        elif failed.body is self._asked_again:
            self._leave_play(ctx, f"{LOST_PLACE} {failed.text}")

    @on(SelectAgain)
    def try_again(self, _ctx: Context, _: SelectAgain) -> None:
        if self._asked_again is not None and self._flow.is_world_here:
            self._select_again()

    def _select_again(self) -> None:
        """The world has forgotten who plays: a checkpoint older than the session."""
        record = self._record
        assert record.account is not None
        assert record.character is not None
        self._asked_again = SelectCharacter(record.account.id, record.character.id)
        self._link.tell(Inquire(self._number, self.ctx.ref, self._asked_again, is_again=True))

    # Lines to the world ----------------------------------------------------------------------------

    def _command(self, text: str) -> None:
        flow = self._flow
        refusal = flow.accept(text)
        if refusal is not None:
            self._speak(REFUSALS[refusal])
            return
        for command in flow.to_send():
            self._link.tell(command)

    def _send(self, ctx: Context) -> None:
        for command in self._flow.to_send():
            self._link.tell(command)
        if self.state.connection is None and self._plays and not self._flow.stream.unapplied:
            self._end(ctx)

    # The dialogue ----------------------------------------------------------------------------------

    def _take(self, ctx: Context, taken: Turn | None) -> None:
        """Keep the dialogue's new state and do what it wants done."""
        if taken is None:
            return
        dialogue, effects = taken
        if dialogue is not self.state.dialogue:
            self.state = self.state.replace(dialogue=dialogue)
        said: list[str] = []
        for effect in effects:
            match effect:
                case Say(text):
                    said.append(text)
                case AskFor(prompt):
                    self._speak("\n".join(said), prompt)
                    said.clear()
                case _:
                    self._speak("\n".join(said))
                    said.clear()
                    self._perform(ctx, effect)
        self._speak("\n".join(said))

    def _perform(self, ctx: Context, effect: Effect) -> None:
        match effect:
            case Echo(enabled):
                self._tell_client(SetEcho(enabled))
            case Send(request):
                if not self._flow.is_world_here:
                    self._speak(WORLD_AWAY)
                self._link.tell(Inquire(self._number, self.ctx.ref, request))
            case LoggedIn(account):
                logger.info("session %d: logged in as %s", self._number, account.name)
                record = self._record.with_account(AccountOf(account.id, account.name))
                self.state = self.state.replace(record=record)
                self._move(ctx, SessionState.CHARACTER_SELECTION)
            case Entered(selected):
                self._enter_play(ctx, selected)
            case Typed(text):
                self._command(text)
            case Ended(text):
                self._say_farewell(ctx, text, DisconnectReason.QUIT)

    # States ----------------------------------------------------------------------------------------

    def _move(self, ctx: Context, target: SessionState) -> None:
        record = self._record.moved_to(target, now=ctx.now)
        self.state = self.state.replace(record=record)
        self._plays = record.plays
        self._watch_idleness(ctx)

    def _enter_play(self, ctx: Context, selected: CharacterSelected) -> None:
        character = CharacterOf(selected.character.id, selected.character.name)
        self.state = self.state.replace(record=self._record.with_character(character), is_in_world=True)
        self._flow.begin_at(selected.applied)
        self._move(ctx, SessionState.PLAYING)

    def _leave_play(self, ctx: Context, text: str) -> None:
        """Back to character selection; lines that were typed ahead are for its menu."""
        self._asked_again = None
        ahead = self._flow.withdraw()
        self.state = self.state.replace(record=self._record.with_character(None))
        if self.state.connection is None:
            self._end(ctx)
            return
        self._move(ctx, SessionState.CHARACTER_SELECTION)
        self._take(ctx, self._rules.returned(self.state.dialogue, text))
        for line in ahead:
            self._take(ctx, self._rules.heard(self.state.dialogue, line))

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

    # ------------------------------------------------------------------------------------------------

    def _speak(self, text: str, prompt: str | None = None) -> None:
        if text or prompt is not None:
            self._tell_client(Speak(text, prompt))

    def _tell_client(self, message: Message) -> None:
        connection: Ref | None = self.state.connection
        if connection is not None:
            connection.tell(message)

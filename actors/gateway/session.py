"""The session actor: what one player says and is shown, from the first byte to the last.

Transient: it ends cleanly when it is closed, and a crash restarts it at its last good state, with the
connections kept and one line of story for the player. A shell around pure parts: the login dialogue
(`login`), the numbered lines (`command_flow`), the record and its states (`session_record`); see
`session_stay` for everything that is not talk.
"""

import logging

from actors.command_trace import trace_id
from actors.gateway.command_flow import Standing
from actors.gateway.devices import Device, own_number
from actors.gateway.dialogue import (
    AskFor,
    Echo,
    Effect,
    Ended,
    Entered,
    LoggedIn,
    Rejoin,
    Running,
    Say,
    Send,
    ShowToken,
    TokensRevoked,
    Turn,
    Typed,
)
from actors.gateway.login import WORLD_AWAY, LoginDialogue, LoginReply
from actors.gateway.messages.client import ClientArrived, SendData, SetEcho, Show
from actors.gateway.messages.link import (
    Answered,
    CreditChanged,
    Failed,
    Incoming,
    Inquire,
    WorldLost,
    WorldReached,
)
from actors.gateway.missed_output import numbered
from actors.gateway.session_arrival import Arrival
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import AccountOf, CharacterOf, SessionId, address_of, metadata_of
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import (
    AGAIN,
    BREATH_DRAWN,
    BREATH_HELD,
    ENDED,
    LOST_PLACE,
    PASSWORD_CHANGED,
    REFUSALS,
)
from actors.rendering import Delivery
from transports import packages
from transports.adapter import LineReceived
from transports.link.protocol import (
    Authenticated,
    CharacterList,
    CharacterReleased,
    CharacterSelected,
    DisconnectReason,
    DisconnectSession,
    FailureCode,
    Outcome,
    Performed,
    Prompt,
    RequestBody,
    SelectCharacter,
    SessionReconnected,
)
from wyld_actors import Context, Message, on

logger = logging.getLogger(__name__)

# The world may answer otherwise a moment later.
_PASSING = frozenset(
    {FailureCode.UNAVAILABLE, FailureCode.OVERLOADED, FailureCode.DEADLINE_PASSED, FailureCode.INTERNAL}
)


class SelectAgain(Message, frozen=True):
    """To oneself: try once more to bring the character back."""


class Session(Arrival):
    """One session; see the module."""

    def __init__(
        self, rules: LoginDialogue, options: SessionOptions, number: SessionId, protocol: str, peer: str
    ) -> None:
        super().__init__(rules, options, number, protocol, peer)
        self._asked_again: RequestBody | None = None
        # What the client was told of its own lines.
        self._done = 0
        # Out of the world although the world is there, and so nothing to be told of its return.
        self._is_torn_out = False
        # What the client was told last; None where a crash has taken that.
        self._is_world_away: bool | None = None if self.state.devices else False

    # The client ------------------------------------------------------------------------------------

    @on(ClientArrived)
    def meet(self, ctx: Context, arrived: ClientArrived) -> None:
        record = self._record.with_metadata(metadata_of(arrived.capabilities))
        self.state = self.state.replace(record=record)
        is_page = arrived.capabilities.rendering.family == "json"
        self._add(ctx, Device(arrived.connection, takes_tokens=is_page, goes_on=True))
        self._move(ctx, SessionState.AUTHENTICATING)
        self._tell_where_lines_go()
        if self._is_world_away:
            self._tell_of_world(is_here=False)
        self._take(ctx, self._rules.begin(address_of(record.peer)))

    @on(LineReceived)
    def hear(self, ctx: Context, line: LineReceived) -> None:
        self._touch(ctx.now)
        if self.state.moving_to is not None:
            # Said before the client was another session's.
            self.state.moving_to.try_tell(line)
        elif self._plays:
            if not self._hear_reconnect(line.text):
                self._command(line.text, own_number(self.state.devices, line.number, self._flow.line))
        elif self._record.state is not SessionState.CLOSED:
            self._take(ctx, self._rules.heard(self.state.dialogue, line.text))

    # The world's outputs ---------------------------------------------------------------------------

    @on(Incoming)
    def receive(self, ctx: Context, incoming: Incoming) -> None:
        flow = self._flow
        if incoming.position is not None:
            # First, as what is shown may end in asking a world where to go on.
            flow.confirmed(incoming.position)
            self._tell_what_is_done()
        shown: list[Delivery] = []
        prompt: str | None = None
        deliveries = self._not_yet_seen(incoming) if self._seen_elsewhere else incoming.deliveries
        for delivery in deliveries:
            if not delivery.steers:
                shown.append(delivery)
                continue
            body = delivery.body
            if isinstance(body, Performed):
                self._is_performed(body)
                prompt = body.prompt or prompt
            elif isinstance(body, Prompt):
                prompt = body.text
            else:
                self._show(shown, prompt)
                shown, prompt = [], None
                self._steer(ctx, body)
        self._show(shown, prompt, incoming.received)
        self._send_lines()
        # Last, when nothing can go wrong any more: it is changed in place.
        flow.received = incoming.received
        if not self._is_sure:
            every = numbered(incoming.deliveries, incoming.received)
            self._missed.keep([one for one in every if not (one[1].steers or one[1].is_place)])

    def _know_all_from_before(self) -> None:
        """All that the world has kept for this session has come. What comes now is new, whatever a page had
        of numbers that a world has given since and lost."""
        self._seen_elsewhere = 0

    def _not_yet_seen(self, incoming: Incoming) -> list[Delivery]:
        """Without what the page had from an earlier life of this gateway, and the world sends once more."""
        seen = self._seen_elsewhere
        if incoming.received >= seen:
            self._seen_elsewhere = 0
        every = numbered(incoming.deliveries, incoming.received)
        return [delivery for number, delivery in every if delivery.steers or number > seen]

    def _is_performed(self, done: Performed) -> None:
        self._flow.performed(done.number)
        if done.outcome is Outcome.FAILED:
            trace = trace_id(self._number, done.number)
            logger.warning(
                "session %d: command %s failed in the world", self._number, trace, extra={"trace": trace}
            )

    def _show(self, deliveries: list[Delivery], prompt: str | None, received: int | None = None) -> None:
        if deliveries or prompt is not None:
            self._tell_client(Show(deliveries, prompt, received))

    def _steer(self, ctx: Context, body: object) -> None:
        match body:
            case CharacterReleased(_, text, comes_back=True) if self._plays:
                self._come_back(text)
            case CharacterReleased(_, text) if self._plays:
                self._leave_play(ctx, text)
            case DisconnectSession(reason, text):
                self._say_farewell(ctx, text or ENDED, reason)

    # The world comes and goes ----------------------------------------------------------------------

    @on(WorldReached)
    def world_reached(self, ctx: Context, reached: WorldReached) -> None:
        flow = self._flow
        was_away = not flow.is_world_here
        if self._is_world_away is not False:
            self._tell_of_world(is_here=True)
        is_stranger = reached.is_new or not self.state.is_in_world
        standing = flow.reached(
            reached.credit, reached.position, is_new=is_stranger, plays=self._plays, line=reached.line
        )
        self._tell_what_is_done()
        if flow.is_short:
            flow.is_short = False
            self._tell_client(SendData(packages.AGAIN, AGAIN))
        if standing is Standing.SELECT_AGAIN:
            self.state = self.state.replace(is_in_world=False)
            # What has been asked the link repeats by itself.
            if self._asked_again is None:
                self._select_again()
        elif not self._plays:
            self._take(ctx, self._rules.world_back(self.state.dialogue) if was_away else None)
        elif was_away and reached.is_new:
            self._speak(BREATH_DRAWN)
        if reached.is_new and not self.state.devices and standing is Standing.GO_ON:
            # Another world, perhaps, which thinks that somebody is there.
            self._tell_world_of_absence()
        self._send_lines()

    @on(CreditChanged)
    def change_credit(self, _ctx: Context, changed: CreditChanged) -> None:
        self._flow.change_credit(changed.credit)
        self._send_lines()

    @on(WorldLost)
    def world_lost(self, ctx: Context, _: WorldLost) -> None:
        self._flow.lost()
        self._is_torn_out = False
        self._tell_of_world(is_here=False)
        if self._plays:
            self._speak(BREATH_HELD)
        else:
            self._take(ctx, self._rules.world_away(self.state.dialogue))

    @on(Answered)
    def take_answer(self, ctx: Context, answered: Answered) -> None:
        reply = answered.reply
        if answered.body is self._asked_again and isinstance(reply, CharacterSelected):
            self._asked_again = None
            self.state = self.state.replace(is_in_world=True)
            self._flow.go_on_after(reply.applied)
            self._seen_elsewhere = 0
            if not self._is_torn_out:
                self._speak(BREATH_DRAWN)
            self._is_torn_out = False
            self._send_lines()
            if not self.state.devices:
                self._tell_world_of_absence()
        elif isinstance(answered.body, SessionReconnected):
            self._know_all_from_before()
        elif answered.body is self.state.dialogue.request:
            assert isinstance(reply, LoginReply)
            running = self._running_of(ctx, reply)
            self._take(ctx, self._rules.answered(self.state.dialogue, reply, running))

    def _running_of(self, ctx: Context, reply: LoginReply) -> tuple[Running, ...]:
        """Before a list of characters: which of them are in the world with other sessions."""
        account = reply.account if isinstance(reply, Authenticated) else self.state.dialogue.account
        is_list = isinstance(reply, Authenticated | CharacterList)
        return self._running(ctx, account.id) if is_list and account is not None else ()

    @on(Failed)
    def take_failure(self, ctx: Context, failed: Failed) -> None:
        if isinstance(failed.body, SessionReconnected):
            self._know_all_from_before()
        elif failed.body is self.state.dialogue.request:
            self._take(ctx, self._rules.failed(self.state.dialogue, failed.code, failed.text))
        elif failed.body is self._asked_again and failed.code in _PASSING:
            self._asked_again = None
            ctx.after(self._options.retry_seconds, SelectAgain())
        elif failed.body is self._asked_again:
            self._leave_play(ctx, f"{LOST_PLACE} {failed.text}")

    @on(SelectAgain)
    def try_again(self, _ctx: Context, _: SelectAgain) -> None:
        is_missing = self._plays and not self.state.is_in_world
        if is_missing and self._asked_again is None and self._flow.is_world_here:
            self._select_again()

    def _come_back(self, text: str) -> None:
        """What plays the character in the world has died, and all it was has been kept: lines wait for it."""
        self.state = self.state.replace(is_in_world=False)
        self._is_torn_out = True
        self._flow.hold()
        self._speak(text)
        if self._asked_again is None:
            self._select_again()

    def _select_again(self) -> None:
        """The world has forgotten who plays: a checkpoint older than the session, or a crash."""
        record = self._record
        assert record.account is not None
        assert record.character is not None
        self._asked_again = SelectCharacter(
            record.account.id,
            record.character.id,
            self._flow.stream.durable,
            gives_way=not self.state.devices,
        )
        self._link.tell(Inquire(self._number, self.ctx.ref, self._asked_again, is_again=True))

    # Lines to the world ----------------------------------------------------------------------------

    def _command(self, text: str, client: int = 0) -> None:
        flow = self._flow
        refusal = flow.accept(text, client)
        if refusal is not None:
            self._speak(REFUSALS[refusal])
            return
        self._send_lines()

    def _send_lines(self) -> None:
        for command in self._flow.to_send():
            self._link.tell(command)
            if logger.isEnabledFor(logging.DEBUG):
                trace = trace_id(command.session, command.number)
                logger.debug("session %d: command %s is sent", self._number, trace, extra={"trace": trace})

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
                self._give_way_back()
            case TokensRevoked():
                self._begin_anew_with_password(ctx)
            case Rejoin():
                self._rejoin(ctx, effect)
            case ShowToken(text):
                self._show_token(ctx, text)
            case Entered(selected):
                self._enter_play(ctx, selected)
            case Typed(text):
                self._command(text)
            case Ended(text):
                self._say_farewell(ctx, text, DisconnectReason.QUIT)

    def _begin_anew_with_password(self, ctx: Context) -> None:
        """The account has another one. All its other sessions, here and elsewhere, the world has ended."""
        if len(self.state.devices) > 1:
            # Nobody can tell which of them has typed it.
            self._say_farewell(ctx, PASSWORD_CHANGED, DisconnectReason.PASSWORD_CHANGED)
        else:
            # Of both kinds, so that none which waits to be written outlasts the password either.
            self._give_way_back(only=True)

    # States ----------------------------------------------------------------------------------------

    def _client_is_back(self, ctx: Context, away_seconds: float, next_secret: str) -> None:
        record = self._record
        if record.left is not None:
            self._move(ctx, record.left)
        else:
            self._keep()
        self._tell_where_lines_go()
        self._tell_of_world(is_here=self._flow.is_world_here)
        if len(self.state.devices) == 1 and self.state.devices[0].goes_on:
            self._tell_client(SendData(packages.TAKEN, self._flow.line))
        self._done = 0
        self._tell_what_is_done()
        self._give_way_back(next_secret, only=True)
        if not self._plays:
            if self.state.dialogue.request is None:
                self._take(ctx, self._rules.returned(self.state.dialogue))
            return
        if not self._flow.is_world_here:
            self._speak(BREATH_HELD)
        record = self._record
        back = SessionReconnected(record.protocol, record.peer, away_seconds)
        self._link.tell(Inquire(self._number, self.ctx.ref, back))

    def _tell_where_lines_go(self) -> None:
        """To programs: whether what is typed is for the game. A person sees it."""
        self._tell_client(SendData(packages.SESSION, {"playing": self._plays}))

    def _tell_of_world(self, *, is_here: bool) -> None:
        """To programs: whether the world can be reached."""
        self._is_world_away = not is_here
        self._tell_client(SendData(packages.STATUS, {"world": "up" if is_here else "away"}))

    def _tell_what_is_done(self) -> None:
        """To a page: which of its lines nothing can lose any more."""
        done = self._flow.done
        if done > self._done:
            self._done = done
            self._tell_client(SendData(packages.DONE, done))

    def _enter_play(self, ctx: Context, selected: CharacterSelected) -> None:
        character = CharacterOf(selected.character.id, selected.character.name, selected.entity)
        self.state = self.state.replace(record=self._record.with_character(character), is_in_world=True)
        self._flow.begin_at(selected.applied)
        self._seen_elsewhere = 0
        self._move(ctx, SessionState.PLAYING)
        if not self.state.devices:
            self._tell_world_of_absence()
        self._tell_where_lines_go()
        self._announce_code()

    def _leave_play(self, ctx: Context, text: str) -> None:
        """Back to character selection; lines that were typed ahead are for its menu."""
        self._asked_again = None
        ahead = self._flow.withdraw()
        self._tell_what_is_done()
        self.state = self.state.replace(record=self._record.with_character(None))
        if not self.state.devices:
            # Who had typed that before the line broke has nothing to come back to.
            self._end(ctx)
            return
        self._move(ctx, SessionState.CHARACTER_SELECTION)
        self._tell_where_lines_go()
        self._take(ctx, self._rules.returned(self.state.dialogue, text))
        for line in ahead:
            self._take(ctx, self._rules.heard(self.state.dialogue, line))

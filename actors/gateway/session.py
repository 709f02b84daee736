"""The session actor: what one player says and is shown, from the first byte to the last.

Transient: it ends cleanly when it is closed, and a crash restarts it at its last good state, with the
connections kept and one line of story for the player. A shell around pure parts: the login dialogue
(`login`), the numbered lines (`command_flow`), the record and its states (`session_record`).

It is made of parts, of which each builds on the one before: who looks (`session_clients`), how long it stays
(`session_stay`), what it gives out to come back with (`session_tokens`), whose client it has
(`session_arrival`), play (`session_playing`), and a world that goes and comes (`session_world`). Here it
meets its client, and does what the dialogue wants done.
"""

import logging

from actors.gateway.devices import Device, own_number
from actors.gateway.dialogue import (
    AskFor,
    Echo,
    Effect,
    Ended,
    Entered,
    LoggedIn,
    Rejoin,
    Say,
    Send,
    ShowToken,
    TokensRevoked,
    Turn,
    Typed,
)
from actors.gateway.login import WORLD_AWAY
from actors.gateway.messages.client import ClientArrived, SendData, SetEcho
from actors.gateway.messages.link import Inquire
from actors.gateway.session_record import AccountOf, address_of, metadata_of
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import BREATH_HELD, PASSWORD_CHANGED
from actors.gateway.session_world import WorldSide
from transports import packages
from transports.adapter import LineReceived
from transports.link.protocol import DisconnectReason, SessionReconnected
from wyld_actors import Context, on

logger = logging.getLogger(__name__)


class Session(WorldSide):
    """One session; see the module."""

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

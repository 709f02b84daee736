"""The world comes and goes, and the session stays: it holds its lines, and brings its character back.

A world that has forgotten who plays (a checkpoint older than the session, a crash of what plays the
character) is asked to select the character again, until it says no for good.
"""

from actors.gateway.command_flow import Standing
from actors.gateway.dialogue import Running
from actors.gateway.login import LoginDialogue, LoginReply
from actors.gateway.messages.client import SendData
from actors.gateway.messages.link import Answered, CreditChanged, Failed, Inquire, WorldLost, WorldReached
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_playing import Playing
from actors.gateway.session_record import SessionId
from actors.gateway.session_words import AGAIN, BREATH_DRAWN, BREATH_HELD, LOST_PLACE
from transports import packages
from transports.link.protocol import (
    Authenticated,
    CharacterList,
    CharacterSelected,
    FailureCode,
    SelectCharacter,
    SessionReconnected,
)
from wyld_actors import Context, Message, on

# The world may answer otherwise a moment later.
_PASSING = frozenset(
    {FailureCode.UNAVAILABLE, FailureCode.OVERLOADED, FailureCode.DEADLINE_PASSED, FailureCode.INTERNAL}
)


class SelectAgain(Message, frozen=True):
    """To oneself: try once more to bring the character back."""


class WorldSide(Playing):
    """The part of a session that sees the world come and go, and has its answers."""

    def __init__(
        self, rules: LoginDialogue, options: SessionOptions, number: SessionId, protocol: str, peer: str
    ) -> None:
        super().__init__(rules, options, number, protocol, peer)
        # Out of the world although the world is there, and so nothing to be told of its return.
        self._is_torn_out = False

    # Here and away ---------------------------------------------------------------------------------

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

    # Answers ---------------------------------------------------------------------------------------

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

    # The character comes back ----------------------------------------------------------------------

    @on(SelectAgain)
    def try_again(self, _ctx: Context, _: SelectAgain) -> None:
        is_missing = self._plays and not self.state.is_in_world
        if is_missing and self._asked_again is None and self._flow.is_world_here:
            self._select_again()

    def _come_back(self, text: str) -> None:
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

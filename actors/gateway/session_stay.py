"""A session's stay, apart from what is said in it: its states, its idleness, its end.

A session that has logged in is older than any client: when the last one goes it is Disconnected and waits
(`link_dead_seconds`), its character stays in the world, the lines under way are run. One that has not logged
in ends with its client. What the book is told outlasts this process: a gateway that starts brings its
sessions back as they were, without clients (`restored`).
"""

import logging

import msgspec

from actors.gateway.command_flow import CommandFlow
from actors.gateway.dialogue import Dialogue
from actors.gateway.messages.book import (
    DescribeSession,
    DropSession,
    KeepSession,
    MakeRoom,
    SendAway,
    TouchSession,
)
from actors.gateway.messages.client import Farewell, SendData
from actors.gateway.messages.link import Inquire, Join, Leave, Rejoin
from actors.gateway.missed_output import MissedOutput
from actors.gateway.session_book import SESSION_BOOK, TOUCH_SECONDS
from actors.gateway.session_clients import Clients
from actors.gateway.session_options import SessionOptions, idle_seconds_left
from actors.gateway.session_record import SessionId, SessionRecord, metadata_of
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import IDLE, STORY, TOO_SLOW
from transports.adapter import CapabilitiesChanged, DataReceived
from transports.link.protocol import AccountRecord, DisconnectReason, SessionDisconnected
from wyld_actors import Context, Message, Timer, on

__all__ = ["Stay", "restored"]

logger = logging.getLogger(__name__)

# How often somebody is looked at who has been idle for too long, but may not be sent away just now.
_LOOK_AGAIN_SECONDS = 1.0

_WITHOUT_LOGIN = frozenset({SessionState.CONNECTING, SessionState.AUTHENTICATING})


class CheckIdle(Message, frozen=True):
    """To oneself: has the player done nothing for too long?"""


class Stay(Clients):
    """One player's stay. Ends when it is closed, by the player or by time."""

    may_be_interrupted = False

    class State(Clients.State, frozen=True):
        """See `Clients.State`."""

    def __init__(self, options: SessionOptions, number: SessionId, protocol: str, peer: str) -> None:
        super().__init__(options, number, protocol, peer)
        self._plays = self._record.plays
        self._told_touch_at = self._touched_at
        self._timer: Timer | None = None

    def on_start(self) -> None:
        super().on_start()
        self._join()
        if self.ctx.incarnation == 1 and self._record.state is SessionState.DISCONNECTED:
            # From an earlier life of the gateway: what arrives for it has been seen by nobody.
            self._confirm(self._flow.received)
        self._keep()
        self._speak(STORY)
        self._watch_idleness(self.ctx)

    def on_stop(self) -> None:
        record = self._record
        if record.state is SessionState.CLOSED:
            self._link.tell(Leave(self._number, self.state.end_reason))
            self._tell_book(DropSession(self._number))
        elif record.state not in (SessionState.DISCONNECTED, *_WITHOUT_LOGIN):
            # The gateway stops. In its next life it goes on.
            record = record.moved_to(SessionState.DISCONNECTED, now=self.ctx.now)
            self._tell_book(KeepSession(record, self.ctx.ref))

    @on(Rejoin)
    def rejoin(self, _ctx: Context, _: Rejoin) -> None:
        self._join()

    def _join(self) -> None:
        self._link.tell(
            Join(self._number, self.ctx.ref, self._flow.received, self.state.is_in_world, self._plays)
        )

    # The book --------------------------------------------------------------------------------------

    def _tell_book(self, message: Message) -> None:
        book = self.ctx.system.registry.whereis(SESSION_BOOK)
        if book is not None:
            book.try_tell(message)

    def _keep(self) -> None:
        self._tell_book(KeepSession(self._record, self.ctx.ref))

    def _touch(self, now: float) -> None:
        """The player does something."""
        self._touched_at = now
        if now - self._told_touch_at >= TOUCH_SECONDS:
            self._told_touch_at = now
            self._tell_book(TouchSession(self._number, now))

    # The client ------------------------------------------------------------------------------------

    @on(DataReceived)
    def hear_program(self, ctx: Context, data: DataReceived) -> None:
        """GMCP's own small talk; packages of the game will be commands when the game has them."""
        match data.package.lower():
            case "core.ping":
                self._tell_client(SendData("Core.Ping", None))
            case "core.keepalive":
                self._touch(ctx.now)

    @on(CapabilitiesChanged)
    def note_capabilities(self, _ctx: Context, changed: CapabilitiesChanged) -> None:
        metadata = metadata_of(changed.capabilities)
        if metadata != self._record.metadata:
            self.state = self.state.replace(record=self._record.with_metadata(metadata))
            self._keep()

    @on(DescribeSession)
    def describe(self, _ctx: Context, _: DescribeSession) -> SessionRecord:
        return self._record.touched(self._touched_at)

    def _without_client(self, ctx: Context, reason: DisconnectReason, seen: int) -> None:
        if self._record.state is SessionState.CLOSED:
            ctx.stop()
            return
        self.state = self.state.replace(end_reason=reason)
        if self._record.state in _WITHOUT_LOGIN:
            self._end(ctx)
            return
        logger.info("session %d: waits for its client", self._number)
        self._move(ctx, SessionState.DISCONNECTED)
        self._confirm(seen, is_last=True)
        self._tell_world_of_absence()

    def _tell_world_of_absence(self) -> None:
        if self._plays:
            reason, grace = self.state.end_reason, self._options.link_dead_seconds
            self._link.tell(Inquire(self._number, None, SessionDisconnected(reason, grace)))

    # States and the end ----------------------------------------------------------------------------

    def _move(self, ctx: Context, target: SessionState) -> None:
        self.state = self.state.replace(record=self._moved(target))
        self._plays = self._record.plays
        self._keep()
        self._watch_idleness(ctx)

    def _moved(self, target: SessionState) -> SessionRecord:
        record = self._record
        is_away = record.state is SessionState.DISCONNECTED and not self.state.devices
        if is_away and target is not SessionState.CLOSED:
            return record.gone_on_to(target)
        return record.moved_to(target, now=self.ctx.now)

    def _say_farewell(self, ctx: Context, text: str, reason: DisconnectReason) -> None:
        """Close the client; the session ends when it has gone."""
        self.state = self.state.replace(end_reason=reason)
        if not self.state.devices:
            self._end(ctx)
        elif self._record.state is not SessionState.CLOSED:
            self._move(ctx, SessionState.CLOSED)
            self._tell_client(Farewell(text, reason.value))

    @on(MakeRoom)
    def make_room(self, ctx: Context, _: MakeRoom) -> None:
        if not self.state.devices and not self._plays:
            self._say_farewell(ctx, "", DisconnectReason.SESSION_EXPIRED)

    @on(SendAway)
    def send_away(self, ctx: Context, away: SendAway) -> None:
        self._say_farewell(ctx, away.text, away.reason)

    def _end(self, ctx: Context) -> None:
        if unapplied := self._flow.stream.unapplied:
            logger.warning("session %d: ends with %d lines not run", self._number, unapplied)
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
        if left is None or left > 0 or self._waits_for_world:
            self._watch_idleness(ctx)
            return
        match self._record.state:
            case SessionState.AUTHENTICATING | SessionState.CONNECTING:
                self._say_farewell(ctx, TOO_SLOW, DisconnectReason.IDLE)
            case SessionState.DISCONNECTED:
                self._say_farewell(ctx, "", DisconnectReason.SESSION_EXPIRED)
            case _:
                self._say_farewell(ctx, IDLE, DisconnectReason.IDLE)

    @property
    def _waits_for_world(self) -> bool:
        """Who waits for the world's answer is not idle."""
        return self.state.dialogue.request is not None and bool(self.state.devices)


def restored(record: SessionRecord, now: float) -> Stay.State:
    """What a session begins with that an earlier life of the gateway had: without a client, from `now` on."""
    if record.state is not SessionState.DISCONNECTED:
        record = record.moved_to(SessionState.DISCONNECTED, now=now)
    record = msgspec.structs.replace(record, changed_at=now, touched_at=now)
    account = record.account
    return Stay.State(
        record=record,
        flow=CommandFlow(record.id, is_agreed=False),
        missed=MissedOutput(),
        dialogue=Dialogue(account=None if account is None else AccountRecord(account.id, account.name)),
        is_in_world=record.plays,
        end_reason=DisconnectReason.CLIENT_LOST,
    )

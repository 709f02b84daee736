"""The gateway's end of the link as an actor: between all sessions and the one world.

Upward it queues what sessions send; everything of one turn of the loop leaves as one batch. Downward it hands
on what `LinkLedger.sort` makes of a batch: one Incoming to a session for all that the batch holds for it.

The streams are made good by numbers, not by hope: duplicates are dropped, a gap is asked for again, what
arrived is confirmed in bulk. Requests are repeated until answered. When the world is away, sessions are told
and keep their lines; requests wait.

It is made of parts, of which each builds on the one before: a line to the world (`link_reaching`), the
sessions and what they ask (`link_sessions`), and here batches, confirmations and the end.

It can crash: the ledger is state, sessions are asked to Join again, and each says up to which output it has
really seen. So nothing is shown twice and nothing is missing.
"""

import logging
from collections.abc import Iterable

from actors.gateway.link_sessions import Joining
from actors.gateway.messages.book import EndOtherSessions, SendAway
from actors.gateway.messages.link import (
    Answered,
    Confirm,
    CreditChanged,
    DescribeLink,
    Failed,
    Inquire,
    LinkStatus,
    WorldReached,
)
from actors.gateway.session_book import SESSION_BOOK
from actors.gateway.session_words import PASSWORD_CHANGED
from actors.gateway.world_line import Batch, Dial, LinkOptions
from transports.link.protocol import (
    Credit,
    DisconnectReason,
    EndSessions,
    Frame,
    Goodbye,
    Heartbeat,
    QueueStatistics,
    ReportQueues,
    Resend,
    SessionsEnded,
    Welcome,
)
from wyld_actors import Context, ExitReason, Message, StopRequested, on

logger = logging.getLogger(__name__)

# Between two questions for what waits in the world.
LOOK_SECONDS = 10.0
# For the last words to leave the socket, which is closed without waiting.
FAREWELL_SECONDS = 0.05


class SendAcks(Message, frozen=True):
    """To oneself: confirm what has arrived."""


class Finish(Message, frozen=True):
    """To oneself: what was sent before has been queued; end."""

    reason: ExitReason


class HangUp(Message, frozen=True):
    """To oneself: the last words have left; end."""

    reason: ExitReason


class GatewayLink(Joining):
    """Permanent. Registered as LINK."""

    may_be_interrupted = False

    def __init__(self, options: LinkOptions, dial: Dial) -> None:
        super().__init__(options, dial)
        self._is_ack_due = False
        self._queues: QueueStatistics | None = None
        self._asked_at = 0.0

    # A batch ---------------------------------------------------------------------------------------

    @on(Batch)
    def take(self, ctx: Context, batch: Batch) -> None:
        if batch.attempt != self._line.attempt:
            return
        frames: Iterable[Frame] = batch.frames
        if self._line.is_up:
            self._line.heard(ctx.now)
        else:
            frames = self._shake(ctx, iter(batch.frames))
        if self._ledger.awaits_claims:
            frames = self._hand_on_claimed(ctx, frames)
        self._hand_on(ctx, frames)

    def _hand_on_claimed(self, ctx: Context, frames: Iterable[Frame]) -> Iterable[Frame]:
        """Sessions hear where they stand before what follows, and after what came before. Returns the
        rest."""
        rest: list[Frame] = []
        for frame in frames:
            if isinstance(frame, Welcome):
                self._hand_on(ctx, rest)
                rest = []
                for ref, message in self._ledger.claimed(frame):
                    ref.tell(message)
            else:
                rest.append(frame)
        return rest

    def _hand_on(self, ctx: Context, frames: Iterable[Frame]) -> None:
        ledger = self._ledger
        done = ledger.sort(frames)
        for ref, message in done.mail:
            ref.tell(message)
        for frame in done.frames:
            self._queue(ctx, frame)
        for frame in done.others:
            self._act(ctx, frame)
        if ledger.unconfirmed:
            self._ack_soon(ctx)

    def _act(self, ctx: Context, frame: Frame) -> None:
        match frame:
            case Heartbeat():
                self._line.take_beat(frame, ctx.now)
            case Credit(commands):
                self._credit = commands
                self._tell_all(CreditChanged(commands))
            case Resend(session, _) if session in self._ledger.refs:
                self._ledger.refs[session].tell(WorldReached(self._credit))
            case EndSessions(number, account, spared):
                self._end_sessions(ctx, number, EndOtherSessions(account, spared))
            case Goodbye(reason, text):
                self._drop(ctx, f"the world is stopping ({reason}) {text}")

    def _end_sessions(self, ctx: Context, number: int, end: EndOtherSessions) -> None:
        # Who has just logged in, and is not in the book yet, hears it behind the answer to that.
        for ref in self._ledger.logged_in_as(end.account, spared=end.session):
            ref.tell(SendAway(PASSWORD_CHANGED, DisconnectReason.PASSWORD_CHANGED))
        book = ctx.system.registry.whereis(SESSION_BOOK)
        # Without a book nobody is told; the world says it again at the next handshake.
        if book is not None and book.try_tell(end):
            self._queue(ctx, SessionsEnded(number))

    # Confirmations ---------------------------------------------------------------------------------

    @on(Confirm)
    def confirm(self, ctx: Context, confirm: Confirm) -> None:
        self._ledger.confirm(confirm.session, confirm.received)
        if confirm.is_last:
            self._send_acks(ctx)
        else:
            self._ack_soon(ctx)

    def _ack_soon(self, ctx: Context) -> None:
        if not self._is_ack_due:
            self._is_ack_due = True
            ctx.after(self._options.ack_seconds, SendAcks())

    @on(SendAcks)
    def send_acks(self, ctx: Context, _: SendAcks) -> None:
        self._is_ack_due = False
        self._send_acks(ctx)

    def _send_acks(self, ctx: Context) -> None:
        acks = self._ledger.acks()
        if acks is not None:
            self._queue(ctx, acks)

    # Operators, and the end ------------------------------------------------------------------------

    @on(DescribeLink)
    def describe(self, ctx: Context, _: DescribeLink) -> LinkStatus:
        ledger, line = self._ledger, self._line
        status = LinkStatus(
            is_up=line.is_up,
            world=line.world,
            world_epoch=line.world_epoch,
            attempts=line.attempt,
            round_trip_seconds=line.round_trip_seconds,
            sessions=len(ledger.refs),
            sessions_in_world=len(ledger.in_world),
            requests_waiting=len(ledger.book),
            statistics=line.statistics,
            trouble="" if line.is_up else self._trouble,
            queues=self._queues,
        )
        self._ask_for_queues(ctx)
        return status

    def _ask_for_queues(self, ctx: Context) -> None:
        """For the next one who looks: the world counts through all its sessions for this."""
        if self._line.is_up and (not self._asked_at or ctx.now - self._asked_at >= LOOK_SECONDS):
            self._asked_at = ctx.now
            self._ask(ctx, Inquire(0, ctx.ref, ReportQueues()))

    @on(Answered)
    def note_queues(self, _ctx: Context, answered: Answered) -> None:
        if isinstance(answered.reply, QueueStatistics):
            self._queues = answered.reply

    @on(Failed)
    def miss_queues(self, _ctx: Context, failed: Failed) -> None:
        logger.debug("link: the world does not say what waits in it: %s", failed.text)

    @on(StopRequested)
    def stop_requested(self, ctx: Context, request: StopRequested) -> None:
        # The last words of the sessions wait in the mailbox: they go first.
        ctx.ref.tell(Finish(request.reason))

    @on(Finish)
    def finish(self, ctx: Context, finish: Finish) -> None:
        self._send_acks(ctx)
        if self._line.is_up:
            self._line.say_goodbye()
            ctx.after(FAREWELL_SECONDS, HangUp(finish.reason))
        else:
            self._hang_up(ctx, finish.reason)

    @on(HangUp)
    def hang_up(self, ctx: Context, hang_up: HangUp) -> None:
        self._hang_up(ctx, hang_up.reason)

    def _hang_up(self, ctx: Context, reason: ExitReason) -> None:
        self._line.close()
        ctx.stop(reason)

"""The gateway's end of the link as an actor: between all sessions and the one world.

Upward it queues what sessions send; everything of one turn of the loop leaves as one batch. Downward it hands
on what `LinkLedger.sort` makes of a batch: one Incoming to a session for all that the batch holds for it.

The streams are made good by numbers, not by hope: duplicates are dropped, a gap is asked for again, what
arrived is confirmed in bulk. Requests are repeated until answered. When the world is away, sessions are told
and keep their lines; requests wait.

It can crash: the ledger is state, sessions are asked to Join again, and each says up to which output it has
really seen. So nothing is shown twice and nothing is missing.
"""

import logging
import random
from collections.abc import Iterable

from actors.gateway.ledger import LinkLedger
from actors.gateway.messages.book import EndOtherSessions
from actors.gateway.messages.link import (
    Answered,
    Confirm,
    CreditChanged,
    DescribeLink,
    Failed,
    Inquire,
    Join,
    Leave,
    LinkStatus,
    Rejoin,
    WorldLost,
    WorldReached,
)
from actors.gateway.session_book import SESSION_BOOK
from actors.gateway.session_stay import LINK
from actors.gateway.world_line import Batch, Dial, LineBroken, LineConnected, LinkOptions, WorldLine
from transports.link.complaints import Complaints
from transports.link.errors import HandshakeError
from transports.link.liveness import Backoff
from transports.link.protocol import (
    MENDS,
    CloseSession,
    Command,
    Credit,
    DisconnectReason,
    EndSessions,
    FailureCode,
    Frame,
    Goodbye,
    Heartbeat,
    QueueStatistics,
    ReportQueues,
    Resend,
    SelectCharacter,
    SessionId,
    SessionsEnded,
    Welcome,
)
from wyld_actors import (
    Actor,
    Context,
    Exited,
    ExitKind,
    ExitReason,
    Message,
    Record,
    Ref,
    StopRequested,
    on,
)

logger = logging.getLogger(__name__)


# For a connection to come to stand, before somebody is told that none does.
UNREACHED_SECONDS = 5.0
UNREACHED = (
    "nobody answers at link.address; is the world up, is that its address, does a firewall let this through?"
)

# Between two questions for what waits in the world.
LOOK_SECONDS = 10.0

# For the youngest sessions to come back to a world that does not know them. A thousand of them take a second
# or two; longer than this nobody's lines wait for others.
RETURN_SECONDS = 5.0
# A session that gets nothing is told after one to two of these what of its lines is saved. All it loses is
# the memory for them.
SAVED_SECONDS = 2.0
# For the last words to leave the socket, which is closed without waiting.
FAREWELL_SECONDS = 0.05


class Dialling(Message, frozen=True):
    """To oneself: try to reach the world."""


class ConnectionOverdue(Message, frozen=True):
    """To oneself: does a connection of this attempt stand?"""

    attempt: int


class HandshakeOverdue(Message, frozen=True):
    """To oneself: has this attempt got its Welcome?"""

    attempt: int


class Beat(Message, frozen=True):
    """To oneself: the pulse, and what else is done now and then."""


class ReturnOverdue(Message, frozen=True):
    """To oneself: have all sessions had their time to come back to the world of this attempt?"""

    attempt: int


class SendAcks(Message, frozen=True):
    """To oneself: confirm what has arrived."""


class SendClaims(Message, frozen=True):
    """To oneself: tell the world of sessions that have joined since the handshake."""


class LookForSession(Message, frozen=True):
    """To oneself: this session is gone; did it say so?"""

    is_moot_without_receiver = True

    ref: Ref


class Finish(Message, frozen=True):
    """To oneself: what was sent before has been queued; end."""

    reason: ExitReason


class HangUp(Message, frozen=True):
    """To oneself: the last words have left; end."""

    reason: ExitReason


class GatewayLink(Actor):
    """Permanent. Registered as LINK."""

    may_be_interrupted = False

    class State(Record, frozen=True):
        """Changed in place: memories of streams, whose numbers heal what a crash leaves half done."""

        ledger: LinkLedger | None = None
        line: WorldLine | None = None

    def __init__(self, options: LinkOptions, dial: Dial) -> None:
        super().__init__()
        self._options = options
        if self.state.ledger is None:
            chance = random.Random()
            ledger = LinkLedger(lambda: Backoff(options.request_repeats, chance))
            self.state = self.state.replace(ledger=ledger, line=WorldLine(options, dial))
        self._ledger: LinkLedger = self.state.ledger
        self._line: WorldLine = self.state.line
        # Those that are monitored.
        self._session_of: dict[Ref, SessionId] = {}
        self._credit = 0
        self._is_ack_due = self._is_claim_due = False
        self._complaints = Complaints()
        self._trouble = ""
        self._queues: QueueStatistics | None = None
        self._asked_at = 0.0
        self._told_at = 0.0

    def on_start(self) -> None:
        ctx = self.ctx
        ctx.system.registry.register(LINK, ctx.ref)
        ctx.every(self._options.liveness.interval_seconds, Beat())
        for ref in self._ledger.refs.values():
            ref.tell(Rejoin())
        self._open(ctx)

    # The line --------------------------------------------------------------------------------------

    @on(Dialling)
    def dial(self, ctx: Context, _: Dialling) -> None:
        self._open(ctx)

    def _open(self, ctx: Context) -> None:
        self._line.open(ctx.ref.tell)
        ctx.after(UNREACHED_SECONDS, ConnectionOverdue(self._line.attempt))

    @on(ConnectionOverdue)
    def check_connection(self, ctx: Context, overdue: ConnectionOverdue) -> None:
        """An endpoint tries by itself, and says nothing while it does."""
        if overdue.attempt == self._line.attempt and not self._line.is_connected:
            self._trouble = UNREACHED
            logger.warning("link: %s", UNREACHED)

    @on(LineConnected)
    def greet(self, ctx: Context, connected: LineConnected) -> None:
        if connected.attempt == self._line.attempt:
            self._line.greet()
            ctx.after(self._options.handshake_seconds, HandshakeOverdue(connected.attempt))

    @on(HandshakeOverdue)
    def check_handshake(self, ctx: Context, overdue: HandshakeOverdue) -> None:
        if overdue.attempt == self._line.attempt and not self._line.is_up:
            self._drop(ctx, "the world does not answer the handshake")

    @on(LineBroken)
    def line_broken(self, ctx: Context, broken: LineBroken) -> None:
        if broken.attempt == self._line.attempt:
            self._drop(ctx, broken.reason, is_hopeless=broken.is_hopeless)

    def _drop(self, ctx: Context, reason: str, *, is_hopeless: bool = False) -> None:
        """Give the line up and try again after a while."""
        was_up = self._line.is_up
        self._trouble = reason
        self._line.close()
        # Their sessions send those lines again.
        self._ledger.returning.begin(())
        # No message of the old attempt is for the next one.
        self._line.attempt += 1
        delay = self._line.retry_seconds()
        ctx.after(delay, Dialling())
        if was_up:
            logger.warning("link: lost the world: %s; next attempt in %.2f s", reason, delay)
            for ref, message in self._ledger.all_saved():
                ref.tell(message)
            self._tell_all(WorldLost())
        elif is_hopeless:
            if said := self._complaints.about(reason, ctx.now):
                logger.error("link: no way into the world: %s; it is tried again and again", said)
        else:
            logger.info("link: no world yet: %s; next attempt in %.2f s", reason, delay)

    def _tell_all(self, message: Message) -> None:
        for ref in self._ledger.refs.values():
            ref.tell(message)

    def _queue(self, ctx: Context, frame: Frame) -> None:
        if self._line.is_up and not self._line.send(frame):
            self._drop(ctx, "more is waiting for the world than can be kept")

    @on(Beat)
    def beat(self, ctx: Context, _: Beat) -> None:
        now = ctx.now
        if not self._line.beat(now):
            self._drop(ctx, "the world has fallen silent")
        self._tell_what_is_saved(now)
        book = self._ledger.book
        if not book:
            return
        for request in book.repeats(now) if self._line.is_up else ():
            self._queue(ctx, request)
        for inquiry, _error in book.expired(now):
            if not self._line.is_up or inquiry.asker is None:
                self._ask(ctx, inquiry)
            else:
                code = FailureCode.DEADLINE_PASSED
                inquiry.asker.tell(Failed(inquiry.body, code, MENDS[code]))

    def _tell_what_is_saved(self, now: float) -> None:
        if now - self._told_at >= SAVED_SECONDS:
            self._told_at = now
            for ref, message in self._ledger.overdue():
                ref.tell(message)

    # Sessions --------------------------------------------------------------------------------------

    @on(Command)
    def queue_command(self, ctx: Context, command: Command) -> None:
        if not self._ledger.returning.keeps(command):
            self._queue(ctx, command)

    @on(ReturnOverdue)
    def go_on_without(self, ctx: Context, overdue: ReturnOverdue) -> None:
        if overdue.attempt == self._line.attempt and self._ledger.returning:
            logger.warning("link: not every session is back in the world; the others go on")
            for command in self._ledger.returning.give_up():
                self._queue(ctx, command)

    @on(Join)
    def join(self, ctx: Context, join: Join) -> None:
        session, ref = join.session, join.ref
        if ref not in self._session_of:
            ctx.monitor(ref)
            self._session_of[ref] = session
        resend = self._ledger.join(
            session, ref, join.received, is_in_world=join.is_in_world, plays=join.plays
        )
        if resend is not None:
            self._queue(ctx, resend)
        if session in self._ledger.unclaimed and self._line.is_up:
            # From an earlier life of this gateway: where it stands, the world has to say.
            self._claim_soon(ctx)
            return
        ref.tell(WorldReached(self._credit) if self._line.is_up else WorldLost())

    def _claim_soon(self, ctx: Context) -> None:
        if not self._is_claim_due:
            self._is_claim_due = True
            ctx.ref.tell(SendClaims())

    @on(SendClaims)
    def send_claims(self, ctx: Context, _: SendClaims) -> None:
        """All that have joined by now, in one frame."""
        self._is_claim_due = False
        claim = self._ledger.claim() if self._line.is_up else None
        if claim is not None:
            self._queue(ctx, claim)

    @on(Confirm)
    def confirm(self, ctx: Context, confirm: Confirm) -> None:
        self._ledger.confirm(confirm.session, confirm.received)
        if confirm.is_last:
            self._send_acks(ctx)
        else:
            self._ack_soon(ctx)

    @on(Leave)
    def leave(self, ctx: Context, leave: Leave) -> None:
        self._forget(ctx, leave.session, leave.reason)

    @on(Exited)
    def session_gone(self, ctx: Context, exited: Exited) -> None:
        """One that ended in order has sent Leave, which is still to be read: look again behind it. One that
        stops with the gateway goes on in its next life."""
        if exited.reason.kind is ExitKind.SHUTDOWN:
            self._session_of.pop(exited.ref, None)
        elif exited.ref in self._session_of:
            ctx.ref.tell(LookForSession(exited.ref))

    @on(LookForSession)
    def look_for_session(self, ctx: Context, look: LookForSession) -> None:
        """Still there: its supervisor has given it up."""
        session = self._session_of.get(look.ref)
        if session is not None:
            self._forget(ctx, session, DisconnectReason.SESSION_LOST)

    def _forget(self, ctx: Context, session: SessionId, reason: DisconnectReason) -> None:
        ref = self._ledger.refs.get(session)
        if ref is not None:
            self._session_of.pop(ref, None)
        for command in self._ledger.returning.is_back(session):
            self._queue(ctx, command)
        cancelled = self._ledger.book.cancel(session)
        for cancel, _ in cancelled:
            self._queue(ctx, cancel)
        # A selection under way may bring it into play yet, also if the Cancel is lost.
        may_play = any(isinstance(body, SelectCharacter) for _, body in cancelled)
        if self._ledger.leave(session) or may_play:
            self._ask(ctx, Inquire(session, None, CloseSession(reason)))

    @on(Inquire)
    def inquire(self, ctx: Context, inquiry: Inquire) -> None:
        self._ask(ctx, inquiry)

    def _ask(self, ctx: Context, inquiry: Inquire) -> None:
        request = self._ledger.book.ask(
            inquiry.body,
            inquiry,
            now=ctx.now,
            session=inquiry.session,
            timeout_seconds=self._options.request_seconds,
        )
        self._queue(ctx, request)

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

    def _ack_soon(self, ctx: Context) -> None:
        if not self._is_ack_due:
            self._is_ack_due = True
            ctx.after(self._options.ack_seconds, SendAcks())

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
        book = ctx.system.registry.whereis(SESSION_BOOK)
        # Without a book nobody is told; the world says it again at the next handshake.
        if book is not None and book.try_tell(end):
            self._queue(ctx, SessionsEnded(number))

    @on(SendAcks)
    def send_acks(self, ctx: Context, _: SendAcks) -> None:
        self._is_ack_due = False
        self._send_acks(ctx)

    def _send_acks(self, ctx: Context) -> None:
        acks = self._ledger.acks()
        if acks is not None:
            self._queue(ctx, acks)

    def _shake(self, ctx: Context, frames: Iterable[Frame]) -> Iterable[Frame]:
        """The frames after the Welcome, if it is among them."""
        waiting = iter(frames)
        for frame in waiting:
            try:
                welcome = self._line.shake(frame, self._ledger.claims)
            except HandshakeError as error:
                self._drop(ctx, str(error), is_hopeless=error.hopeless)
                return ()
            if welcome is not None:
                self._begin(ctx, welcome)
                return waiting
        return ()

    def _begin(self, ctx: Context, welcome: Welcome) -> None:
        ledger, line = self._ledger, self._line
        is_another = line.begin(ctx.now)
        logger.info("link: in the world %s, epoch %d", line.world, line.world_epoch)
        self._credit = welcome.credit
        self._trouble = ""
        for ref, message in ledger.welcomed(welcome, is_another=is_another):
            ref.tell(message)
        if ledger.unclaimed:
            self._claim_soon(ctx)
        if ledger.returning:
            ctx.after(RETURN_SECONDS, ReturnOverdue(line.attempt))
        for request in ledger.book.repeat_all(ctx.now):
            self._queue(ctx, request)

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

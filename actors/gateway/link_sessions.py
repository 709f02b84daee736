"""The sessions at the gateway's link: they join, the world is told of them, they ask, and they leave.

A session that has joined before the world is there is told of in the handshake, a later one in a Claim. One
that ends without a word is missed: what it had asked is cancelled, and the world is told.
"""

import logging

from actors.gateway.link_reaching import Reaching
from actors.gateway.messages.link import Failed, Inquire, Join, Leave, WorldLost, WorldReached
from actors.gateway.world_line import Dial, LinkOptions
from transports.link.protocol import (
    MENDS,
    CloseSession,
    Command,
    DisconnectReason,
    FailureCode,
    SelectCharacter,
    SessionId,
    Welcome,
)
from wyld_actors import Context, Exited, ExitKind, Message, Ref, on

logger = logging.getLogger(__name__)

# For the youngest sessions to come back to a world that does not know them. A thousand of them take a second
# or two; longer than this nobody's lines wait for others.
RETURN_SECONDS = 5.0
# A session that gets nothing is told after one to two of these what of its lines is saved. All it loses is
# the memory for them.
SAVED_SECONDS = 2.0


class ReturnOverdue(Message, frozen=True):
    """To oneself: have all sessions had their time to come back to the world of this attempt?"""

    attempt: int


class SendClaims(Message, frozen=True):
    """To oneself: tell the world of sessions that have joined since the handshake."""


class LookForSession(Message, frozen=True):
    """To oneself: this session is gone; did it say so?"""

    is_moot_without_receiver = True

    ref: Ref


class Joining(Reaching):
    """The part of the gateway's link that knows the sessions, and asks the world for them."""

    def __init__(self, options: LinkOptions, dial: Dial) -> None:
        super().__init__(options, dial)
        # Those that are monitored.
        self._session_of: dict[Ref, SessionId] = {}
        self._credit = 0
        self._is_claim_due = False
        self._told_at = 0.0

    # Coming, and going -----------------------------------------------------------------------------

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

    # The world has let us in -----------------------------------------------------------------------

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

    @on(ReturnOverdue)
    def go_on_without(self, ctx: Context, overdue: ReturnOverdue) -> None:
        if overdue.attempt == self._line.attempt and self._ledger.returning:
            logger.warning("link: not every session is back in the world; the others go on")
            for command in self._ledger.returning.give_up():
                self._queue(ctx, command)

    @on(Command)
    def queue_command(self, ctx: Context, command: Command) -> None:
        if not self._ledger.returning.keeps(command):
            self._queue(ctx, command)

    # Questions -------------------------------------------------------------------------------------

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

    # Now and then ----------------------------------------------------------------------------------

    def _look_after_sessions(self, ctx: Context) -> None:
        self._tell_what_is_saved(ctx.now)
        if self._ledger.book:
            self._look_after_requests(ctx)

    def _look_after_requests(self, ctx: Context) -> None:
        """Ask again what was not answered, and tell who waits no longer."""
        book, now = self._ledger.book, ctx.now
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

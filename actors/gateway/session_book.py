"""The book of sessions: what is known of each, in memory for who asks, in the database for the next life.

    Session --KeepSession--> SessionBook --batch--> vault        within 100 ms, one batch at a time
    Session <--TokenKept---- SessionBook <--written--/
    young Session --ResumeSession--> SessionBook --take--> vault      `book_resuming`

Sessions never wait for the database, and nor does the book: errands do (`session_vault`). While it is away
nothing is lost: of each session the last state waits (`session_writes`), which is said once; tokens are
refused, since one that may not be durable must not be given out. Without a vault everything lives in memory
only.

What the book knows outlasts its crash. It watches the actors of the sessions: one that ends without a word is
closed, one that ends with the gateway goes on in the next life.
"""

import logging
from typing import Final

from actors.gateway.book_resuming import Resuming
from actors.gateway.book_writing import LATE, RETRY_SECONDS
from actors.gateway.messages.book import (
    BookStatus,
    CleanUp,
    CountSessions,
    DescribeBook,
    DropSession,
    EndOtherSessions,
    GetSession,
    KeepSession,
    ListSessions,
    MakeRoom,
    RestoredSessions,
    RestoreSessions,
    SendAway,
    SessionsOfAccount,
    TouchSession,
)
from actors.gateway.messages.tokens import KeepToken, TokenNotKept
from actors.gateway.session_cache import Entry, seconds_left
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import ENTERABLE, SessionState
from actors.gateway.session_vault import Returned, Vault
from actors.gateway.session_words import PASSWORD_CHANGED
from actors.gateway.session_writes import TokenEntry
from transports.link.protocol import DisconnectReason
from wyld_actors import (
    Context,
    Exited,
    ExitKind,
    ExitReason,
    Message,
    Monitor,
    Ref,
    Refused,
    Reply,
    StopRequested,
    every,
    on,
)

logger = logging.getLogger(__name__)

# The name of the book in the registry.
SESSION_BOOK: Final = "session_book"
TOUCH_SECONDS: Final = 30.0
CLEAN_UP_SECONDS: Final = 3600.0
# Of one account, sessions that wait for their clients at its menu: there is no more to come back to.
MENU_LIMIT: Final = 4


class Load(Message, frozen=True):
    """To oneself: read what an earlier life of the gateway has written."""


class Finish(Message, frozen=True):
    """To oneself: everything that was said before has been read; end."""

    reason: ExitReason


class SessionBook(Resuming):
    """Permanent. Registered as SESSION_BOOK."""

    def __init__(self, options: SessionOptions, vault: Vault | None) -> None:
        super().__init__(vault, options.attempts)
        self._options = options
        self._monitors: dict[Ref, Monitor] = {}
        self._restorers: list[Reply] = []
        self._is_loading = False

    def on_start(self) -> None:
        super().on_start()
        self.ctx.system.registry.register(SESSION_BOOK, self.ctx.ref)
        for ref in self._cache.refs():
            self._monitors[ref] = self.ctx.monitor(ref)
        self.ctx.ref.tell(Load())

    @on(StopRequested)
    def stop_requested(self, ctx: Context, request: StopRequested) -> None:
        """What the sessions said when they stopped waits in the mailbox: it is read first."""
        ctx.ref.tell(Finish(request.reason))

    @on(Finish)
    def finish(self, ctx: Context, finish: Finish) -> None:
        ctx.stop(finish.reason)

    def on_stop(self) -> None:
        self._write_last_words()

    # Keeping ---------------------------------------------------------------------------------------

    @on(KeepSession)
    def keep(self, ctx: Context, keep: KeepSession) -> None:
        record, ref = keep.record, keep.ref
        if record.state is SessionState.CLOSED:
            self._close(record.id)
            return
        before = self._cache.get(record.id)
        if before is None or before[1] != ref:
            self._monitors[ref] = ctx.monitor(ref)
            self._unwatch(before)
        kept = self._cache.keep(record, ref)
        # Nobody can come back to a session without account, and every port scan makes one.
        if kept.account is not None and (before is None or before[0] != kept):
            self._writes.changed(kept.id, ctx.now)
            self._write_soon()
        if kept.account is not None and _waits_at_the_menu(kept):
            self._make_room(kept.account.id)

    def _make_room(self, account: int) -> None:
        """Whoever logs in and drops the line, again and again, is to leave no heap of sessions behind."""
        waiting = [ref for record, ref in self._cache.of_account(account) if _waits_at_the_menu(record)]
        for ref in waiting[:-MENU_LIMIT]:
            if ref is not None:
                ref.try_tell(MakeRoom())

    @on(TouchSession)
    def touch(self, _ctx: Context, touch: TouchSession) -> None:
        record = self._cache.touch(SessionId(touch.session), touch.at)
        if record is not None and record.account is not None:
            self._writes.touched(record.id)

    @on(DropSession)
    def drop(self, _ctx: Context, drop: DropSession) -> None:
        self._close(SessionId(drop.session))

    @on(EndOtherSessions)
    def end_others(self, _ctx: Context, end: EndOtherSessions) -> None:
        for record, ref in list(self._cache.of_account(end.account)):
            if record.id == end.session:
                continue
            if ref is None:
                self._close(record.id)
            else:
                ref.try_tell(SendAway(PASSWORD_CHANGED, DisconnectReason.PASSWORD_CHANGED))

    def _session_gone(self, exited: Exited) -> None:
        """One that is closed in order has said so before; one that ends with the gateway is not closed."""
        self._monitors.pop(exited.ref, None)
        session = self._cache.by_ref(exited.ref)
        if session is not None and exited.reason.kind is not ExitKind.SHUTDOWN:
            self._close(session)

    def _close(self, session: SessionId) -> None:
        self._unwatch(self._cache.get(session))
        if self._cache.remove(session):
            self._writes.closed(session, self.ctx.now)
            self._write_soon()

    def _unwatch(self, entry: Entry | None) -> None:
        monitor = None if entry is None or entry[1] is None else self._monitors.pop(entry[1], None)
        if monitor is not None:
            self.ctx.demonitor(monitor)

    # Tokens ----------------------------------------------------------------------------------------

    @on(KeepToken)
    def keep_token(self, ctx: Context, keep: KeepToken) -> None:
        problem, entry = self._memory.problem, self._cache.get(keep.session)
        if entry is None or entry[0].state not in ENTERABLE:
            self._refuse_token(keep, "there is no such session to come back to")
        elif self._vault is None or problem:
            self._refuse_token(keep, LATE if problem else "this gateway has no database")
        else:
            self._write_token(ctx, keep, entry[0])

    def _write_token(self, ctx: Context, keep: KeepToken, record: SessionRecord) -> None:
        seconds = min(keep.ttl_seconds, seconds_left(record, ctx.now, self._options))
        if seconds <= 0:
            self._refuse_token(keep, "the session has had its time")
            return
        account = None if record.account is None else record.account.id
        token = TokenEntry(
            record.id, keep.digest, keep.kind, account, ctx.now + seconds, keep.replaces, keep.asker
        )
        self._refuse_tokens(self._writes.token(token), "another has taken its place")
        self._write_in(0.0)

    def _refuse_token(self, keep: KeepToken, why: str) -> None:
        keep.asker.tell(TokenNotKept(keep.session, keep.digest, why))

    # An earlier life -------------------------------------------------------------------------------

    @on(Load)
    def load(self, ctx: Context, _: Load) -> None:
        if self._vault is None:
            self._memory.is_loaded = True
        elif not self._memory.is_loaded:
            self._send(ctx, self._vault.load, self._note_loaded)

    def _note_loaded(self, ctx: Context, returned: Returned) -> None:
        if returned.problem:
            if not self._is_loading:
                logger.warning("the sessions of an earlier life cannot be read yet: %s", returned.problem)
            self._is_loading = True
            ctx.after(RETRY_SECONDS, Load())
            return
        found: list[SessionRecord] = [one for one in returned.answer if self._cache.get(one.id) is None]
        for record in found:
            self._writes.is_stored(record.id)
            self._cache.keep(record, None)
            if record.state is not SessionState.DISCONNECTED:
                self._cache.transition(record.id, SessionState.DISCONNECTED, now=ctx.now)
        self._memory.is_loaded = True
        logger.info("%d sessions of an earlier life wait for their clients", len(found))
        # A gateway that is started again every half hour would never come to it.
        self._clean_up(ctx)
        for reply in self._restorers:
            reply.set(self._restored())
        self._restorers.clear()

    @on(RestoreSessions)
    def restore(self, ctx: Context, _: RestoreSessions) -> RestoredSessions | None:
        if self._memory.is_loaded:
            return self._restored()
        # Who asks again has given up to wait for the answer before.
        for given_up in self._restorers:
            given_up.fail(Refused("asked again"))
        self._restorers = [ctx.defer_reply()]
        return None

    def _restored(self) -> RestoredSessions:
        return RestoredSessions(tuple(self._cache.not_back()))

    # Time ------------------------------------------------------------------------------------------

    @every(seconds=TOUCH_SECONDS)
    def write_touches(self, ctx: Context) -> None:
        """Also the time of those whom nobody has started again passes."""
        for record in self._cache.expired(ctx.now, self._options):
            self._close(record.id)
        self._write_in(0.0)

    @every(seconds=CLEAN_UP_SECONDS)
    def clean_up_hourly(self, ctx: Context) -> None:
        self._clean_up(ctx)

    @on(CleanUp)
    def clean_up_now(self, ctx: Context, _: CleanUp) -> None:
        self._clean_up(ctx)

    def _clean_up(self, ctx: Context) -> None:
        if self._vault is not None:
            self._send(ctx, self._vault.trim, self._note_trimmed)

    def _note_trimmed(self, _ctx: Context, returned: Returned) -> None:
        if returned.problem:
            logger.warning("old sessions stay in the database for now: %s", returned.problem)
        elif returned.answer:
            logger.info("%d old sessions are dropped from the database", returned.answer)

    # Looking ---------------------------------------------------------------------------------------

    @on(GetSession)
    def get_session(self, _ctx: Context, question: GetSession) -> Entry | None:
        entry: Entry | None = self._cache.get(SessionId(question.session))
        return entry

    @on(ListSessions)
    def list_sessions(self, _ctx: Context, question: ListSessions) -> tuple[SessionRecord, ...]:
        return tuple(self._cache.records(question.state))

    @on(CountSessions)
    def count_sessions(self, _ctx: Context, question: CountSessions) -> int:
        count: int = self._cache.count(question.state)
        return count

    @on(SessionsOfAccount)
    def sessions_of_account(self, _ctx: Context, question: SessionsOfAccount) -> tuple[Entry, ...]:
        return tuple(entry for entry in self._cache.of_account(question.account) if entry[1] is not None)

    @on(DescribeBook)
    def describe(self, ctx: Context, _: DescribeBook) -> BookStatus:
        memory = self._memory
        return BookStatus(
            by_state={state.value: count for state, count in self._cache.counts().items()},
            restored=sum(1 for _ in self._cache.not_back()) if memory.is_loaded else None,
            pending=self._writes.pending,
            oldest_seconds=self._writes.oldest_seconds(ctx.now),
            written=memory.written,
            problem=memory.problem,
            resumes=dict(memory.resumes),
        )


def _waits_at_the_menu(record: SessionRecord) -> bool:
    return record.state is SessionState.DISCONNECTED and not record.plays

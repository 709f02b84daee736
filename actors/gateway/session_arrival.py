"""How a young session finds out that its client is the player of an older one, and hands it over.

Three ways: the client's program shows a token; the player types a token or a code; the player logs in and
chooses a character that is in the world already. In each of them the younger session asks the older one to
take the connection, moves it there, hands on what was typed meanwhile, and ends without a word.

Only the younger one ever waits. Lines keep their order: the connection holds what comes until this session
has handed on what came before (`Connection`).
"""

import logging
from abc import abstractmethod

from actors.gateway.dialogue import Rejoin, Running, TokenShown, Turn
from actors.gateway.login import LoginDialogue
from actors.gateway.messages.book import GetSession, SessionsOfAccount
from actors.gateway.messages.client import SendData, SetEcho, ShowsToken
from actors.gateway.messages.handover import Attach, GoOn, Moved, MoveTo, NotAttached
from actors.gateway.messages.tokens import CountResume, Resumable, ResumeRefused, ResumeSession
from actors.gateway.reconnect_results import RESUMED, ResumeRefusal, SessionClosed, Unavailable, WrongState
from actors.gateway.session_book import SESSION_BOOK
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId, address_of
from actors.gateway.session_states import SessionState
from actors.gateway.session_tokens import Tokens
from transports import packages
from transports.adapter import LineReceived
from transports.link.protocol import AccountId
from transports.markup import plain
from wyld_actors import ActorDeadError, AskTimeout, Context, Message, Ref, on

logger = logging.getLogger(__name__)

# For a list of what an account plays already: the book answers from memory.
_BOOK_SECONDS = 2.0
# A person mistypes a code, a page has one other token to try. Whoever is refused more often is answered late,
# so that no connection makes more than a line of the log and a question to the database in that time.
_REFUSED_AT_ONCE = 3
_LATE_SECONDS = 1.0


class RefuseToken(Message, frozen=True):
    """To oneself: now."""

    refusal: ResumeRefusal


class Arrival(Tokens):
    """The part of a session that looks whether its client belongs to another one."""

    def __init__(
        self, rules: LoginDialogue, options: SessionOptions, number: SessionId, protocol: str, peer: str
    ) -> None:
        super().__init__(options, number, protocol, peer)
        self._rules = rules
        # What the client's program has shown, for the session that it belongs to.
        self._shown: ShowsToken | None = None
        self._refused = 0

    def on_start(self) -> None:
        super().on_start()
        # Who asked was an earlier incarnation; no answer comes to this one.
        match self.state.dialogue.request:
            case TokenShown():
                self._refuse_token(self.ctx, Unavailable())
            case Rejoin():
                self._take(self.ctx, self._rules.not_rejoined(self.state.dialogue, Unavailable.text))

    @abstractmethod
    def _take(self, ctx: Context, taken: Turn | None) -> None:
        """Keep the dialogue's new state and do what it wants done."""

    # Tokens and codes ------------------------------------------------------------------------------

    @on(ShowsToken)
    def program_shows_token(self, ctx: Context, shows: ShowsToken) -> None:
        if self._record.state is SessionState.AUTHENTICATING and self.state.dialogue.request is None:
            self._shown = shows
            self._take(ctx, self._rules.shows_token(self.state.dialogue, shows.text))
        else:
            self._count_resume(WrongState.name)
            self._tell_program_no(WrongState())

    def _show_token(self, ctx: Context, text: str) -> None:
        book = ctx.system.registry.whereis(SESSION_BOOK)
        if book is None:
            self._refuse_token(ctx, Unavailable())
        else:
            if self._shown is not None and self._shown.text != text:
                # Now the player has typed one, which has nothing to do with what the program knows.
                self._shown = None
            following = "" if self._shown is None else self._shown.next_secret
            book.tell(ResumeSession(ctx.ref, address_of(self._record.peer), text, following))

    @on(Resumable)
    def token_opens(self, ctx: Context, resumable: Resumable) -> None:
        if self._record.state is not SessionState.AUTHENTICATING or not self.state.devices:
            return
        shown = self._shown or ShowsToken("")
        problem = self._move_client(
            ctx,
            resumable.ref,
            resumable.record.id,
            seen=shown.seen,
            shows_token=True,
            next_secret=shown.next_secret if resumable.is_next_kept else "",
        )
        refusal = None if problem is None else WrongState() if problem else SessionClosed()
        self._count_resume(RESUMED if refusal is None else refusal.name)
        if refusal is not None:
            self._refuse_token(ctx, refusal)

    def _count_resume(self, result: str) -> None:
        self._tell_book(CountResume(result))

    @on(ResumeRefused)
    def token_opens_nothing(self, ctx: Context, refused: ResumeRefused) -> None:
        self._refused += 1
        if self._refused > _REFUSED_AT_ONCE:
            ctx.after(_LATE_SECONDS, RefuseToken(refused.refusal))
        else:
            self._refuse_token(ctx, refused.refusal)

    @on(RefuseToken)
    def refuse_late(self, ctx: Context, late: RefuseToken) -> None:
        self._refuse_token(ctx, late.refusal)

    def _refuse_token(self, ctx: Context, refusal: ResumeRefusal) -> None:
        logger.info("session %d: does not lead to another: %s", self._number, refusal.name)
        self._tell_program_no(refusal)
        # A page shows that in its own way.
        text = "" if self._record.protocol == "websocket" else refusal.text
        self._take(ctx, self._rules.token_refused(self.state.dialogue, text))

    def _tell_program_no(self, refusal: ResumeRefusal) -> None:
        why = {"reason": refusal.name, "message": plain(refusal.text), "again": refusal.may_try_again}
        self._tell_client(SendData(packages.FAILED, why))

    # A running session of the account --------------------------------------------------------------

    def _running(self, ctx: Context, account: AccountId) -> tuple[Running, ...]:
        """Who of the account is in the world, by what the book has in memory."""
        book = ctx.system.registry.whereis(SESSION_BOOK)
        if book is None:
            return ()
        try:
            entries = ctx.ask(book, SessionsOfAccount(account), timeout_seconds=_BOOK_SECONDS)
        except (ActorDeadError, AskTimeout):
            return ()
        return tuple(
            Running(
                record.id,
                record.character.id,
                ctx.now - record.changed_at if record.state is SessionState.DISCONNECTED else None,
            )
            for record, _ in entries
            if record.plays and record.character is not None and record.id != self._number
        )

    def _rejoin(self, ctx: Context, rejoin: Rejoin) -> None:
        session = SessionId(rejoin.session)
        ref = self._ref_of(ctx, session)
        problem = "" if ref is None else self._move_client(ctx, ref, session)
        if problem is not None:
            self._take(ctx, self._rules.not_rejoined(self.state.dialogue, problem))

    def _ref_of(self, ctx: Context, session: SessionId) -> Ref | None:
        book = ctx.system.registry.whereis(SESSION_BOOK)
        if book is None:
            return None
        try:
            entry = ctx.ask(book, GetSession(session), timeout_seconds=_BOOK_SECONDS)
        except (ActorDeadError, AskTimeout):
            return None
        return None if entry is None else entry[1]

    # Handing over ----------------------------------------------------------------------------------

    def _move_client(
        self,
        ctx: Context,
        ref: Ref,
        session: SessionId,
        *,
        seen: int | None = None,
        shows_token: bool = False,
        next_secret: str = "",
    ) -> str | None:
        """Let the client belong to that session. None when it does; else why not, "" if the session is gone.

        May wait, so what was done before is final.
        """
        device, *others = self.state.devices
        record = self._record
        self._tell_client(SetEcho(True))
        attach = Attach(
            device.connection,
            record.metadata,
            record.protocol,
            record.peer,
            seen=seen,
            shows_token=shows_token,
            takes_tokens=device.takes_tokens or bool(next_secret),
            next_secret=next_secret,
        )
        try:
            ctx.ask(ref, attach)
        except NotAttached as no:
            return no.text
        except (ActorDeadError, AskTimeout):
            return ""
        for other in others:
            self._let_go(ctx, other)
        self._set_devices(device)
        self.state = self.state.replace(moving_to=ref)
        self._move(ctx, SessionState.CLOSED)
        for line in self.state.dialogue.early:
            ref.tell(LineReceived(line))
        device.connection.tell(MoveTo(ref, session))
        return None

    @on(Moved)
    def client_has_moved(self, ctx: Context, _: Moved) -> None:
        """All that the client said before is handed on by now."""
        self._tell_client(GoOn())
        ctx.stop()

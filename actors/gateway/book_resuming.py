"""The part of the book of sessions that clients come back by: a token or code leads to its session, once.

Together with it goes what the client has made to come back the next time: the answer may be lost, and it can
come back all the same.

Between `Writing` and `SessionBook`. What is shown while the vault is asked waits for the next question, so
five hundred who come back at once are two or three transactions, and not five hundred commits.
"""

import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Final

from actors.gateway.attempts import AttemptLimits, network_of
from actors.gateway.book_writing import Writing
from actors.gateway.errors import TokenError
from actors.gateway.messages.tokens import CountResume, NextTokenKept, Resumable, ResumeRefused, ResumeSession
from actors.gateway.reconnect_results import (
    AlreadyUsed,
    Garbage,
    ResumeRefusal,
    SessionClosed,
    TooManyAttempts,
    Unavailable,
    UnknownSession,
    WrongSecret,
    WrongState,
)
from actors.gateway.reconnect_token import Token, digest, read, read_secret
from actors.gateway.session_cache import Entry
from actors.gateway.session_record import SessionId, address_of
from actors.gateway.session_states import ENTERABLE
from actors.gateway.session_vault import Opened, Returned, Shown, Vault
from wyld_actors import Context, Message, Ref, on

logger = logging.getLogger(__name__)

# In one question to the vault.
TAKE_LIMIT: Final = 500
# Of those that wait for it: all players of a large gateway at once.
WAITING_LIMIT: Final = 20_000
# An honest client may come too late; who shows one of these is guessing, or worse.
_SUSPICIOUS = (Garbage, WrongSecret, UnknownSession)


class Take(Message, frozen=True):
    """To oneself: ask the vault about what was shown; behind the mail, which may hold more of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A client's, who waits for what comes of it."""

    asker: Ref
    address: str
    shown: Shown


class Resuming(Writing):
    """See the module."""

    def __init__(self, vault: Vault | None, limits: AttemptLimits) -> None:
        super().__init__(vault, limits)
        self._waiting: deque[Attempt] = deque()
        self._is_taking = False

    def on_start(self) -> None:
        super().on_start()
        # What an earlier incarnation has taken with it.
        for asker in list(self._memory.asking):
            self._refuse(asker, Unavailable())

    @on(ResumeSession)
    def resume(self, ctx: Context, resume: ResumeSession) -> None:
        asker, address = resume.asker, resume.address
        self._memory.asking[asker] = None
        if not self._memory.attempts.may_try(address, ctx.now):
            self._refuse(asker, TooManyAttempts())
            return
        try:
            token = read(resume.text)
            following = digest(read_secret(resume.next_secret)) if resume.next_secret else None
        except TokenError as error:
            logger.info("a token from %s cannot be read: %s", address, error)
            self._failed(Attempt(asker, address, Shown(b"")), Garbage())
            return
        session = token.session if isinstance(token, Token) else None
        attempt = Attempt(asker, address, Shown(token.digest, session, following))
        refusal = self._obstacle(attempt)
        if refusal is not None:
            self._failed(attempt, refusal)
            return
        self._waiting.append(attempt)
        self._take_soon(ctx)

    def _obstacle(self, attempt: Attempt) -> ResumeRefusal | None:
        """Why nothing needs to be consumed: it would be in vain."""
        is_overrun = len(self._waiting) >= WAITING_LIMIT
        if self._vault is None or not self._memory.is_loaded or is_overrun:
            return Unavailable()
        session = attempt.shown.session
        return None if session is None else self._obstacle_of(session, attempt.address)

    def _obstacle_of(self, session: SessionId, address: str) -> ResumeRefusal | None:
        entry = self._cache.get(session)
        if entry is not None and entry[1] is None:
            # Of an earlier life; its actor will be there in a moment.
            return Unavailable()
        if self._writes.is_closing(session):
            return SessionClosed()
        if entry is not None and entry[0].state not in ENTERABLE:
            return WrongState()
        may_try = _is_at_home(entry, address) or self._memory.attempts.may_try_for(session, self.ctx.now)
        return None if may_try else TooManyAttempts()

    def _take_soon(self, ctx: Context) -> None:
        if self._waiting and not self._is_taking:
            self._is_taking = True
            ctx.ref.tell(Take())

    @on(Take)
    def take(self, ctx: Context, _: Take) -> None:
        assert self._vault is not None
        attempts = [self._waiting.popleft() for _ in range(min(len(self._waiting), TAKE_LIMIT))]
        shown = [attempt.shown for attempt in attempts]
        self._send(ctx, partial(self._vault.take, shown), partial(self._note_taken, attempts))

    def _note_taken(self, attempts: list[Attempt], ctx: Context, returned: Returned) -> None:
        self._is_taking = False
        outcomes = [Unavailable()] * len(attempts) if returned.problem else returned.answer
        for attempt, outcome in zip(attempts, outcomes, strict=True):
            if isinstance(outcome, ResumeRefusal):
                self._failed(attempt, outcome)
            else:
                self._welcome(attempt, outcome)
        self._take_soon(ctx)

    def _welcome(self, attempt: Attempt, opened: Opened) -> None:
        asker, following = attempt.asker, attempt.shown.next_digest
        entry = self._cache.get(opened.session)
        if entry is None or entry[1] is None:
            self._refuse(asker, SessionClosed())
            return
        if attempt.shown.session is None and not self._may_be_by_code(entry, attempt.address):
            logger.warning("a code from %s is refused: codes are being guessed", attempt.address)
            self._refuse(asker, TooManyAttempts())
            return
        if opened.is_next_kept and following is not None:
            # Whatever becomes of the client that has made it.
            entry[1].try_tell(NextTokenKept(following))
        self._memory.asking.pop(asker, None)
        asker.try_tell(Resumable(entry[0], entry[1], opened.is_next_kept))

    def _may_be_by_code(self, entry: Entry, address: str) -> bool:
        return _is_at_home(entry, address) or not self._memory.attempts.are_codes_guessed(self.ctx.now)

    def _failed(self, attempt: Attempt, refusal: ResumeRefusal) -> None:
        if _is_suspicious(refusal, attempt.shown):
            self._memory.attempts.failed(attempt.address, attempt.shown.session, self.ctx.now)
            if attempt.shown.session is None and not isinstance(refusal, Garbage):
                self._memory.attempts.code_failed(self.ctx.now)
        logger.info("a client at %s does not come back: %s", attempt.address, refusal.name)
        self._refuse(attempt.asker, refusal)

    def _refuse(self, asker: Ref, refusal: ResumeRefusal) -> None:
        self._memory.asking.pop(asker, None)
        self._memory.resumes[refusal.name] += 1
        asker.try_tell(ResumeRefused(refusal))

    @on(CountResume)
    def count(self, _ctx: Context, count: CountResume) -> None:
        self._memory.resumes[count.result] += 1


def _is_suspicious(refusal: ResumeRefusal, shown: Shown) -> bool:
    """A token that was used nobody guesses: its client has not heard the answer, as happens to many at once
    when a gateway dies. A code may be guessed."""
    return isinstance(refusal, _SUSPICIOUS) or (isinstance(refusal, AlreadyUsed) and shown.session is None)


def _is_at_home(entry: Entry | None, address: str) -> bool:
    """Whether this is where the session's player was last."""
    return entry is not None and network_of(address_of(entry[0].peer)) == network_of(address)

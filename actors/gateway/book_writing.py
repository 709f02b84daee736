"""The half of the book of sessions that deals with its vault: errands, and the writing behind.

The base of the book. What is in `BookMemory` outlasts a crash; it is changed in place, each time after
everything that can fail.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from actors.gateway.attempts import AttemptLimits, Attempts
from actors.gateway.messages.tokens import TokenKept, TokenNotKept
from actors.gateway.session_cache import SessionCache
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_vault import Errand, Returned, Vault, VaultAway
from actors.gateway.session_writes import Batch, SessionWrites, TokenEntry
from wyld_actors import Actor, Context, Exited, Message, Record, Ref, on

logger = logging.getLogger(__name__)

# Seconds. A change waits for others of the same moment, and is written within twice that.
GATHER_SECONDS: Final = 0.04
RETRY_SECONDS: Final = 1.0
LAST_WORDS_SECONDS: Final = 5.0
# What is written in one transaction.
BATCH_SESSIONS: Final = 1_000

LATE: Final = "the database is away"


class Write(Message, frozen=True):
    """To oneself: write what waits."""


Then = Callable[[Context, Returned], None]


@dataclass(slots=True)
class BookMemory:
    """What the book knows. `asking` are those who wait for the outcome of a resume."""

    attempts: Attempts
    cache: SessionCache = field(default_factory=SessionCache)
    writes: SessionWrites = field(default_factory=SessionWrites)
    resumes: Counter[str] = field(default_factory=Counter)
    asking: dict[Ref, None] = field(default_factory=dict)
    is_loaded: bool = False
    written: int = 0
    problem: str = ""


class Writing(Actor):
    """See the module."""

    may_be_interrupted = False

    class State(Record, frozen=True):
        """See `BookMemory`."""

        memory: BookMemory | None = None

    def __init__(self, vault: Vault | None, limits: AttemptLimits) -> None:
        super().__init__()
        if self.state.memory is None:
            self.state = self.state.replace(memory=BookMemory(Attempts(limits)))
        self._memory: BookMemory = self.state.memory
        self._cache, self._writes = self._memory.cache, self._memory.writes
        self._vault = vault
        self._errands: dict[Ref, Then] = {}
        self._is_write_due = False
        self._retry_at = 0.0

    def on_start(self) -> None:
        """An earlier incarnation has taken its errands with it."""
        if not self._writes.is_idle:
            self._refuse_tokens(self._writes.not_written().tokens, "the book of sessions has crashed")
        if self._writes.is_urgent:
            self._write_soon()

    # Errands ---------------------------------------------------------------------------------------

    def _send(self, ctx: Context, question: Callable[[], Any], then: Then) -> None:
        errand = ctx.spawn(Errand, ctx.ref, question)
        ctx.monitor(errand)
        self._errands[errand] = then

    @on(Returned)
    def hear(self, ctx: Context, returned: Returned) -> None:
        then = self._errands.pop(returned.errand, None)
        if then is not None:
            then(ctx, returned)

    @on(Exited)
    def look_after(self, ctx: Context, exited: Exited) -> None:
        """An errand that said nothing has crashed. Its word may still be on its way: look again behind it."""
        if exited.ref in self._errands:
            ctx.ref.tell(Returned(exited.ref, problem=str(exited.reason), is_crash=True))
        else:
            self._session_gone(exited)

    def _session_gone(self, exited: Exited) -> None:
        raise NotImplementedError

    # Writing ---------------------------------------------------------------------------------------

    def _write_soon(self) -> None:
        """With what else changes in this moment."""
        self._write_in(GATHER_SECONDS)

    def _write_in(self, seconds: float) -> None:
        if self._vault is None or self._is_write_due or not self._writes.is_idle:
            return
        self._is_write_due = True
        self.ctx.after(max(seconds, self._retry_at - self.ctx.now), Write())

    @on(Write)
    def write(self, ctx: Context, _: Write) -> None:
        self._is_write_due = False
        if self._vault is None or not self._writes.is_idle:
            return
        batch = self._next_batch()
        if batch:
            self._send(ctx, partial(self._vault.save, batch), self._note_written)
        else:
            # What could not be written is not wanted any more: whether the database is back will be seen.
            self._memory.problem = ""

    def _next_batch(self) -> Batch:
        batch: Batch = self._writes.take(self._record_of, BATCH_SESSIONS, self.ctx.now)
        return batch

    def _record_of(self, session: SessionId) -> SessionRecord | None:
        entry = self._cache.get(session)
        return None if entry is None else entry[0]

    def _note_written(self, _ctx: Context, returned: Returned) -> None:
        if returned.is_crash:
            self._note_crash(returned.problem)
        elif returned.problem:
            self._note_problem(returned.problem)
        else:
            self._note_success(returned.answer)
        if self._writes.is_urgent:
            self._write_in(0.0)

    def _note_success(self, good: frozenset[bytes]) -> None:
        memory, batch = self._memory, self._writes.written()
        if memory.problem:
            logger.info("the sessions reach the database again")
        memory.problem = ""
        memory.written += len(batch.records) + len(batch.closed)
        for token in batch.tokens:
            if self._cache.get(token.session) is None:
                self._refuse_tokens([token], "the session has ended")
            elif token.digest not in good:
                void = TokenNotKept(token.session, token.digest, "it was used or revoked", is_void=True)
                token.asker.try_tell(void)
            else:
                seconds = token.expires_at - self.ctx.now
                token.asker.try_tell(TokenKept(token.session, token.digest, seconds))

    def _note_problem(self, problem: str) -> None:
        batch = self._writes.not_written()
        self._retry_at = self.ctx.now + RETRY_SECONDS
        if not self._memory.problem:
            logger.warning("%d sessions wait for the database: %s", self._writes.pending, problem)
        self._memory.problem = problem
        self._refuse_tokens([*batch.tokens, *self._writes.withdraw_tokens()], LATE)

    def _note_crash(self, problem: str) -> None:
        batch, is_given_up = self._writes.crashed()
        self._retry_at = self.ctx.now + RETRY_SECONDS
        fate = "given up" if is_given_up else "tried in smaller pieces"
        ids = ", ".join(str(record.id) for record in batch.records[:5])
        logger.error("the writing of sessions (%s) crashed, and is %s: %s", ids, fate, problem)
        self._refuse_tokens(batch.tokens, LATE)

    def _refuse_tokens(self, tokens: Iterable[TokenEntry], why: str) -> None:
        for token in tokens:
            token.asker.try_tell(TokenNotKept(token.session, token.digest, why))

    def _write_last_words(self) -> None:
        """What is not written when the process ends is as old as the last batch in the next life."""
        vault, deadline = self._vault, self.ctx.now + LAST_WORDS_SECONDS
        if vault is None or self._memory.problem:
            return
        if not self._writes.is_idle:
            self._writes.not_written()
        try:
            while self._writes.is_urgent and self.ctx.now < deadline:
                vault.save(self._next_batch())
                self._writes.written()
        except VaultAway as away:
            logger.warning("%d sessions could not be written at the end: %s", self._writes.pending, away)

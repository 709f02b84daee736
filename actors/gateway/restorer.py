"""Starts the sessions of an earlier life of the gateway: without clients, as they were.

Before the doors open, if the database answers in time; else as soon as it does, and nobody who comes to the
door waits for that. Ends when all are there.
"""

import logging
from collections.abc import Sequence
from typing import Final

from actors.gateway.messages.book import RestoredSessions, RestoreSessions
from actors.gateway.session_book import SESSION_BOOK
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_stay import restored
from supervisors import SpawnChild, Started
from wyld_actors import Actor, ActorDeadError, AskTimeout, Context, Message, on

logger = logging.getLogger(__name__)

# For the database to say which they are, while the doors are still closed.
BEFORE_THE_DOORS_SECONDS: Final = 3.0
_AGAIN_SECONDS: Final = 1.0
# So many at a time: a thousand starts are some tenths of a second, in which others have their turns.
_AT_ONCE: Final = 500


class BringBack(Message, frozen=True):
    """To oneself: start those that are still missing."""


class Restorer(Actor):
    """Transient. `sessions` is the path of the supervisor that has them."""

    def __init__(self, sessions: str) -> None:
        super().__init__()
        self._sessions = sessions
        # Those that cannot be started; it would only fail again.
        self._failed: set[SessionId] = set()

    def on_start(self) -> None:
        self._start_some(self.ctx, self._missing(self.ctx) or ())
        self.ctx.ref.tell(BringBack())

    @on(BringBack)
    def bring_back(self, ctx: Context, again: BringBack) -> None:
        missing = self._missing(ctx)
        if missing is None:
            ctx.after(_AGAIN_SECONDS, again)
        elif missing:
            self._start_some(ctx, missing)
            ctx.ref.tell(again)
        else:
            ctx.stop()

    def _start_some(self, ctx: Context, missing: Sequence[SessionRecord]) -> None:
        for record in missing[:_AT_ONCE]:
            self._start(ctx, record)

    def _missing(self, ctx: Context) -> tuple[SessionRecord, ...] | None:
        book = ctx.system.registry.whereis(SESSION_BOOK)
        if book is None:
            return None
        try:
            answer = ctx.ask(book, RestoreSessions(), timeout_seconds=BEFORE_THE_DOORS_SECONDS)
        except (ActorDeadError, AskTimeout):
            return None
        assert isinstance(answer, RestoredSessions)
        return tuple(record for record in answer.records if record.id not in self._failed)

    def _start(self, ctx: Context, record: SessionRecord) -> None:
        supervisor = ctx.system.find(self._sessions)
        assert supervisor is not None, "the sessions' supervisor starts before"
        call = SpawnChild(
            args=(record.id, record.protocol, record.peer),
            kwargs={"state": restored(record, ctx.now)},
            id=name_of(record.id),
        )
        answer = ctx.ask(supervisor, call)
        if not isinstance(answer, Started):
            self._failed.add(record.id)
            logger.error("session %d does not come back: %s", record.id, answer)


def name_of(session: SessionId) -> str:
    """The name of the actor of a session of an earlier life: its number there alone is given again."""
    return f"{session >> 32}-{session & 0xFFFF_FFFF}"

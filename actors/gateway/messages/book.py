"""What the book of sessions is told and asked, and what it tells the sessions."""

import msgspec

from actors.gateway.session_record import SessionRecord
from actors.gateway.session_states import SessionState
from transports.link.protocol import AccountId, DisconnectReason, SessionId
from wyld_actors import Message, Ref


class DescribeSession(Message, frozen=True):
    """To a session: answer your SessionRecord, with its last activity."""


class KeepSession(Message, frozen=True):
    """To the book: this session is new, or its record has changed. Written within 100 ms.

    To be told at each transition, and when account, character or what is known of the client have changed. A
    session that is Authenticating is kept in memory only: nobody can come back to it.
    """

    record: SessionRecord
    ref: Ref


class TouchSession(Message, frozen=True):
    """To the book: the player did something `at` (the system's clock). To be told every 30 s at most."""

    session: SessionId
    at: float


class DropSession(Message, frozen=True):
    """To the book: the session is closed for good; its tokens open nothing any more."""

    session: SessionId


class EndOtherSessions(Message, frozen=True):
    """To the book, from the link: the password of `account` is another one, and only `session` has shown that
    it knows it.

    All others of the account are told to `SendAway`; none of them can be come back to.
    """

    account: AccountId
    session: SessionId


class SendAway(Message, frozen=True):
    """To a session: end, and tell whoever is there why."""

    text: str
    reason: DisconnectReason


class MakeRoom(Message, frozen=True):
    """To a session that waits for its client at the menu: end, unless it has gone on by now."""


class GetSession(Message, frozen=True):
    """To the book: this session's (record, ref), None if there is none."""

    session: SessionId


class ListSessions(Message, frozen=True):
    """To the book: the records of all sessions, or of those in one state, oldest first: a tuple."""

    state: SessionState | None = None


class CountSessions(Message, frozen=True):
    """To the book: how many are there, in all or in one state?"""

    state: SessionState | None = None


class SessionsOfAccount(Message, frozen=True):
    """To the book: a tuple of (record, ref) of the sessions logged in to this account, oldest first."""

    account: int


class CleanUp(Message, frozen=True):
    """To the book: drop what has had its time from the database, now."""


class RestoreSessions(Message, frozen=True):
    """Asked of the book by who starts sessions: which did an earlier life of this gateway have?

    Answered by RestoredSessions as soon as the database has been read, which may be much later: ask with a
    time-out, and again. What was started tells the book by KeepSession, and is not in the answer any more.
    """


class RestoredSessions(Message, frozen=True):
    """They wait for their clients since now: all are Disconnected."""

    records: tuple[SessionRecord, ...]


class DescribeBook(Message, frozen=True):
    """To the book: how are you? Answers BookStatus."""


class BookStatus(msgspec.Struct, frozen=True):
    """The sessions in figures, for operators and metrics.

    `pending` wait to be written, the oldest for `oldest_seconds`; `problem` is why the last batch was not.
    `resumes` has the results of all attempts by token or code, by name. `restored` are those of an earlier
    life that nobody has started yet, None while the database was not read.
    """

    by_state: dict[str, int]
    restored: int | None
    pending: int
    oldest_seconds: float
    written: int
    problem: str
    resumes: dict[str, int]

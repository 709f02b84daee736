"""What the actors of the gateway tell each other.

    driver ──events──> Connection ──lines──> Session ──commands──> GatewayLink ══> world
    driver <──bytes─── Connection <──Show─── Session <──Incoming── GatewayLink <══

A line that was typed and a command on its way are the records of the transports themselves (`LineReceived`,
`Command`), handed on as they are. What comes back is grouped: one Incoming to a session for everything that a
batch of the link holds for it, one Show to its connection.

    Session ──KeepSession, TouchSession, DropSession, KeepToken──> SessionBook ──batches──> database
    young Session ──ResumeSession──> SessionBook ──Resumable──> young Session
"""

import enum

import msgspec

from actors.gateway.reconnect_results import ResumeRefusal
from actors.gateway.session_record import SessionMetadata, SessionRecord
from actors.gateway.session_states import SessionState
from actors.rendering import Delivery
from transports.adapter import Capabilities
from transports.link.interface import EndpointStatistics
from transports.link.protocol import (
    AccountId,
    CommandNumber,
    DisconnectReason,
    FailureCode,
    OutputNumber,
    QueueStatistics,
    ReplyBody,
    RequestBody,
    SessionId,
)
from wyld_actors import Message, Ref, Refused

# ---------------------------------------------------------------- connection and session


class ClientArrived(Message, frozen=True):
    """To a session: this connection is your client."""

    connection: Ref
    capabilities: Capabilities


class Attach(Message, frozen=True):
    """Asked of a session by a younger one: this connection, which I have, belongs to your player.

    Answered by Attached, or refused by NotAttached. `seen` is the last output that the client has on its
    page, None if it has none; `shows_token` if it came with what the session had given out, and not by its
    password; `takes_tokens` if it is a program that keeps one for its next connection, and `next_secret` what
    that is, if the program has made it itself: it is good already.
    """

    connection: Ref
    metadata: SessionMetadata
    protocol: str
    peer: str
    seen: OutputNumber | None = None
    shows_token: bool = False
    takes_tokens: bool = False
    next_secret: str = ""

    def __repr__(self) -> str:
        return f"Attach({self.protocol} from {self.peer}, seen={self.seen}, shows_token={self.shows_token})"


class Attached(Message, frozen=True):
    """The connection is taken: move it to me."""

    session: SessionId


class NotAttached(Refused):
    """A session does not take another connection, for this reason."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class MoveTo(Message, frozen=True):
    """To a connection: you belong to this session now. Tell the one you had Moved, and hold your client's
    words until it says GoOn: it may still have some that came before."""

    session: Ref
    number: SessionId


class Moved(Message, frozen=True):
    """To a session: this was the last from your client."""


class GoOn(Message, frozen=True):
    """To a connection: all that came before has been handed over."""


class ClientGone(Message, frozen=True):
    """To a session: this connection has ended, by itself or because you closed it."""

    reason: str
    connection: Ref


class Seen(Message, frozen=True):
    """To a session: the client of this connection has all output up to `number` where its player sees it.

    One that says so once is not believed to have anything else any more.
    """

    connection: Ref
    number: OutputNumber


class ShowsToken(Message, frozen=True):
    """To a session: your client's program shows what a session had given out. `seen` as in Attach;
    `next_secret` is of the token that is to open the session the next time, "" if that is to be made here."""

    text: str
    seen: OutputNumber | None = None
    next_secret: str = ""

    def __repr__(self) -> str:
        return f"ShowsToken(text=***, seen={self.seen})"


class TakesTokens(Message, frozen=True):
    """To a session: the program of this connection keeps a token for its next one."""

    connection: Ref


class Show(Message, frozen=True):
    """To a connection: show these, in order, then the prompt if there is a new one.

    `received` is the number that the session's outputs have come to with them, None in the middle of a batch.
    """

    deliveries: list[Delivery]
    prompt: str | None = None
    received: OutputNumber | None = None


class Speak(Message, frozen=True):
    """To a connection: the gateway says this marked-up text; then the prompt if there is a new one.

    With `asks_again` it answers a line, and the prompt that stood before it stands again.
    """

    text: str
    prompt: str | None = None
    asks_again: bool = False

    # There may be a code in it.
    def __repr__(self) -> str:
        return f"Speak(text=<{len(self.text)} letters>, prompt={self.prompt!r})"


class SetEcho(Message, frozen=True):
    """To a connection: show what is typed, or hide it."""

    enabled: bool


class SendData(Message, frozen=True):
    """To a connection: out-of-band data for the client program."""

    package: str
    value: object

    # There may be a token in it.
    def __repr__(self) -> str:
        return f"SendData(package={self.package!r}, value=...)"


class Farewell(Message, frozen=True):
    """To a connection: say this and close. `reason` is for logs."""

    text: str
    reason: str


class CaughtUp(Message, frozen=True):
    """Asked of a connection by its reader: answered when everything before it has been handled."""


class DescribeSession(Message, frozen=True):
    """To a session: answer your SessionRecord, with its last activity."""


# ---------------------------------------------------------------- session and link


class Join(Message, frozen=True):
    """To the link: route this session's mail to `ref`. It has all outputs up to `received`.

    `is_in_world` if the world knows the session, `plays` if it plays a character there. Answered by
    WorldReached, or WorldLost while it is away.
    """

    session: SessionId
    ref: Ref
    received: OutputNumber = 0
    is_in_world: bool = False
    plays: bool = False


class Confirm(Message, frozen=True):
    """To the link: the session's client has all outputs up to `received`, and the world need not keep them.

    From now on it is told by word only. None: what arrives here counts as seen, as it does at first.
    `is_last` if nothing more will be confirmed for a while, so that the world had better hear it now.
    """

    session: SessionId
    received: OutputNumber | None
    is_last: bool = False


class Leave(Message, frozen=True):
    """To the link: the session has ended. The world is told if it knows it."""

    session: SessionId
    reason: DisconnectReason


class Inquire(Message, frozen=True):
    """To the link: ask the world. Answered by Answered or Failed with the same `body` (None: not at all).

    `is_again` marks a SelectCharacter of somebody who plays already, as far as they know.
    """

    session: SessionId
    asker: Ref | None
    body: RequestBody
    is_again: bool = False


class Answered(Message, frozen=True):
    """To a session: the world's answer to `body`."""

    body: RequestBody
    reply: ReplyBody


class Failed(Message, frozen=True):
    """To a session: the world's "no" to `body`, or that it could not be asked in time."""

    body: RequestBody
    code: FailureCode
    text: str


class Incoming(Message, frozen=True):
    """To a session: all that one batch of the link holds for it.

    `received` is the number of the last output now. `position` is how far the world has applied and saved the
    session's commands, None if the batch did not say.
    """

    deliveries: list[Delivery]
    received: OutputNumber
    position: tuple[CommandNumber, CommandNumber] | None = None


class WorldReached(Message, frozen=True):
    """To a session: the world can be reached, and lets `credit` commands be on their way at a time.

    `position` is what it has applied and saved of this session, None if that was not asked or it does not
    know the session; `is_new` tells these two apart: True after a handshake. `line` is then the highest of
    the client's own line numbers that it has, 0 for none.
    """

    credit: int
    position: tuple[CommandNumber, CommandNumber] | None = None
    is_new: bool = False
    line: int = 0


class CreditChanged(Message, frozen=True):
    """To a session: from now on, so many commands may be on their way."""

    credit: int


class WorldLost(Message, frozen=True):
    """To a session: the world cannot be reached. Nothing is lost by that."""


class Rejoin(Message, frozen=True):
    """To a session: the link has restarted; Join again."""


class DescribeLink(Message, frozen=True):
    """To the link: how are you? Answers LinkStatus."""


class LinkStatus(msgspec.Struct, frozen=True):
    """The state of the link to the world, for operators and metrics."""

    is_up: bool
    world: str
    world_epoch: int
    attempts: int
    round_trip_seconds: float | None
    sessions: int
    sessions_in_world: int
    requests_waiting: int
    statistics: EndpointStatistics | None
    # Why it is not up, as far as that is known.
    trouble: str = ""
    # What waited in the world for this gateway's sessions when somebody last looked; None: not known yet.
    queues: QueueStatistics | None = None


# ---------------------------------------------------------------- the pool


class Register(Message, frozen=True):
    """To the pool: this connection is open."""

    session: SessionId
    ref: Ref
    protocol: str
    peer: str


class Unregister(Message, frozen=True):
    """To the pool: this connection is not any more."""

    ref: Ref


class SendTo(Message, frozen=True):
    """To the pool: show text to one. Answers whether it is here."""

    session: SessionId
    text: str


class Broadcast(Message, frozen=True):
    """To the pool: show text to all, or to those of `sessions` that are here. Answers how many."""

    text: str
    sessions: tuple[SessionId, ...] | None = None


class CountConnections(Message, frozen=True):
    """To the pool: how many are there, of one protocol or of all?"""

    protocol: str | None = None


class ListConnections(Message, frozen=True):
    """To the pool: which are there, oldest first? Answers a tuple of ConnectionEntry."""

    protocol: str | None = None


class ConnectionEntry(msgspec.Struct, frozen=True):
    """One line of the pool's list."""

    session: SessionId
    protocol: str
    peer: str
    since: float
    ref: Ref


class CloseAll(Message, frozen=True):
    """To the pool: say this to all and close them. Answers how many."""

    text: str
    reason: str


# ---------------------------------------------------------------- the book of sessions


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


class TokenKind(enum.StrEnum):
    """What was given out: a token to a program, or a code to a person."""

    TOKEN = "token"
    CODE = "code"


class KeepToken(Message, frozen=True):
    """To the book: a token or code was made for `session`. Answered to `asker` by TokenKept or TokenNotKept.

    It is good for `ttl_seconds`, kept again for longer, and never for longer than its session. With
    `replaces` it takes the place of all others of its kind. The client is to have it after TokenKept only.
    """

    session: SessionId
    asker: Ref
    digest: bytes
    kind: TokenKind
    ttl_seconds: float
    replaces: bool = True

    def __repr__(self) -> str:
        return f"KeepToken(session={self.session}, kind={self.kind.value!r}, digest=***)"


class TokenKept(Message, frozen=True):
    """To a session: the token of this digest is durable, and opens the session for `seconds` from now."""

    session: SessionId
    digest: bytes
    seconds: float

    def __repr__(self) -> str:
        return f"TokenKept(session={self.session}, digest=***, seconds={self.seconds})"


class NextTokenKept(Message, frozen=True):
    """To a session: who has shown what opens it has made the next token, of this digest. It is durable."""

    digest: bytes

    def __repr__(self) -> str:
        return "NextTokenKept(digest=***)"


class TokenNotKept(Message, frozen=True):
    """To a session: the token of this digest opens nothing, and `text` says why.

    Later it may be kept, unless it `is_void`: it was used or revoked.
    """

    session: SessionId
    digest: bytes
    text: str
    is_void: bool = False

    def __repr__(self) -> str:
        return f"TokenNotKept(session={self.session}, digest=***, text={self.text!r})"


class ResumeSession(Message, frozen=True):
    """To the book: the client of the young session `asker` shows this token or code.

    It is consumed, and in the same moment the token with `next_secret` is good instead, if there is one.
    Answered to `asker` by Resumable or ResumeRefused, exactly once, in ten seconds at most.
    `address` is the client's, for the limit on attempts. The same text is worth another try only after a
    refusal that says `may_try_again`.
    """

    asker: Ref
    address: str
    text: str
    next_secret: str = ""

    def __repr__(self) -> str:
        return f"ResumeSession(address={self.address!r}, text=***)"


class Resumable(Message, frozen=True):
    """To a young session: its client is the player of this session. Attach it.

    `is_next_kept` if the token that the client has made opens it the next time.
    """

    record: SessionRecord
    ref: Ref
    is_next_kept: bool = False


class ResumeRefused(Message, frozen=True):
    """To a young session: its client does not come back this way."""

    refusal: ResumeRefusal


class CountResume(Message, frozen=True):
    """To the book: what a client has shown came to this, by its name in the counters, and nobody else knows.

    That is whoever was let in, and whoever was not although the book had nothing against it.
    """

    result: str


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

"""Between sessions and their book: tokens and codes that are given out, and what comes back by one.

What these show of themselves, in logs and among the dead letters, has none of the texts.
"""

import enum

from actors.gateway.reconnect_results import ResumeRefusal
from actors.gateway.session_record import SessionRecord
from transports.link.protocol import SessionId
from wyld_actors import Message, Ref


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

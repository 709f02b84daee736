"""How the attempt to come back to a session can end: one type for each way, as values.

`name` is what counters, logs and programs call it, `text` the line for the player. None of them says more
than the holder of the secret may know; none holds a secret.
"""

from typing import ClassVar

import msgspec

from transports.markup import styled


class ResumeRefusal(msgspec.Struct, frozen=True):
    """Base: the client does not come back to a session this way. It may log in instead."""

    name: ClassVar[str]
    text: ClassVar[str]
    may_try_again: ClassVar[bool] = False
    """Whether the same token may well open the session a moment later: a program keeps it then."""


class Expired(ResumeRefusal, frozen=True):
    """The token or code was good once; its time is over."""

    name = "expired"
    text = styled("error", "You were away for too long: that way back has grown over. Please log in.")


class UnknownSession(ResumeRefusal, frozen=True):
    """There is no such session, and nobody knows of one."""

    name = "unknown_session"
    text = styled("error", "Nobody here remembers that stay. Please log in.")


class AlreadyUsed(ResumeRefusal, frozen=True):
    """Each opens its session once only."""

    name = "already_used"
    text = styled("error", "That way back has been taken already, and it opens once only. Please log in.")


class WrongSecret(ResumeRefusal, frozen=True):
    """Not what was given out for this session, or what was given out has been replaced or revoked."""

    name = "wrong_secret"
    text = styled("error", "That opens no door here. Please log in.")


class WrongState(ResumeRefusal, frozen=True):
    """The session is there, and cannot be entered as it is now: it is only just beginning, or ending."""

    name = "wrong_state"
    text = styled("error", "That stay cannot be entered just now. Please log in.")


class SessionClosed(ResumeRefusal, frozen=True):
    """The session has ended for good."""

    name = "session_closed"
    text = styled("error", "That stay has ended. Please log in to begin another.")


class Garbage(ResumeRefusal, frozen=True):
    """The text is neither a token nor a code."""

    name = "garbage"
    text = styled("error", "That is no way back that we gave out. Please check it, or log in.")


class TooManyAttempts(ResumeRefusal, frozen=True):
    """This address, or whoever tries this session, has failed too often; nothing was looked at."""

    name = "too_many_attempts"
    text = styled("error", "Too many wrong ways in a short time. Please wait a while, or log in.")
    may_try_again = True


class Unavailable(ResumeRefusal, frozen=True):
    """The database is away, so nobody can say. Nothing was consumed as far as we know."""

    name = "unavailable"
    text = styled("error", "The way back cannot be checked just now. Please try again soon, or log in.")
    may_try_again = True


REFUSALS: tuple[type[ResumeRefusal], ...] = (
    Expired,
    UnknownSession,
    AlreadyUsed,
    WrongSecret,
    WrongState,
    SessionClosed,
    Garbage,
    TooManyAttempts,
    Unavailable,
)
"""Every way to fail."""

RESUMED = "resumed"
"""The counter's name of the one way to succeed."""

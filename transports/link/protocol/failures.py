"""Why a request or a handshake is refused: a code for the program, and words for the person.

Every code has a sentence that says how to mend it (`MENDS`); who refuses may give a better one. Codes are
part of the protocol version: a code that the receiver does not know is refused like any unknown kind.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType


class FailureCode(enum.StrEnum):
    """Why a request failed."""

    BAD_CREDENTIALS = "bad_credentials"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    ACCOUNT_LOCKED = "account_locked"
    NAME_TAKEN = "name_taken"
    NAME_INVALID = "name_invalid"
    PASSWORD_WEAK = "password_weak"
    UNKNOWN_BACKGROUND = "unknown_background"
    TOO_MANY_CHARACTERS = "too_many_characters"
    NO_SUCH_CHARACTER = "no_such_character"
    ALREADY_PLAYING = "already_playing"
    NO_SUCH_SESSION = "no_such_session"
    WRONG_STATE = "wrong_state"
    NOT_PERMITTED = "not_permitted"
    UNAVAILABLE = "unavailable"
    OVERLOADED = "overloaded"
    DEADLINE_PASSED = "deadline_passed"
    INTERNAL = "internal"


class RefuseCode(enum.StrEnum):
    """Why a handshake failed."""

    VERSION = "version"
    KEY = "key"
    NAME = "name"
    STALE_EPOCH = "stale_epoch"
    OUT_OF_ORDER = "out_of_order"

    @property
    def is_hopeless(self) -> bool:
        """True if trying again cannot help until somebody changes something."""
        return self in (RefuseCode.VERSION, RefuseCode.KEY, RefuseCode.NAME, RefuseCode.STALE_EPOCH)


MENDS: Mapping[FailureCode, str] = MappingProxyType(
    {
        FailureCode.BAD_CREDENTIALS: "That name and password do not match. Try again, or create an account.",
        FailureCode.TOO_MANY_ATTEMPTS: "Too many attempts. Wait a minute, then try again.",
        FailureCode.ACCOUNT_LOCKED: "This account is locked. Ask the operators of this world.",
        FailureCode.NAME_TAKEN: "That name is taken. Choose another one.",
        FailureCode.NAME_INVALID: "That name cannot be used. Use letters only, three to twenty of them.",
        FailureCode.PASSWORD_WEAK: "That password is too easy to guess. Use eight characters or more.",
        FailureCode.UNKNOWN_BACKGROUND: "There is no such background. Choose one from the list.",
        FailureCode.TOO_MANY_CHARACTERS: "This account has all the characters it may have. Play one of them.",
        FailureCode.NO_SUCH_CHARACTER: "You have no such character. Choose one from the list.",
        FailureCode.ALREADY_PLAYING: "This character is being played already. Close the other session first.",
        FailureCode.NO_SUCH_SESSION: "The world does not know this session any more. Log in again.",
        FailureCode.WRONG_STATE: "That cannot be done now. Finish what you are doing first.",
        FailureCode.NOT_PERMITTED: "You may not do that. Ask the operators of this world if you should.",
        FailureCode.UNAVAILABLE: "The world's memory is out of reach for a moment. Try again shortly.",
        FailureCode.OVERLOADED: "The world is very busy. Try again in a few seconds.",
        FailureCode.DEADLINE_PASSED: "The world took too long to answer. Try again.",
        FailureCode.INTERNAL: "Something went wrong in the world, and has been noted. Try again.",
    }
)

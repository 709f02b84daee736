"""The login dialogue as values: where it stands, and what it wants done.

`Dialogue` is the whole state of the conversation between a player and the gateway, from the banner to the
moment a character enters the world. The rules are in `login` and `character_menu`; the session actor
performs the effects. Nothing here waits, speaks or knows a protocol.

A dialogue that has sent a request (`request` is set), or waits to be another session's, takes no further step
until the answer comes; what the player types meanwhile is kept in `early`, and heard afterwards in order.
"""

import enum

import msgspec

from transports.link.protocol import (
    AccountRecord,
    Authenticate,
    Background,
    ChangePassword,
    CharacterId,
    CharacterSelected,
    CharacterSummary,
    CreateAccount,
    CreateCharacter,
    ListBackgrounds,
    ListCharacters,
    SelectCharacter,
    SessionId,
)
from transports.markup import styled


class Step(enum.Enum):
    """The question that the next line answers."""

    ACCOUNT = "account"
    PASSWORD = "password"
    NEW_ACCOUNT = "new account"
    NEW_PASSWORD = "new password"
    REPEATED_PASSWORD = "repeated password"
    MENU = "menu"
    CHARACTER_NAME = "character name"
    BACKGROUND = "background"
    OLD_PASSWORD = "old password"
    OTHER_PASSWORD = "other password"
    OTHER_PASSWORD_AGAIN = "other password again"
    PLAYING = "playing"
    ENDED = "ended"


# While one of these is asked, the client shows nothing of what is typed.
HIDDEN_STEPS = frozenset(
    {
        Step.PASSWORD,
        Step.NEW_PASSWORD,
        Step.REPEATED_PASSWORD,
        Step.OLD_PASSWORD,
        Step.OTHER_PASSWORD,
        Step.OTHER_PASSWORD_AGAIN,
    }
)

LoginRequest = (
    Authenticate
    | CreateAccount
    | ChangePassword
    | ListBackgrounds
    | ListCharacters
    | CreateCharacter
    | SelectCharacter
)


class Running(msgspec.Struct, frozen=True):
    """A session that plays a character of the account. `away_seconds` is None while a client is there."""

    session: SessionId
    character: CharacterId
    away_seconds: float | None = None


class Rejoin(msgspec.Struct, frozen=True):
    """Attach the client to this session. Goes on with `rejoined` or `not_rejoined`."""

    session: SessionId
    character: CharacterId


class ShowToken(msgspec.Struct, frozen=True):
    """See which session this token or code opens, and attach the client to it; or `token_refused`."""

    text: str

    def __repr__(self) -> str:
        return "ShowToken(***)"


class TokenShown(msgspec.Struct, frozen=True):
    """Waiting for what becomes of a token."""


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """Where the conversation stands. `name` and the passwords are what was typed and not yet sent.

    `peer` is the client's address, for the world's limits on attempts.
    """

    step: Step = Step.ACCOUNT
    peer: str = ""
    name: str = ""
    password: str = ""
    old_password: str = ""
    failures: int = 0
    account: AccountRecord | None = None
    limit: int = 0
    characters: tuple[CharacterSummary, ...] = ()
    running: tuple[Running, ...] = ()
    backgrounds: tuple[Background, ...] = ()
    request: LoginRequest | Rejoin | TokenShown | None = None
    early: tuple[str, ...] = ()

    # A crash report may show a state: neither a password nor a line that may be one belongs there.
    def __repr__(self) -> str:
        return f"Dialogue({self.step}, name={self.name!r}, request={self.request!r}, early={len(self.early)})"


class Say(msgspec.Struct, frozen=True):
    """Show marked-up text, which ends with its line."""

    text: str


class AskFor(msgspec.Struct, frozen=True):
    """Show the prompt of the next question."""

    prompt: str


class Echo(msgspec.Struct, frozen=True):
    """Let the client show what is typed, or hide it."""

    enabled: bool


class Send(msgspec.Struct, frozen=True):
    """Ask the world; the answer comes back by `answered` or `failed`."""

    request: LoginRequest


class LoggedIn(msgspec.Struct, frozen=True):
    """The session belongs to this account from now on."""

    account: AccountRecord


class Entered(msgspec.Struct, frozen=True):
    """The character is in the world: lines are commands from now on."""

    selected: CharacterSelected


class Typed(msgspec.Struct, frozen=True):
    """A line that was typed early and is for the world."""

    text: str


class TokensRevoked(msgspec.Struct, frozen=True):
    """What was given out to come back with opens nothing any more: give out another."""


class Ended(msgspec.Struct, frozen=True):
    """Say goodbye with `text` and close the client."""

    text: str


Effect = Say | AskFor | Echo | Send | Rejoin | ShowToken | LoggedIn | TokensRevoked | Entered | Typed | Ended

# What a rule of the dialogue returns: the new state, and what is to be done, in order.
Turn = tuple[Dialogue, tuple[Effect, ...]]


def turn(dialogue: Dialogue, *effects: Effect, **changes: object) -> Turn:
    """The dialogue with `changes`, and the effects. Raises TypeError for a field that does not exist."""
    return msgspec.structs.replace(dialogue, **changes), effects


def sending(dialogue: Dialogue, request: LoginRequest, *before: Effect, **changes: object) -> Turn:
    """The dialogue waiting for the answer to `request`."""
    return turn(dialogue, *before, Send(request), request=request, **changes)


def complaint(text: str) -> Say:
    """Words for something that cannot be done."""
    return Say(styled("error", text))

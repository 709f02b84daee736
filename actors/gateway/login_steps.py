"""The steps of the login dialogue: what a line means in each of them.

A pure function for each step, which takes the settings, the dialogue and the line. The character menu and the
change of a password have modules of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from actors.gateway import character_menu, password_change
from actors.gateway.dialogue import (
    Dialogue,
    Ended,
    Say,
    ShowToken,
    Step,
    TokenShown,
    Turn,
    complaint,
    sending,
    turn,
)
from actors.gateway.reconnect_token import TOKEN_LETTERS
from actors.names import RESERVED, BadName, checked_name
from transports.link.protocol import Authenticate, CreateAccount
from transports.markup import styled

WELCOME = styled("title", "Wyld Actors")
GOODBYE = "The road will wait for you. Farewell."
ACCOUNT_HELP = "Type the name of your account, “new” to make one, “reconnect” and your code, or “quit”."
RECONNECT_HELP = (
    "If your connection broke, “reconnect” and the code that you were given brings you back where you were. "
    "Without a code just log in: a character that is still in the world is waiting in your list."
)
_HELP: Mapping[str, str] = MappingProxyType({"?": ACCOUNT_HELP, "reconnect": RECONNECT_HELP})


@dataclass(frozen=True, slots=True)
class LoginOptions:
    """Settings of the dialogue."""

    banner: str = WELCOME
    goodbye: str = GOODBYE
    # tbaMUD's limit as well.
    password_attempts: int = 3
    # NIST SP 800-63B 5.1.1.1: "at least 8 characters".
    password_letters_min: int = 8
    # Hashing cost does not grow with it, but a megabyte is not a password.
    password_letters_max: int = 128
    reserved_names: frozenset[str] = RESERVED
    # Lines kept while the world answers a request: a pasted login is five or six.
    early_lines: int = 16


def _account(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    token = _token_in(line)
    if token:
        return turn(dialogue, ShowToken(token), request=TokenShown())
    word = line.strip()
    match word.lower():
        case "":
            return turn(dialogue)
        case "quit" | "exit":
            return turn(dialogue, Ended(options.goodbye), step=Step.ENDED)
        case "new" | "create":
            return turn(dialogue, step=Step.NEW_ACCOUNT)
        case asked if asked in _HELP or asked in options.reserved_names:
            return turn(dialogue, Say(_HELP.get(asked, ACCOUNT_HELP)))
    return _named_account(options, dialogue, word)


def _named_account(options: LoginOptions, dialogue: Dialogue, word: str) -> Turn:
    try:
        return turn(dialogue, step=Step.PASSWORD, name=checked_name(word, options.reserved_names))
    except BadName as bad:
        return turn(dialogue, complaint(bad.text))


def _token_in(line: str) -> str:
    """The code or token in “reconnect CODE”, or one that stands by itself and is too long to be a name."""
    word, _, rest = line.strip().partition(" ")
    if word.lower() == "reconnect":
        return rest.strip()
    return word if len(word) >= TOKEN_LETTERS and not rest else ""


def _password(_options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    if password_change.turns_back(line):
        return turn(dialogue, step=Step.ACCOUNT, name="")
    return sending(dialogue, Authenticate(dialogue.name, line, dialogue.peer), name="")


def _new_account(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    if line.strip().lower() in ("", "back", "cancel", "quit"):
        return turn(dialogue, step=Step.ACCOUNT)
    try:
        return turn(dialogue, step=Step.NEW_PASSWORD, name=checked_name(line, options.reserved_names))
    except BadName as bad:
        return turn(dialogue, complaint(bad.text))


def _new_password(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    if password_change.turns_back(line):
        return turn(dialogue, step=Step.NEW_ACCOUNT, name="")
    at_least, at_most = options.password_letters_min, options.password_letters_max
    weak = password_change.weakness(dialogue.name, line, at_least, at_most)
    if weak:
        return turn(dialogue, complaint(weak))
    return turn(dialogue, step=Step.REPEATED_PASSWORD, password=line)


def _repeated_password(_options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    if line != dialogue.password:
        return turn(dialogue, complaint(password_change.MISMATCH), step=Step.NEW_PASSWORD, password="")
    return sending(dialogue, CreateAccount(dialogue.name, line, dialogue.peer), password="")


def _menu(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    match line.strip().lower():
        case "quit" | "exit" | "0":
            return turn(dialogue, Ended(options.goodbye), step=Step.ENDED)
        case "password" | "passwd":
            return password_change.begun(dialogue)
    return character_menu.chosen(dialogue, line)


def _character_name(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    return character_menu.named(dialogue, line, options.reserved_names)


def _old_password(_options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    return password_change.old_typed(dialogue, line)


def _other_password(options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    return password_change.new_typed(
        dialogue, line, options.password_letters_min, options.password_letters_max
    )


def _other_password_again(_options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    return password_change.repeated(dialogue, line)


def _background(_options: LoginOptions, dialogue: Dialogue, line: str) -> Turn:
    return character_menu.background_chosen(dialogue, line)


# What a line does in each step in which one is awaited.
STEPS: Mapping[Step, Callable[[LoginOptions, Dialogue, str], Turn]] = MappingProxyType(
    {
        Step.ACCOUNT: _account,
        Step.PASSWORD: _password,
        Step.NEW_ACCOUNT: _new_account,
        Step.NEW_PASSWORD: _new_password,
        Step.REPEATED_PASSWORD: _repeated_password,
        Step.MENU: _menu,
        Step.CHARACTER_NAME: _character_name,
        Step.BACKGROUND: _background,
        Step.OLD_PASSWORD: _old_password,
        Step.OTHER_PASSWORD: _other_password,
        Step.OTHER_PASSWORD_AGAIN: _other_password_again,
    }
)

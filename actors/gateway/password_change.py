"""Another password for the account, at the character menu: the old one, a new one twice.

Pure functions, as in `character_menu`. An empty line or `back` turns back at every step. All three are
typed unseen.
"""

from actors.gateway.dialogue import Dialogue, Say, Step, TokensRevoked, Turn, complaint, sending, turn
from actors.gateway.reconnect_token import shown_in
from transports.link.protocol import ChangePassword
from transports.markup import styled

CHANGED = styled(
    "system",
    "From now on the new password counts. No code or token of before opens anything, and whoever else was "
    "here with your account has to log in.",
)
UNCHANGED = "Your password stays as it is."
WELL_KNOWN = "The name of the account is the first thing anybody would try."
LIKE_A_CODE = "At the door that would be taken for a code to come back with."
THE_SAME = "That is the password you have. Choose another one, or leave the line empty."
MISMATCH = "The two do not match."


def weakness(name: str, password: str, at_least: int, at_most: int) -> str:
    """What is wrong with a password for the account of this name; empty if nothing is."""
    if len(password) < at_least:
        return f"A password needs at least {at_least} characters; a few words are good (or “back”)."
    if len(password) > at_most:
        return f"A password has at most {at_most} characters."
    if password.strip().lower() == name.lower():
        return WELL_KNOWN
    if shown_in(password):
        return LIKE_A_CODE
    return ""


def turns_back(line: str) -> bool:
    """Whether that is typed in place of a password. `back` is none: too short, whatever is configured."""
    return line.strip().lower() in ("", "back")


def begun(dialogue: Dialogue) -> Turn:
    """The player wants another password."""
    return turn(dialogue, step=Step.OLD_PASSWORD)


def old_typed(dialogue: Dialogue, line: str) -> Turn:
    """The password that counts now, to be proved with the new one."""
    if turns_back(line):
        return _given_up(dialogue)
    return turn(dialogue, step=Step.OTHER_PASSWORD, old_password=line)


def new_typed(dialogue: Dialogue, line: str, at_least: int, at_most: int) -> Turn:
    """The new one, for the first time."""
    assert dialogue.account is not None
    if turns_back(line):
        return _given_up(dialogue)
    weak = weakness(dialogue.account.name, line, at_least, at_most)
    if not weak and line == dialogue.old_password:
        weak = THE_SAME
    if weak:
        return turn(dialogue, complaint(weak))
    return turn(dialogue, step=Step.OTHER_PASSWORD_AGAIN, password=line)


def repeated(dialogue: Dialogue, line: str) -> Turn:
    """The new one, for the second time."""
    assert dialogue.account is not None
    if line != dialogue.password:
        return turn(dialogue, complaint(MISMATCH), step=Step.OTHER_PASSWORD, password="")
    request = ChangePassword(dialogue.account.name, dialogue.old_password, line, dialogue.peer)
    return sending(dialogue, request, step=Step.MENU, password="", old_password="")


def done(dialogue: Dialogue) -> Turn:
    """The world has changed it."""
    return turn(dialogue, Say(CHANGED), TokensRevoked(), failures=0)


def _given_up(dialogue: Dialogue) -> Turn:
    return turn(dialogue, Say(UNCHANGED), step=Step.MENU, password="", old_password="")

"""From the banner to the world: the rules of the login dialogue.

    account ──> password ──────────────────────────> (character menu) ──> playing
       └─ new ─> new account ─> password ─> repeat ──┘      ^                │
                                                            └── left world ──┘

A pure machine: `LoginDialogue` holds the settings only, every method takes a `Dialogue` and returns the next
one with the effects to perform. The prompt and the hiding of what is typed follow from the step that was
reached, so no rule can forget them.

A wrong password and an unknown account look the same to the player, so that nobody can learn who plays here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from actors.gateway import character_menu, password_change
from actors.gateway.dialogue import (
    HIDDEN_STEPS,
    AskFor,
    Dialogue,
    Echo,
    Effect,
    Ended,
    Entered,
    LoggedIn,
    Running,
    Say,
    ShowToken,
    Step,
    TokenShown,
    Turn,
    Typed,
    complaint,
    sending,
    turn,
)
from actors.gateway.login_steps import STEPS, LoginOptions
from actors.gateway.reconnect_token import shown_in
from transports.link.protocol import (
    AccountCreated,
    AccountRecord,
    Authenticate,
    Authenticated,
    BackgroundList,
    CharacterCreated,
    CharacterList,
    CharacterSelected,
    CharacterSummary,
    CreateAccount,
    CreateCharacter,
    FailureCode,
    ListCharacters,
    PasswordChanged,
)
from transports.markup import styled

TOO_OFTEN_WRONG = styled(
    "error", "That was one wrong password too many. Farewell; come back when you remember."
)
WORLD_AWAY = styled("system", "The world holds its breath. Your request waits and goes on when it is back.")
WORLD_BACK = styled("system", "The world breathes again.")
TOO_EARLY = styled("error", "One thing at a time, please: your last line was not taken.")

PROMPTS: Mapping[Step, str] = MappingProxyType(
    {
        Step.ACCOUNT: "Your account's name, or “new” to make one: ",
        Step.PASSWORD: "Password: ",
        Step.NEW_ACCOUNT: "A name for your account (or “back”): ",
        Step.NEW_PASSWORD: "Choose a password: ",
        Step.REPEATED_PASSWORD: "The same password once more: ",
        Step.MENU: "Which one? ",
        Step.CHARACTER_NAME: "A name for your character (or “back”): ",
        Step.BACKGROUND: "Number or name of a background (or “back”): ",
        Step.OLD_PASSWORD: "The password you have (or nothing, to keep it): ",
        Step.OTHER_PASSWORD: "Choose another password: ",
        Step.OTHER_PASSWORD_AGAIN: "The same password once more: ",
    }
)

# Where the player can do something about a failure; what is not listed leads to where the request began.
_RETREATS: Mapping[tuple[type, FailureCode], Step] = MappingProxyType(
    {
        (CreateAccount, FailureCode.PASSWORD_WEAK): Step.NEW_PASSWORD,
        (CreateCharacter, FailureCode.UNKNOWN_BACKGROUND): Step.BACKGROUND,
        (CreateCharacter, FailureCode.NAME_TAKEN): Step.CHARACTER_NAME,
        (CreateCharacter, FailureCode.NAME_INVALID): Step.CHARACTER_NAME,
    }
)
_BEGINNINGS: Mapping[type, Step] = MappingProxyType(
    {Authenticate: Step.ACCOUNT, CreateAccount: Step.NEW_ACCOUNT}
)
_FINAL = frozenset({FailureCode.TOO_MANY_ATTEMPTS, FailureCode.ACCOUNT_LOCKED})

LoginReply = (
    Authenticated
    | AccountCreated
    | PasswordChanged
    | BackgroundList
    | CharacterList
    | CharacterCreated
    | CharacterSelected
)


class LoginDialogue:
    """The rules with their settings; one object serves all sessions."""

    def __init__(self, options: LoginOptions | None = None) -> None:
        self.options = options or LoginOptions()

    def begin(self, peer: str = "") -> Turn:
        """A player has connected."""
        return _shown(None, turn(Dialogue(peer=peer), Say(self.options.banner)))

    def heard(self, dialogue: Dialogue, line: str) -> Turn:
        """The player typed a line."""
        if dialogue.step is Step.ENDED:
            return turn(dialogue)
        if dialogue.step is Step.PLAYING:
            return turn(dialogue, Typed(line))
        if dialogue.request is not None:
            if len(dialogue.early) >= self.options.early_lines:
                return turn(dialogue, Say(TOO_EARLY))
            return turn(dialogue, early=(*dialogue.early, line))
        return _shown(dialogue, self._step(dialogue, line))

    def answered(self, dialogue: Dialogue, reply: LoginReply, running: tuple[Running, ...] = ()) -> Turn:
        """The world answered the request. `running` are sessions of the account that play, if it is known."""
        after, effects = self._answer(turn(dialogue, running=running)[0], reply)
        return self._with_early(_shown(dialogue, (after, effects)))

    def shows_token(self, dialogue: Dialogue, text: str) -> Turn:
        """The client's program shows a token by itself, whatever has been typed. Not while an answer is
        awaited."""
        if dialogue.request is not None:
            return turn(dialogue)
        return turn(dialogue, ShowToken(text), request=TokenShown())

    def token_refused(self, dialogue: Dialogue, text: str) -> Turn:
        """The token opens no session; `text` says why."""
        if not isinstance(dialogue.request, TokenShown):
            return turn(dialogue)
        refused = turn(dialogue, *([Say(text)] if text else []), request=None)
        return self._with_early(_shown(dialogue, refused))

    def not_rejoined(self, dialogue: Dialogue, text: str = "") -> Turn:
        """The session that was chosen did not take the client: for this reason, or because it has ended."""
        return self._with_early(_shown(dialogue, character_menu.not_rejoined(dialogue, text)))

    def failed(self, dialogue: Dialogue, code: FailureCode, text: str) -> Turn:
        """The world refused the request, or could not be asked in time."""
        return self._with_early(_shown(dialogue, self._failure(dialogue, code, text)))

    def returned(self, dialogue: Dialogue, text: str = "") -> Turn:
        """The character has left the world; the session is at character selection again."""
        assert dialogue.account is not None
        said = (Say(text),) if text else ()
        return sending(dialogue, ListCharacters(dialogue.account.id), *said, step=Step.MENU)

    def world_away(self, dialogue: Dialogue) -> Turn:
        """The world cannot be reached; who waits for it is told."""
        return turn(dialogue, Say(WORLD_AWAY)) if dialogue.request is not None else turn(dialogue)

    def world_back(self, dialogue: Dialogue) -> Turn:
        """The world can be reached again."""
        return turn(dialogue, Say(WORLD_BACK)) if dialogue.request is not None else turn(dialogue)

    # Steps -----------------------------------------------------------------------------------------

    def _step(self, dialogue: Dialogue, line: str) -> Turn:
        if not line.isprintable():
            return turn(dialogue, complaint("Control characters cannot be used here."))
        if dialogue.account is None and (shown := shown_in(line)):
            return turn(dialogue, ShowToken(shown), request=TokenShown())
        return STEPS[dialogue.step](self.options, dialogue, line)

    def _with_early(self, begun: Turn) -> Turn:
        """Hear what was typed while the answer was awaited, as far as nothing has to be awaited again."""
        dialogue, effects = begun
        while dialogue.early and dialogue.request is None:
            line, *rest = dialogue.early
            dialogue, more = self.heard(turn(dialogue, early=tuple(rest))[0], line)
            effects = (*effects, *more)
        return dialogue, effects

    # Answers ---------------------------------------------------------------------------------------

    def _answer(self, dialogue: Dialogue, reply: LoginReply) -> Turn:
        waiting, _ = turn(dialogue, request=None)
        match reply:
            case Authenticated(account, characters, limit):
                return self._logged_in(waiting, account, characters, limit)
            case AccountCreated(account, limit):
                return self._logged_in(waiting, account, (), limit)
            case PasswordChanged():
                return password_change.done(waiting)
            case CharacterSelected():
                return turn(
                    waiting, Entered(reply), step=Step.PLAYING, characters=(), backgrounds=(), name=""
                )
            case _:
                return character_menu.answered(waiting, reply)

    def _logged_in(
        self, dialogue: Dialogue, account: AccountRecord, characters: tuple[CharacterSummary, ...], limit: int
    ) -> Turn:
        greeted, effects = turn(
            dialogue,
            LoggedIn(account),
            Say(f"Welcome, {styled('player', account.name)}!"),
            account=account,
            limit=limit,
            name="",
            failures=0,
        )
        after, more = character_menu.opened(greeted, characters)
        return after, (*effects, *more)

    def _failure(self, dialogue: Dialogue, code: FailureCode, text: str) -> Turn:
        request = dialogue.request
        if request is None:
            return turn(dialogue)
        if code in _FINAL:
            return turn(dialogue, Ended(styled("error", text)), request=None, early=(), step=Step.ENDED)
        failures = dialogue.failures + (code is FailureCode.BAD_CREDENTIALS)
        if failures >= self.options.password_attempts:
            return turn(dialogue, Ended(TOO_OFTEN_WRONG), request=None, early=(), step=Step.ENDED)
        step = _RETREATS.get((type(request), code)) or _BEGINNINGS.get(type(request), Step.MENU)
        return turn(dialogue, complaint(text), request=None, step=step, failures=failures)


def _shown(before: Dialogue | None, reached: Turn) -> Turn:
    """Add what follows from the step that was reached: whether typing is hidden, and the prompt."""
    after, effects = reached
    was_hidden = before is not None and _hides(before)
    echo = (Echo(was_hidden),) if was_hidden != _hides(after) else ()
    # What was typed in hiding has not moved the cursor: the echo comes back before anything is said.
    ordered: tuple[Effect, ...] = (*echo, *effects) if was_hidden else (*effects, *echo)
    if after.request is not None or after.step not in PROMPTS:
        return after, ordered
    return after, (*ordered, AskFor(styled("prompt", PROMPTS[after.step])))


def _hides(dialogue: Dialogue) -> bool:
    return dialogue.step in HIDDEN_STEPS and dialogue.request is None

"""A player at the login dialogue, with a world that answers from a table: no actor, no link."""

from actors.gateway.dialogue import (
    AskFor,
    Dialogue,
    Echo,
    Effect,
    Ended,
    Entered,
    LoggedIn,
    LoginRequest,
    Say,
    Send,
    Turn,
)
from actors.gateway.login import LoginDialogue, LoginReply
from actors.gateway.login_steps import LoginOptions
from transports.link.protocol import (
    MENDS,
    AccountCreated,
    AccountRecord,
    Authenticate,
    Authenticated,
    Background,
    BackgroundList,
    ChangePassword,
    CharacterCreated,
    CharacterList,
    CharacterRecord,
    CharacterSelected,
    CharacterSummary,
    CreateAccount,
    CreateCharacter,
    FailureCode,
    ListBackgrounds,
    ListCharacters,
    PasswordChanged,
    SelectCharacter,
)
from transports.markup import plain

SAILOR = Background("sailor", "Sailor", "You know ropes and weather.", {"strength": 12, "luck": 9})
SCHOLAR = Background("scholar", "Scholar", "You have read a book.", {"strength": 8, "wits": 13})


class WorldTable:
    """Accounts and characters as a world would keep them, in two dictionaries."""

    def __init__(self) -> None:
        self.accounts: dict[str, tuple[int, str]] = {}
        self.characters: dict[int, list[CharacterSummary]] = {}
        self.limit = 3

    def add(self, name: str, password: str, *characters: str) -> None:
        number = len(self.accounts) + 1
        self.accounts[name] = (number, password)
        self.characters[number] = [
            CharacterSummary(number * 100 + count, character, "Sailor", "The Quay")
            for count, character in enumerate(characters)
        ]

    def answer(self, request: LoginRequest) -> LoginReply | FailureCode:
        match request:
            case Authenticate(name, password):
                return self._authenticate(name, password)
            case CreateAccount(name, password):
                if name in self.accounts:
                    return FailureCode.NAME_TAKEN
                self.add(name, password)
                return AccountCreated(AccountRecord(self.accounts[name][0], name), self.limit)
            case ChangePassword(name, password, new_password):
                number, right = self.accounts[name]
                if password != right:
                    return FailureCode.BAD_CREDENTIALS
                self.accounts[name] = (number, new_password)
                return PasswordChanged()
            case ListBackgrounds() | ListCharacters() | CreateCharacter() | SelectCharacter():
                return self._about_characters(request)

    def _about_characters(
        self, request: ListBackgrounds | ListCharacters | CreateCharacter | SelectCharacter
    ) -> LoginReply | FailureCode:
        match request:
            case ListBackgrounds():
                return BackgroundList((SAILOR, SCHOLAR))
            case ListCharacters(account):
                return CharacterList(tuple(self.characters[account]), self.limit)
            case CreateCharacter(account, name, background):
                return self._create(account, name, background)
            case SelectCharacter(_, character):
                return self._select(character)

    def _authenticate(self, name: str, password: str) -> LoginReply | FailureCode:
        number, right = self.accounts.get(name, (0, None))
        if password != right:
            return FailureCode.BAD_CREDENTIALS
        return Authenticated(AccountRecord(number, name), tuple(self.characters[number]), self.limit)

    def _create(self, account: int, name: str, background: str) -> LoginReply | FailureCode:
        if any(found.name == name for listed in self.characters.values() for found in listed):
            return FailureCode.NAME_TAKEN
        if background not in ("sailor", "scholar"):
            return FailureCode.UNKNOWN_BACKGROUND
        number = account * 100 + len(self.characters[account])
        self.characters[account].append(CharacterSummary(number, name, background, "The Quay"))
        return CharacterCreated(CharacterRecord(number, name, background, {}))

    def _select(self, character: int) -> LoginReply | FailureCode:
        for listed in self.characters.values():
            for found in listed:
                if found.id == character:
                    record = CharacterRecord(character, found.name, found.background, {}, "room:harbour/quay")
                    return CharacterSelected(record, f"character:{character}")
        return FailureCode.NO_SUCH_CHARACTER


class Player:
    """Types lines, and remembers what was shown. With `answers=False` the world keeps silent."""

    def __init__(self, world: WorldTable | None = None, options: LoginOptions | None = None) -> None:
        self.world = world or WorldTable()
        self.rules = LoginDialogue(options)
        self.answers = True
        self.shown: list[str] = []
        self.prompt = ""
        self.hidden = False
        self.effects: list[Effect] = []
        self.dialogue: Dialogue
        self._take(self.rules.begin("203.0.113.9"))

    def types(self, *lines: str) -> "Player":
        for line in lines:
            self._take(self.rules.heard(self.dialogue, line))
        return self

    def world_answers(self) -> "Player":
        """Answer the request that was held back, and answer at once from now on."""
        self.answers = True
        if isinstance(self.dialogue.request, LoginRequest):
            self._answer(self.dialogue.request)
        return self

    def saw(self, words: str) -> bool:
        return words in "\n".join(self.shown)

    def done(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def _take(self, taken: Turn) -> None:
        self.dialogue, effects = taken
        for effect in effects:
            self.effects.append(effect)
            match effect:
                case Say(text) | Ended(text):
                    self.shown.append(plain(text))
                case AskFor(prompt):
                    self.prompt = plain(prompt)
                case Echo(enabled):
                    self.hidden = not enabled
                case Send(request) if self.answers:
                    self._answer(request)
                case LoggedIn() | Entered():
                    pass

    def _answer(self, request: LoginRequest) -> None:
        reply = self.world.answer(request)
        if isinstance(reply, FailureCode):
            self._take(self.rules.failed(self.dialogue, reply, MENDS[reply]))
        else:
            self._take(self.rules.answered(self.dialogue, reply))

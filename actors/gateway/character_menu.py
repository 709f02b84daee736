"""Choosing among an account's characters, and making a new one: the second half of the login dialogue.

Pure functions from a `Dialogue` (and a line or an answer) to the next one with its effects. A player without
a character is led straight into making one; a new character enters the world at once.
"""

from actors.gateway.dialogue import Dialogue, Rejoin, Running, Say, Step, Turn, complaint, sending, turn
from actors.gateway.session_words import time_span
from actors.names import BadName, checked_name
from transports.link.protocol import (
    Background,
    BackgroundList,
    CharacterCreated,
    CharacterId,
    CharacterList,
    CharacterSummary,
    CreateCharacter,
    ListBackgrounds,
    ListCharacters,
    SelectCharacter,
)
from transports.markup import styled

HELP = (
    "Type the number or the name of a character to play it.\n"
    "  create   make a new character: a name, and where it comes from\n"
    "  list     show your characters again\n"
    "  password choose another password\n"
    "  quit     leave"
)
FIRST_CHARACTER = "You have no character yet, so let us make one."
_AGAIN = frozenset({"?", "help", "list", "look"})
_BACK = frozenset({"", "back", "cancel", "quit"})


def opened(dialogue: Dialogue, characters: tuple[CharacterSummary, ...]) -> Turn:
    """The account has just logged in and has these characters."""
    if not characters:
        return turn(dialogue, Say(FIRST_CHARACTER), step=Step.CHARACTER_NAME, characters=())
    listed = Say(_listed(characters, dialogue.running))
    return turn(dialogue, listed, step=Step.MENU, characters=characters)


def answered(dialogue: Dialogue, reply: BackgroundList | CharacterList | CharacterCreated) -> Turn:
    """The world answered a request of this menu."""
    match reply:
        case BackgroundList(backgrounds):
            shown = Say(_told(backgrounds))
            return turn(dialogue, shown, step=Step.BACKGROUND, backgrounds=backgrounds)
        case CharacterList(characters, limit):
            listed = "You have no character yet: “create” makes one."
            if characters:
                listed = _listed(characters, dialogue.running)
            return turn(dialogue, Say(listed), step=Step.MENU, characters=characters, limit=limit)
        case CharacterCreated(character):
            born = Say(f"{styled('player', character.name)} opens their eyes for the first time.")
            return _select(dialogue, character.id, born, name="", backgrounds=())


def chosen(dialogue: Dialogue, line: str) -> Turn:
    """A line at the menu, other than quit."""
    assert dialogue.account is not None
    word = line.strip().lower()
    match word:
        case "" | "help" | "?":
            return turn(dialogue, Say(HELP))
        case "list" | "look":
            return sending(dialogue, ListCharacters(dialogue.account.id))
        case "create" | "new":
            return _create(dialogue)
    if not dialogue.characters:
        # Perhaps only because the world could not list them: saying "you have none" would be a shock.
        return sending(dialogue, ListCharacters(dialogue.account.id))
    character = _found(dialogue.characters, word.removeprefix("play "))
    if character is None:
        unknown = "You have no such character. Type its number or name, “create”, “help” or “quit”."
        return turn(dialogue, complaint(unknown))
    return _play(dialogue, character.id)


def _play(dialogue: Dialogue, character: CharacterId) -> Turn:
    """Into the world, or to the session that has it there already."""
    running = _running(dialogue, character)
    if running is None:
        return _select(dialogue, character)
    rejoin = Rejoin(running.session, character)
    return turn(dialogue, rejoin, request=rejoin)


def not_rejoined(dialogue: Dialogue, text: str) -> Turn:
    """The session that plays the character did not take the client; with no `text` it has just ended, and the
    character comes into the world as any other."""
    rejoin = dialogue.request
    assert isinstance(rejoin, Rejoin)
    left = tuple(one for one in dialogue.running if one.session != rejoin.session)
    if text:
        return turn(dialogue, complaint(text), request=None)
    return _select(dialogue, rejoin.character, running=left)


def named(dialogue: Dialogue, line: str, reserved: frozenset[str]) -> Turn:
    """A name for a new character."""
    if line.strip().lower() in _BACK:
        return _back_to_menu(dialogue)
    try:
        name = checked_name(line, reserved)
    except BadName as bad:
        return turn(dialogue, complaint(bad.text))
    if dialogue.backgrounds:
        return turn(dialogue, Say(_told(dialogue.backgrounds)), step=Step.BACKGROUND, name=name)
    return sending(dialogue, ListBackgrounds(), name=name)


def background_chosen(dialogue: Dialogue, line: str) -> Turn:
    """The background of a new character, by number, name or the beginning of its name."""
    assert dialogue.account is not None
    word = line.strip().lower()
    if word in _BACK:
        return _back_to_menu(dialogue)
    if word in _AGAIN:
        return turn(dialogue, Say(_told(dialogue.backgrounds)))
    background = _background(dialogue.backgrounds, word)
    if background is None:
        return turn(
            dialogue, complaint("There is no such background; type one of the numbers above, or “list”.")
        )
    return sending(dialogue, CreateCharacter(dialogue.account.id, dialogue.name, background.id))


def _create(dialogue: Dialogue) -> Turn:
    if 0 < dialogue.limit <= len(dialogue.characters):
        full = f"An account has at most {dialogue.limit} characters, and you have them all."
        return turn(dialogue, complaint(full))
    return turn(dialogue, step=Step.CHARACTER_NAME)


def _back_to_menu(dialogue: Dialogue) -> Turn:
    assert dialogue.account is not None
    return sending(dialogue, ListCharacters(dialogue.account.id), step=Step.MENU, name="")


def _select(dialogue: Dialogue, character: int, *before: Say, **changes: object) -> Turn:
    assert dialogue.account is not None
    request = SelectCharacter(dialogue.account.id, character)
    return sending(dialogue, request, *before, step=Step.MENU, **changes)


def _found(characters: tuple[CharacterSummary, ...], word: str) -> CharacterSummary | None:
    if word.isdecimal():
        number = int(word)
        return characters[number - 1] if 0 < number <= len(characters) else None
    return next((character for character in characters if character.name.lower() == word), None)


def _background(backgrounds: tuple[Background, ...], word: str) -> Background | None:
    if word.isdecimal():
        number = int(word)
        return backgrounds[number - 1] if 0 < number <= len(backgrounds) else None
    for background in backgrounds:
        if word in (background.id.lower(), background.name.lower()):
            return background
    return next((found for found in backgrounds if found.name.lower().startswith(word)), None)


def _running(dialogue: Dialogue, character: CharacterId) -> Running | None:
    return next((one for one in dialogue.running if one.character == character), None)


def _listed(characters: tuple[CharacterSummary, ...], running: tuple[Running, ...]) -> str:
    in_world = {one.character: one for one in running}
    lines = [
        _line(number, character) + _presence(character, in_world.get(character.id))
        for number, character in enumerate(characters, 1)
    ]
    return "\n".join(
        ["Your characters:", *lines, "Type a number or a name, “create” for a new one, “help” or “quit”."]
    )


def _line(number: int, character: CharacterSummary) -> str:
    kind = f", {character.background}" if character.background else ""
    place = f" ({character.place})" if character.place else ""
    return f"  {number:2}  {styled('player', character.name)}{kind}{place}"


def _presence(character: CharacterSummary, running: Running | None) -> str:
    if running is None:
        # With a session of another gateway, which is told when it is taken over.
        return ", in the world already" if character.is_played else ""
    if running.away_seconds is None:
        return ", in the world, played from elsewhere"
    return f", in the world, you were away for {time_span(running.away_seconds)}"


def _told(backgrounds: tuple[Background, ...]) -> str:
    lines = ["Where does your character come from?"]
    for number, background in enumerate(backgrounds, 1):
        lines.append(f"  {number:2}  {styled('strong', background.name)}: {background.description}")
        lines.append(f"      {styled('dim', _attributes(background.attributes))}")
    return "\n".join(lines)


def _attributes(attributes: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in attributes.items())

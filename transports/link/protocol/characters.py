"""Characters: list, make, choose and leave one. The session is named by the request's frame."""

from transports.link.protocol.shapes import (
    AccountId,
    CharacterId,
    CommandNumber,
    EntityId,
    Open,
    OutputNumber,
    Timestamp,
)


class CharacterSummary(Open, frozen=True):
    """A line in the list of an account's characters. `place` is the name of the room it will wake in.

    `is_played`: a session has it in the world, at this gateway or another.
    """

    id: CharacterId
    name: str
    background: str = ""
    place: str = ""
    last_played_at: Timestamp | None = None
    is_played: bool = False


class CharacterRecord(Open, frozen=True):
    """A character as its player may know it."""

    id: CharacterId
    name: str
    background: str
    attributes: dict[str, int]
    room: EntityId = ""
    created_at: Timestamp = 0.0
    last_played_at: Timestamp | None = None


class Background(Open, frozen=True):
    """Where a character comes from; it sets the attributes it begins with."""

    id: str
    name: str
    description: str
    attributes: dict[str, int]


class ListBackgrounds(Open, frozen=True, tag="list_backgrounds"):
    """Request: the backgrounds a new character can have. Reply: BackgroundList."""


class BackgroundList(Open, frozen=True, tag="background_list"):
    """Reply: all backgrounds, in the order to show them."""

    backgrounds: tuple[Background, ...]


class ListCharacters(Open, frozen=True, tag="list_characters"):
    """Request: the characters of an account. Reply: CharacterList."""

    account: AccountId


class CharacterList(Open, frozen=True, tag="character_list"):
    """Reply: the characters, last played first, and how many the account may have."""

    characters: tuple[CharacterSummary, ...]
    limit: int = 0


class CreateCharacter(Open, frozen=True, tag="create_character"):
    """Request: make a character. Reply: CharacterCreated."""

    account: AccountId
    name: str
    background: str


class CharacterCreated(Open, frozen=True, tag="character_created"):
    """Reply: the new character."""

    character: CharacterRecord


class SelectCharacter(Open, frozen=True, tag="select_character"):
    """Request: bring a character into the world for this session. Reply: CharacterSelected.

    A world that does not know the session takes its commands after `applied`: those up to there are saved.
    `gives_way`: not if another session plays it, as this one has no client.
    """

    account: AccountId
    character: CharacterId
    applied: CommandNumber = 0
    gives_way: bool = False


class CharacterSelected(Open, frozen=True, tag="character_selected"):
    """Reply: the character is in the world.

    Commands go on after `applied`, outputs after `outputs`: 0 for a session that is new to the world.
    """

    character: CharacterRecord
    entity: EntityId
    applied: CommandNumber = 0
    outputs: OutputNumber = 0


class LeaveCharacter(Open, frozen=True, tag="leave_character"):
    """Request: take the character out of the world; the session goes on. Reply: CharacterLeft."""


class CharacterLeft(Open, frozen=True, tag="character_left"):
    """Reply: the character is saved and out of the world."""

    character: CharacterId

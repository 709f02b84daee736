"""Which names accounts and characters may have.

One rule for both, simple enough to say in a sentence: three to sixteen letters a to z, not one of the
reserved words. So no name can hold a control byte, look like another one by a foreign letter, or be
mistaken for a command, and all names are unique without regard to case.
"""

# tbaMUD and wyldlands ask for two or three; three keeps names apart from directions and abbreviations.
MIN_LETTERS = 3
# tbaMUD's MAX_NAME_LENGTH is 20; sixteen fits the columns of `who` on a phone.
MAX_LETTERS = 16

# Words that the dialogue, the command parser or other players would take for something else.
RESERVED = frozenset(
    {
        *("new", "quit", "help", "who", "list", "create", "back", "cancel", "menu", "look", "say", "tell"),
        *("yell", "emote", "get", "drop", "give", "put", "inventory", "score", "coin", "coins"),
        *("money", "north", "south", "east", "west"),
        *("northeast", "northwest", "southeast", "southwest", "down", "here", "self", "all"),
        *("someone", "something", "somebody", "nobody", "everyone", "everybody", "anyone", "you", "your"),
        *("admin", "administrator", "root", "system", "server", "guest", "moderator", "operator"),
        *("wizard", "god", "staff", "wyld", "world", "gateway", "null", "none", "undefined"),
    }
)


class BadName(ValueError):
    """A name that nobody can have; `text` says why, in words for the player."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def checked_name(typed: str, reserved: frozenset[str] = RESERVED) -> str:
    """The name as it will be written: Ann for `ann`. Raises BadName with the reason."""
    name = typed.strip()
    if not name.isascii() or not name.isalpha():
        raise BadName("A name is made of the letters a to z only.")
    if len(name) < MIN_LETTERS:
        raise BadName(f"A name needs at least {MIN_LETTERS} letters.")
    if len(name) > MAX_LETTERS:
        raise BadName(f"A name has at most {MAX_LETTERS} letters.")
    if name.lower() in reserved:
        raise BadName(f"The word “{name.lower()}” would be misunderstood here; please choose another name.")
    return name.capitalize()

"""How names are compared: accounts and characters are unique whatever the case.

What a good name looks like is the login's and the world's business; here is when two are the same, and
what cannot be kept as a name at all.
"""

from __future__ import annotations

import unicodedata

from actors.storage.errors import UnusableName

__all__ = ["NAME_LIMIT_CHARACTERS", "name_key"]

# Far above what a game allows; an index entry may not exceed 2,700 bytes.
NAME_LIMIT_CHARACTERS = 100


def name_key(name: str) -> str:
    """The form under which a name is unique: "Ann", "ANN" and a full-width "Ａｎｎ" are one.

    Raises UnusableName for a name that is empty, too long, or holds what is no character.
    """
    # Unicode 3.13, D146: toNFKC_Casefold; folding may undo the normal form, hence the second pass.
    folded = unicodedata.normalize("NFKC", name).casefold()
    key = unicodedata.normalize("NFKC", folded).strip()
    # Cc: PostgreSQL's text holds no NUL; Cs: lone surrogates, which no encoding takes.
    is_text = all(unicodedata.category(character) not in {"Cc", "Cs"} for character in key)
    if not key or not is_text or len(key) > NAME_LIMIT_CHARACTERS:
        raise UnusableName(name)
    return key

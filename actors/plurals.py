"""How many of a thing, in words: `counted("a coil of rope", 3)` is "three coils of rope". Pure English.

Only a name that begins with "a" or "an" has a plural that can be made; what is unique ("the carved stag") or
no single thing ("some rope") is counted beside its name. The noun is the last word before the first
preposition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["NUMBERS", "counted", "plural"]

# From two on.
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ONE = re.compile(r"an? (?=\S)", re.IGNORECASE)
_PREPOSITION = re.compile(r" (?:of|by|with|for|to|from|in|on|under|over|at|without|about|that|and) ")
_IRREGULAR: Mapping[str, str] = MappingProxyType(
    {
        **{one: f"{one[:-1]}ves" for one in ("loaf", "leaf", "shelf", "wolf", "half", "calf", "elf")},
        **{one: f"{one[:-2]}ves" for one in ("knife", "wife", "life")},
        **{one: one for one in ("fish", "sheep", "deer", "dice", "boots", "trousers", "scissors")},
        **{"man": "men", "woman": "women", "child": "children", "mouse": "mice", "louse": "lice"},
        **{"tooth": "teeth", "foot": "feet", "goose": "geese", "ox": "oxen", "potato": "potatoes"},
    }
)


def counted(name: str, count: int) -> str:
    """`count` things that are each called `name`."""
    if count == 1:
        return name
    article = _ONE.match(name)
    if article is None:
        return f"{name} (x{count})"
    rest = name[article.end() :]
    end = found.start() if (found := _PREPOSITION.search(rest)) else len(rest)
    before, space, noun = rest[:end].rpartition(" ")
    number = NUMBERS[count - 2] if count - 2 < len(NUMBERS) else str(count)
    return f"{number} {before}{space}{plural(noun)}{rest[end:]}"


def plural(noun: str) -> str:
    """The plural of one noun."""
    known = _IRREGULAR.get(noun.lower())
    if known is not None:
        return known
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"

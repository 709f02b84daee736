"""Which things or persons a player means: words against keywords.

Every word of the target must begin a keyword of the candidate, so `br lan` is the brass lantern and
`2.lantern` the second of those that answer to `lantern`, in the order in which they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from actors.world.commands import Target

# Words that tell no thing from another: no keywords, and not looked for in what a player types.
SMALL_WORDS = frozenset({"a", "an", "the", "of", "some", "and", "in", "on"})


class Named(Protocol):
    """What can be meant."""

    @property
    def keywords(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=Named)


def meant(target: Target, candidates: Iterable[_T]) -> _T | None:
    """The one candidate that `target` means, if there is one. `all` means none."""
    if target.is_all:
        return None
    left = target.ordinal
    for candidate in candidates:
        if answers_to(candidate.keywords, target.words):
            left -= 1
            if left == 0:
                return candidate
    return None


def all_meant(target: Target, candidates: Sequence[_T]) -> tuple[_T, ...]:
    """The candidates that `target` means: all of them for `all`, else one or none."""
    if target.is_all:
        return tuple(candidates)
    one = meant(target, candidates)
    return () if one is None else (one,)


def answers_to(keywords: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each of `words` begins one of `keywords`. No words fit nothing."""
    return bool(words) and all(any(keyword.startswith(word) for keyword in keywords) for word in words)

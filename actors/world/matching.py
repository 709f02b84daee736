"""Which things or persons a player means: words against keywords.

Every word of the target must begin a keyword of the candidate, so `br lan` is the brass lantern and
`2.lantern` the second of those that answer to `lantern`, in the order in which they are listed. A plural
means each of its kind, unless something is called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from actors.plurals import plural
from actors.world.commands import Target

# Words that tell no thing from another: no keywords, and not looked for in what a player types.
SMALL_WORDS = frozenset({"a", "an", "the", "of", "some", "and", "in", "on"})


class Named(Protocol):
    """What can be meant."""

    @property
    def keywords(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=Named)


def meant(target: Target, candidates: Iterable[_T]) -> _T | None:
    """The one candidate that `target` means, if there is one. `all` and several mean none."""
    found = () if target.is_all or target.count > 1 else _answering(target, tuple(candidates))
    return found[target.ordinal - 1] if len(found) >= target.ordinal else None


def all_meant(target: Target, candidates: Sequence[_T]) -> tuple[_T, ...]:
    """The candidates that `target` means: each of them for `all` and a plural, as many as it counts, else
    one or none."""
    if target.count:
        found = _answering(target, candidates)
        return found[: target.count] if len(found) >= target.count else ()
    if target.is_all:
        return _answering(target, candidates) if target.words else tuple(candidates)
    if target.ordinal == 1 and not any(answers_to(one.keywords, target.words) for one in candidates):
        return _answering(target, candidates)
    one = meant(target, candidates)
    return () if one is None else (one,)


def _answering(target: Target, candidates: Sequence[_T]) -> tuple[_T, ...]:
    """Those that answer to the words of `target`; if none does, to their plural."""
    found = tuple(one for one in candidates if answers_to(one.keywords, target.words))
    return found or tuple(one for one in candidates if _answers_in_plural(one.keywords, target.words))


def answers_to(keywords: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each of `words` begins one of `keywords`. No words fit nothing."""
    return bool(words) and all(any(keyword.startswith(word) for keyword in keywords) for word in words)


def _answers_in_plural(keywords: Sequence[str], words: Sequence[str]) -> bool:
    known = {plural(keyword) for keyword in keywords}
    return bool(words) and all(word in known or answers_to(keywords, (word,)) for word in words)

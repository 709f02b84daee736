"""People who know something: speak of it in their hearing and they answer.

A subclass lists its subjects; the first of which a word is said wins. Only whole words count, so "bell" is
not heard in "belly". Only players are answered: two talkers in one room would never stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from actors.world import Npc, NpcContext, Said
from wyld_actors import on

_WORD = re.compile(r"[\w'-]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """What somebody can be asked about: the words that mean it, and the answer."""

    words: frozenset[str]
    answer: str


def subject(words: str, answer: str) -> Subject:
    """`subject("bell bells", "It is not for me to say.")`"""
    return Subject(frozenset(words.split()), answer)


def subject_of(words: Iterable[str], subjects: Iterable[Subject]) -> Subject | None:
    """The first of `subjects` that these words speak of."""
    said = frozenset(words)
    return next((one for one in subjects if said & one.words), None)


def words_of(text: str) -> frozenset[str]:
    """The words of `text`, in lower case."""
    return frozenset(word.strip("'-") for word in _WORD.findall(text.lower()))


class Conversing(Npc):
    """Answers what players say about its `subjects`."""

    subjects: ClassVar[Sequence[Subject]] = ()

    @on(Said)
    def converse(self, ctx: NpcContext, said: Said) -> None:
        found = None if said.who.is_npc else subject_of(words_of(said.text), self.subjects)
        if found is not None:
            ctx.say(found.answer)

"""Help: topics that people wrote, and for every command what the grammar's table says of it.

Topics are plain texts (config/help/*.txt, named by their file); they come before the table, so that a
command may have a longer text than its one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from actors.world.directions import Direction
from actors.world.grammar import BY_WORD, VERBS, Verb
from transports.markup import styled, unmarked

_NO_TOPICS: Mapping[str, str] = MappingProxyType({})
# The longest usage and two spaces.
_USAGE_COLUMN = max(len(verb.usage) for verb in VERBS) + 2


class HelpBook:
    """Answers `help` and `help TOPIC` with marked-up text."""

    def __init__(self, topics: Mapping[str, str] = _NO_TOPICS) -> None:
        self._topics = {name.lower(): unmarked(text).strip() for name, text in topics.items()}
        self._contents = _contents(self._topics)

    def text(self, topic: str) -> str:
        """What there is to read about `topic` or what begins so, or the contents; never empty."""
        if not topic:
            return self._contents
        known = [*self._topics, *(word for word in BY_WORD if len(word) > 2)]
        beginning = [name for name in known if name.startswith(topic)]
        if topic not in self._topics and topic not in BY_WORD and len(set(beginning)) == 1:
            topic = beginning[0]
        if topic in self._topics:
            return f"{styled('title', topic.capitalize())}\n{self._topics[topic]}"
        if topic in BY_WORD:
            return _about(BY_WORD[topic])
        close = beginning or difflib.get_close_matches(topic[:24], known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else "Type 'help' for the topics."
        return f"There is no help about '{topic}'. {hint}"


def parse_help(files: Iterable[tuple[str, str]]) -> HelpBook:
    """The help of `files` (name, text): `builders.txt` is the topic `builders`."""
    return HelpBook({name.rpartition("/")[2].partition(".")[0]: text for name, text in files})


def _about(verb: Verb) -> str:
    also = [alias for alias in verb.aliases if alias.isalpha()]
    shorter = f"\nAlso: {', '.join(also)}" if also else ""
    return f"{styled('title', verb.name.capitalize())}\n{verb.usage}\n{verb.summary}{shorter}"


def _contents(topics: Mapping[str, str]) -> str:
    ways = ", ".join(way.value for way in Direction)
    lines = [styled("title", "Commands"), f"Walk: {ways}, or n, ne, e, se, s, sw, w, nw, u, d"]
    named = {way.value for way in Direction}
    lines += [
        f"  {styled('strong', verb.usage)}{' ' * (_USAGE_COLUMN - len(verb.usage))}{verb.summary}"
        for verb in VERBS
        if verb.name not in named
    ]
    if topics:
        lines += ["", f"{styled('title', 'Topics')}", ", ".join(sorted(topics))]
    return "\n".join([*lines, "Type 'help' and a word for more."])

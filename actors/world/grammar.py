"""From a typed line to a command record: a table of verbs, and a parser that never raises.

A verb is found by its exact name or alias, else by a beginning that fits only one verb (`inv`, `exa`). What
follows is read by the verb's form. Whatever cannot be read comes back as a Mistake that says how to do it
right.

Limits: the transports have cut long lines and taken control characters out already; the parser takes them
out once more, because text from here goes to other players and U+0002 begins markup (transports/markup.py).
"""

from __future__ import annotations

import difflib
import enum
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from actors.plurals import NUMBERS
from actors.world.commands import (
    Close,
    Command,
    Drop,
    Emote,
    Get,
    Give,
    Help,
    Inventory,
    Look,
    Mistake,
    Move,
    Nothing,
    Open,
    Put,
    Quit,
    Say,
    Score,
    Target,
    Tell,
    Who,
    Yell,
)
from actors.world.directions import ALIASES, NAMED, Direction
from actors.world.matching import SMALL_WORDS


class Form(enum.Enum):
    """What may follow a verb."""

    ALONE = "nothing"
    DIRECTION = "a direction"
    TARGET = "a target"
    TEXT = "text"
    MAYBE_TEXT = "text, or nothing"
    NAME_AND_TEXT = "a name and text"
    TARGET_AND_RECEIVER = "a target and a receiver"
    MAYBE_INSIDE = "a target, maybe to look into, or nothing"
    TARGET_FROM = "a target, maybe from a container"
    TARGET_INTO = "a target and a container"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `make` gets what its form has read; `usage` and `summary` are its help."""

    name: str
    aliases: tuple[str, ...]
    form: Form
    make: Callable[..., Command]
    usage: str
    summary: str


_WALKS = tuple(
    Verb(
        way.value,
        tuple(alias for alias, meant in ALIASES.items() if meant is way),
        Form.ALONE,
        partial(Move, way),
        way.value,
        f"Walk {way.value}.",
    )
    for way in Direction
)

VERBS: tuple[Verb, ...] = (
    *_WALKS,
    Verb(
        "go", ("walk",), Form.DIRECTION, Move, "go DIRECTION", "Walk that way; the direction alone will do."
    ),
    Verb(
        "look",
        ("l",),
        Form.MAYBE_INSIDE,
        Look,
        "look [[in] TARGET]",
        "Look around, or at or into something.",
    ),
    Verb("examine", ("x", "ex", "read"), Form.TARGET, Look, "examine TARGET", "Look closely at something."),
    Verb("say", ("'",), Form.TEXT, Say, "say TEXT  or  'TEXT", "Speak to everybody in the room."),
    Verb("emote", (":", "me"), Form.TEXT, Emote, "emote TEXT  or  :TEXT", "Show what you do: `:smiles.`"),
    Verb(
        "tell", ("t", "whisper"), Form.NAME_AND_TEXT, Tell, "tell NAME TEXT", "Speak to one player anywhere."
    ),
    Verb("yell", ("shout",), Form.TEXT, Yell, "yell TEXT", "Be heard in the whole zone."),
    Verb("who", (), Form.ALONE, Who, "who", "See who is playing."),
    Verb("get", ("take", "g"), Form.TARGET_FROM, Get, "get THING [from BAG]", "Pick something up."),
    Verb("drop", (), Form.TARGET, Drop, "drop THING  or  drop all", "Put something down."),
    Verb("put", (), Form.TARGET_INTO, Put, "put THING in BAG", "Put something into something."),
    Verb("give", (), Form.TARGET_AND_RECEIVER, Give, "give THING to SOMEBODY", "Hand something over."),
    Verb("open", (), Form.TARGET, Open, "open DOOR  or  open DIRECTION", "Open a door."),
    Verb("close", ("shut",), Form.TARGET, Close, "close DOOR  or  close DIRECTION", "Close a door."),
    Verb("inventory", ("i", "inv"), Form.ALONE, Inventory, "inventory", "See what you carry."),
    Verb("score", ("sc",), Form.ALONE, Score, "score", "See who you are."),
    Verb("help", ("?",), Form.MAYBE_TEXT, Help, "help [TOPIC]", "Read about a command or a topic."),
    Verb("quit", ("q",), Form.ALONE, Quit, "quit", "Leave the world, back to your characters."),
)
BY_WORD: dict[str, Verb] = {word: verb for verb in VERBS for word in (verb.name, *verb.aliases)}

# C0 and C1 controls, bidirectional overrides, line separators, fillers, lone surrogates: none of them can be
# seen, and each can spoil somebody else's screen.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0"
    "\ud800-\udfff]"
)
# Marks above and below one letter. Living scripts need four at the most (Hebrew with its accents); sixty of
# them are a tower across other people's lines.
MARKS_LIMIT = 6
# Characters. Longer words are no verbs; difflib is quadratic.
_WORD_LIMIT = 24
# difflib's default of 0.6 takes "attack" for "take".
_LIKENESS = 0.65
# Shorter words are not proposed: almost everything is close to a word of two letters.
_PROPOSED = tuple(word for word in BY_WORD if len(word) > 2)
# What newcomers type for what is done with another verb; likeness would propose walk for talk, get for pet.
MEANT = {
    "ask": "say",
    "greet": "say",
    "speak": "say",
    "talk": "say",
    "pet": "emote",
    "stroke": "emote",
    "exit": "quit",
    "logout": "quit",
}
_SYMBOLS = frozenset("':?")
_MARKS = frozenset({"Mn", "Me"})
_ALL = re.compile(r"all(?:[. ]\s*|$)")
# Not `1.5 coins`: who means that is not to pay five.
_ORDINAL = re.compile(r"(\d{1,3})\.(\D.*)", re.DOTALL)
# Nobody has more coins than that, and it cannot overflow anything.
_COUNT = re.compile(r"[1-9]\d{0,8}")
_COUNTED = {word: number for number, word in enumerate(NUMBERS, start=2)}
_FROM = re.compile(r"\s(?:out of|from)\s+(?=\S)", re.IGNORECASE)
_INTO = re.compile(r"\s(?:in|into|inside)\s+(?=\S)", re.IGNORECASE)
_INSIDE = re.compile(r"(?:in|into|inside)\s+(?=\S)", re.IGNORECASE)
_QUOTED = re.compile(r"""(?:(?P<ordinal>\d{1,3})\.)?(?P<quote>["'])(?P<inside>.*?)(?P=quote)(?:\s+|$)""")
_IGNORED = SMALL_WORDS | {"at", "my"}


def parse(line: str) -> Command:
    """The command that `line` means, or a Mistake. Never raises, whatever the line holds."""
    line = clean(line)
    if not line:
        return Nothing()
    if line[0] in _SYMBOLS:
        word, rest = line[0], line[1:].strip()
    else:
        word, _, rest = line.partition(" ")
        word, rest = word.lower(), rest.lstrip()
    verb = BY_WORD.get(word) or _by_beginning(word)
    if isinstance(verb, Mistake):
        return verb
    return _READERS[verb.form](verb, rest)


def clean(line: str) -> str:
    """`line` without surrounding space and without characters that cannot be seen; a tab becomes a space."""
    if not (line.isascii() and line.isprintable()):
        line = _levelled(_UNSEEN.sub("", line.replace("\t", " ")))
    return line.strip()


def parse_target(text: str) -> Target | None:
    """The target that `text` names: `lantern`, `2.lantern`, `the brass lantern`, `"coil of rope"`, `all`,
    `5 coins`."""
    text = text.strip().lower()
    ordinal = 1
    if match := _ORDINAL.fullmatch(text):
        ordinal, text = max(1, int(match[1])), match[2]
    text = text.strip("\"' ")
    every = _ALL.match(text)
    words = tuple((text[every.end() :] if every else text).split())
    meant = tuple(word for word in words if word not in _IGNORED) or words
    if every is None and ordinal == 1 and len(meant) > 1 and (count := _number(meant[0])):
        return Target(meant[1:], count=count)
    return Target(meant, ordinal, is_all=every is not None) if meant or every else None


def _number(word: str) -> int:
    """The number that `word` says, in figures or written out; 0 if it says none."""
    return int(word) if _COUNT.fullmatch(word) else _COUNTED.get(word, 0)


def _levelled(line: str) -> str:
    """`line` with at most MARKS_LIMIT marks on each letter."""
    kept: list[str] = []
    marks = 0
    for character in line:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks <= MARKS_LIMIT:
            kept.append(character)
    return "".join(kept)


def _by_beginning(word: str) -> Verb | Mistake:
    fitting = [verb for verb in VERBS if verb.name.startswith(word)] if word.isalpha() else []
    if not fitting:
        return _unknown(word)
    shortest = min(fitting, key=lambda verb: len(verb.name))
    # `no` is north although it also begins northeast and northwest.
    if all(verb.name.startswith(shortest.name) for verb in fitting):
        return shortest
    return Mistake(f"'{word}' could be {_either([verb.name for verb in fitting])}. Type a little more of it.")


def _unknown(word: str) -> Mistake:
    shown = word if len(word) <= _WORD_LIMIT else f"{word[:_WORD_LIMIT]}…"
    meant = MEANT.get(word) or _likest(word[:_WORD_LIMIT])
    hint = f"Did you mean '{meant}'?" if meant else "Type 'help' to see the commands."
    return Mistake(f"There is no command '{shown}'. {hint}")


def _likest(word: str) -> str | None:
    close = difflib.get_close_matches(word, _PROPOSED, n=1, cutoff=_LIKENESS)
    return close[0] if close else None


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _usage(verb: Verb) -> Mistake:
    return Mistake(f"{verb.name.capitalize()} what? Type: {verb.usage}")


# ------------------------------------------------------------------------------- what follows the verb


def _alone(verb: Verb, rest: str) -> Command:
    if rest:
        return Mistake(f"'{verb.name}' stands alone. Type: {verb.usage}")
    return verb.make()


def _direction(verb: Verb, rest: str) -> Command:
    direction = NAMED.get(rest.lower())
    if direction is None:
        ways = _either([way.value for way in Direction])
        return Mistake(f"{verb.name.capitalize()} where? The directions are {ways}.")
    return verb.make(direction)


def _target(verb: Verb, rest: str) -> Command:
    target = parse_target(rest)
    return _usage(verb) if target is None else verb.make(target)


def _maybe_inside(verb: Verb, rest: str) -> Command:
    inside = _INSIDE.match(rest)
    target = parse_target(rest[inside.end() :] if inside else rest)
    return verb.make(target, inside is not None)


def _target_from(verb: Verb, rest: str) -> Command:
    thing, name = _parted(rest, _FROM)
    target, container = parse_target(thing), parse_target(name)
    return _usage(verb) if target is None else verb.make(target, container)


def _target_into(verb: Verb, rest: str) -> Command:
    thing, name = _parted(rest, _INTO)
    if not name:
        thing, _, name = rest.rpartition(" ")
    target, container = parse_target(thing), parse_target(name)
    if target is None or container is None or container.is_all:
        return Mistake(f"Put what into what? Type: {verb.usage}")
    return verb.make(target, container)


def _parted(rest: str, between: re.Pattern[str]) -> tuple[str, str]:
    """`gem from bag` as `gem` and `bag`; `"note from bob" from bag` as `note from bob` and `bag`. The second
    is empty if nothing of that sort is in it."""
    quoted = _QUOTED.match(rest)
    start = quoted.end() - 1 if quoted else 0
    found = list(between.finditer(rest, start))
    return (rest[: found[-1].start()], rest[found[-1].end() :]) if found else (rest, "")


def _text(verb: Verb, rest: str) -> Command:
    return verb.make(rest) if _is_seen(rest) else _usage(verb)


def _maybe_text(verb: Verb, rest: str) -> Command:
    return verb.make(rest.lower())


def _name_and_text(verb: Verb, rest: str) -> Command:
    name, _, text = rest.partition(" ")
    text = text.strip()
    if not name:
        return Mistake(f"{verb.name.capitalize()} whom? Type: {verb.usage}")
    return verb.make(name, text) if _is_seen(text) else Mistake(f"Tell {name} what? Type: {verb.usage}")


def _is_seen(text: str) -> bool:
    """Whether there is anything to read in it; a joiner alone can be sent, and shows nothing."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _target_and_receiver(verb: Verb, rest: str) -> Command:
    thing, name = _split_receiver(rest)
    target, receiver = parse_target(thing), parse_target(name)
    if target is None:
        return Mistake(f"Give what to whom? Type: {verb.usage}")
    if receiver is None or receiver.is_all:
        return Mistake(f"Give {target} to whom? Type: {verb.usage}")
    return verb.make(target, receiver, _otherwise(verb, rest))


def _otherwise(verb: Verb, rest: str) -> Command | None:
    """`give ann the lantern`: the receiver first."""
    name, _, thing = rest.partition(" ")
    target, receiver = parse_target(thing), parse_target(name)
    if " to " in rest.lower() or rest[0] in "\"'" or target is None or receiver is None:
        return None
    return verb.make(target, receiver)


def _split_receiver(rest: str) -> tuple[str, str]:
    """`lantern to ann`, `"letter to bob" to ann`, and `lantern ann` as well."""
    if quoted := _QUOTED.match(rest):
        ordinal = f"{quoted['ordinal']}." if quoted["ordinal"] else ""
        return ordinal + quoted["inside"], rest[quoted.end() :].lower().removeprefix("to ")
    before, to, after = f" {rest.lower()} ".rpartition(" to ")
    if to:
        return before, after
    before, _, after = rest.rpartition(" ")
    return (before, after) if before else (after, "")


_READERS: dict[Form, Callable[[Verb, str], Command]] = {
    Form.ALONE: _alone,
    Form.DIRECTION: _direction,
    Form.TARGET: _target,
    Form.TEXT: _text,
    Form.MAYBE_TEXT: _maybe_text,
    Form.NAME_AND_TEXT: _name_and_text,
    Form.TARGET_AND_RECEIVER: _target_and_receiver,
    Form.MAYBE_INSIDE: _maybe_inside,
    Form.TARGET_FROM: _target_from,
    Form.TARGET_INTO: _target_into,
}

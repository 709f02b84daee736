"""The sentences of the world: what players read when something happens. Pure functions to marked-up text.

Names of persons and things are styled here and nowhere else; what a player typed is inserted as it is, as
control characters were taken out when it was parsed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from actors.plurals import counted
from actors.world.directions import Direction
from actors.world.messages.subjects import Goods, Person, Thing
from transports.link.protocol import Level, SystemOutput, TextOutput
from transports.markup import styled

# One line of story for the player whose command crashed: no trace of a machine in it.
FAILED = SystemOutput(Level.STORY, "The world blinks, and what you began never happened.")
# For one whose command was done when what it should have read of it was lost.
BLURRED = SystemOutput(Level.STORY, "It is done, though you could not say what you saw of it.")
OVERDUE = SystemOutput(Level.STORY, "Time itself seems to hesitate; what you began leads nowhere.")
TAKEN_OVER = "Your character is being played from elsewhere now."
NO_PLACE = "There is no place in the world where you could stand; please come back later."
COIN = "a coin"
# Of somebody whose player's client is gone: in the room, to who looks, and to who speaks to them from afar.
STARING = "is here, staring into nothing"
EYES_EMPTY = "Their eyes are empty, as if nobody were behind them."
HEARD_LATER = "Their eyes are empty just now; they will hear it when they are back."
LOST = "The thread of your story is lost; take it up again."
_SLIPPED = "For a moment the world slips away from you."
_UNSURE = "What you did last may not have happened."

_SPEECH_VERBS = {"?": ("ask", "asks"), "!": ("exclaim", "exclaims")}


def slipped(current: int) -> str:
    """For who is torn out of the world and comes back, while `current` was being performed."""
    return f"{_SLIPPED} {_UNSURE}" if current else _SLIPPED


def text(line: str) -> TextOutput:
    return TextOutput(line)


def named(person: Person) -> str:
    return styled("npc" if person.is_npc else "player", person.name)


def listed(goods: Goods) -> str:
    """`a lantern, two ropes and five coins`: equal things are counted."""
    return joined([*several(goods.things), *([coins(goods.coins)] if goods.coins else [])])


def several(things: Iterable[Thing]) -> list[str]:
    """Each kind of thing once, with how many there are."""
    counts = Counter(thing.name for thing in things)
    return [styled("item", counted(name, count)) for name, count in counts.items()]


def coins(count: int) -> str:
    return styled("item", counted(COIN, count)) if count else "no coins"


def are_only(count: int) -> str:
    """`are only five coins`"""
    return f"{'is' if count == 1 else 'are'} only {coins(count).replace('a coin', 'one coin')}"


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "nothing"


def capitalised(line: str) -> str:
    """`line` with its first letter large, inside whatever style it has."""
    for index, character in enumerate(line):
        if character == "\x02":
            end = line.index("\x03", index)
            return line[: end + 1] + capitalised(line[end + 1 :])
        return line[:index] + character.upper() + line[index + 1 :]
    return line


def picked_up(who: Person, goods: Goods) -> tuple[str, str]:
    """What one reads who picks something up, and what the others read."""
    what = listed(goods)
    return f"You pick up {what}.", f"{named(who)} picks up {what}."


def took_out(who: Person, goods: Goods, container: str) -> tuple[str, str]:
    """What one reads who takes goods out of a container of this name, and what the others read."""
    what, whence = listed(goods), styled("item", container)
    return f"You take {what} out of {whence}.", f"{named(who)} takes {what} out of {whence}."


def put_in(who: Person, things: tuple[Thing, ...], container: Thing) -> tuple[str, str]:
    """What one reads who puts things into a container, and what the others read."""
    what, whither = listed(Goods(things)), styled("item", container.name)
    return f"You put {what} into {whither}.", f"{named(who)} puts {what} into {whither}."


def spoken(speaker: Person, words: str) -> tuple[str, str]:
    """What the speaker reads, and what the others read."""
    ask, asks = _SPEECH_VERBS.get(words[-1:], ("say", "says"))
    said = styled("speech", words)
    return f"You {ask}, “{said}”", f"{named(speaker)} {asks}, “{said}”"


def emoted(who: Person, what: str) -> str:
    # `:'s eyes widen` belongs to the name.
    return f"{named(who)}{'' if what.startswith(chr(39)) else ' '}{styled('emote', what)}"


def yelled(who: Person, words: str) -> tuple[str, str]:
    said = styled("speech", words)
    return f"You yell, “{said}”", f"{named(who)} yells, “{said}”"


def told(sender: Person, receiver: Person, words: str) -> tuple[str, str]:
    said = styled("speech", words)
    return f"You tell {named(receiver)}, “{said}”", f"{named(sender)} tells you, “{said}”"


def arrived(who: Person, whence: Direction | None) -> str:
    return f"{named(who)} {'appears.' if whence is None else f'arrives {whence.whence}.'}"


def departed(who: Person, whither: Direction | None) -> str:
    return f"{named(who)} {'fades away.' if whither is None else f'leaves {whither.value}.'}"


def gone_empty(who: Person) -> str:
    """What is seen of somebody whose player's client is lost."""
    return f"{named(who)}{styled('emote', chr(39) + 's eyes go empty.')}"


def stirred(who: Person) -> str:
    """What is seen of them when it is back."""
    return f"{named(who)} {styled('emote', 'stirs again.')}"


def moved_door(door: str, is_closed: bool) -> str:
    return f"{'close' if is_closed else 'open'} the {styled('exit', door)}."


def swung_door(door: str, is_closed: bool) -> str:
    return f"The {styled('exit', door)} {'falls shut' if is_closed else 'swings open'}."

"""What a character reads about itself: the inventory and the score. Pure functions to marked-up text."""

from __future__ import annotations

from collections.abc import Mapping

from actors.world import phrases
from actors.world.backgrounds import ASPECTS, BASE, BY_ID
from actors.world.containers import inside
from actors.world.messages.subjects import Goods, Thing
from transports.markup import styled

_COLUMN = 12


def inventory(goods: Goods, limit: int) -> str:
    """What is carried, equal things counted, what is in it, how much more could be, and the purse."""
    purse = _purse(goods.coins)
    if not goods.things:
        return f"You carry nothing.\n{purse}"
    lines = [f"  {several}" for several in phrases.several(goods.things)]
    packed = [inside(thing) for thing in goods.things if thing.contents]
    weight = sum(thing.load for thing in goods.things)
    return "\n".join(["You carry:", *lines, *packed, styled("dim", f"Weight {weight} of {limit}."), purse])


def _purse(coins: int) -> str:
    return f"Your purse holds {phrases.coins(coins)}." if coins else "Your purse is empty."


def score(name: str, background: str, attributes: Mapping[str, int], place: str, coins: int) -> str:
    """Who one is: name, background, the nine attributes by aspect, the purse."""
    known = BY_ID.get(background)
    lines = [f"{styled('player', name)}, {known.name if known else 'a stranger'}"]
    for aspect, trio in ASPECTS.items():
        values = "  ".join(
            f"{attribute:<{_COLUMN}}{attributes.get(attribute, BASE):>2}" for attribute in trio
        )
        lines.append(f"  {styled('strong', aspect)}  {values}")
    lines.append(_purse(coins))
    if place:
        lines.append(f"You are in {styled('room', place)}.")
    return "\n".join(lines)


def look_of(name: str, background: str, things: tuple[Thing, ...]) -> str:
    """What others see who look at a character."""
    carried = phrases.listed(Goods(things)) if things else "nothing that you can see"
    return f"{_person(name, background)}. They carry {carried}."


def look_of_self(name: str, background: str, things: tuple[Thing, ...]) -> str:
    """What a character sees that looks at itself."""
    return f"You are {_person(name, background)}. You carry {phrases.listed(Goods(things))}."


def _person(name: str, background: str) -> str:
    known = BY_ID.get(background)
    return f"{styled('player', name)}, a {known.name.lower() if known else 'stranger'}"

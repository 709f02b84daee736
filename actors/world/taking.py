"""What somebody can pick up, give away or put into a container, and what is said when it is nothing. Pure."""

from __future__ import annotations

from actors.world import phrases
from actors.world.commands import Target
from actors.world.matching import all_meant
from actors.world.messages.subjects import Goods, Thing
from transports.markup import styled

EVERYTHING = Target((), is_all=True)
# Words for money, where there is any; where there is none, a thing may be called so.
_ONE_COIN = "coin"
_COINS = frozenset({_ONE_COIN, "coins", "money"})


def goods_meant(target: Target, held: Goods) -> Goods:
    """What `target` means of the goods that somebody holds. More coins than there are, if it says so; a bare
    `all` means things only: nobody loses their purse by dropping what they carry, nor by `2.coins`."""
    if held.coins and target.ordinal == 1 and target.words in {(word,) for word in _COINS}:
        return Goods(coins=_coins_meant(target, held.coins))
    return Goods(all_meant(target, held.things))


def _coins_meant(target: Target, coins: int) -> int:
    if target.count:
        return target.count
    return 1 if target.words == (_ONE_COIN,) and not target.is_all else coins


def picked_up(target: Target, held: Goods, spare_weight: int) -> Goods | str:
    """What somebody gets who reaches for `target` where these goods lie, or why it is nothing."""
    wanted = goods_meant(target, held)
    if wanted.coins > held.coins:
        return f"There {phrases.are_only(held.coins)} here."
    taken = Goods(takeable(wanted.things, spare_weight), wanted.coins)
    if target == EVERYTHING:
        taken = taken.replace(coins=held.coins)
    return taken if taken else _why_nothing(target, wanted.things)


def takeable(wanted: tuple[Thing, ...], spare_weight: int) -> tuple[Thing, ...]:
    """Those of `wanted` that can be picked up and carried, in their order."""
    taken = []
    for thing in wanted:
        if thing.takeable and thing.load <= spare_weight:
            taken.append(thing)
            spare_weight -= thing.load
    return tuple(taken)


def _why_nothing(target: Target, wanted: tuple[Thing, ...]) -> str:
    if not wanted:
        if target == EVERYTHING:
            return "There is nothing here to pick up."
        return f"You see no '{' '.join(target.words) if target.is_all else target}' here."
    if len(wanted) > 1:
        return "There is nothing here that you could carry."
    name = phrases.capitalised(styled("item", wanted[0].name))
    return f"{name} is too heavy for you." if wanted[0].takeable else f"{name} cannot be picked up."


def handed_over(target: Target, held: Goods) -> Goods | str:
    """What somebody who holds these lets go of when asked for `target`, or why it is nothing."""
    meant = goods_meant(target, held)
    if meant.coins > held.coins:
        return f"You have only {phrases.coins(held.coins)}."
    return meant if meant else f"You carry {_no(target)}."


def _no(target: Target) -> str:
    words = " ".join(target.words) if target.is_all else str(target)
    return f"no '{words}'" if words else "nothing"

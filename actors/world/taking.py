"""What somebody can pick up, and what is said when it is nothing. Pure."""

from __future__ import annotations

from actors.world import phrases
from actors.world.commands import Target
from actors.world.messages import Thing
from transports.markup import styled


def takeable(wanted: tuple[Thing, ...], spare_weight: int) -> tuple[Thing, ...]:
    """Those of `wanted` that can be picked up and carried, in their order."""
    taken = []
    for thing in wanted:
        if thing.takeable and thing.weight <= spare_weight:
            taken.append(thing)
            spare_weight -= thing.weight
    return tuple(taken)


def why_nothing(target: Target, wanted: tuple[Thing, ...]) -> str:
    """Why `wanted`, which is what `target` means, cannot be picked up."""
    if not wanted:
        if target == Target((), is_all=True):
            return "There is nothing here to pick up."
        return f"You see no '{' '.join(target.words) if target.is_all else target}' here."
    if len(wanted) > 1:
        return "There is nothing here that you could carry."
    name = phrases.capitalised(styled("item", wanted[0].name))
    return f"{name} is too heavy for you." if wanted[0].takeable else f"{name} cannot be picked up."

"""What is in what: things go into a container and come out of it, and travel with it. Pure.

A container is a thing with a capacity, and what is in it is part of its record; so whoever holds the bag
holds what is in it, and no message is needed for what a holder does with its own. Containers do not go into
each other, which keeps every record flat. Coins stay in purses.
"""

from __future__ import annotations

from actors.world import phrases
from actors.world.commands import Target
from actors.world.matching import all_meant, meant
from actors.world.messages.subjects import Goods, Thing
from actors.world.taking import takeable
from transports.markup import styled


def put_in(container: Thing, things: tuple[Thing, ...]) -> tuple[Thing, tuple[Thing, ...]]:
    """The container with those of `things` that go into it, and those that do not."""
    inside = list(container.contents)
    spare = container.capacity - sum(thing.load for thing in inside)
    outside = []
    for thing in things:
        if thing.capacity or thing.load > spare:
            outside.append(thing)
        else:
            inside.append(thing)
            spare -= thing.load
    return container.replace(contents=tuple(inside)), tuple(outside)


def taken_out(container: Thing, target: Target, spare_weight: int) -> tuple[Thing, tuple[Thing, ...]] | str:
    """The container without what `target` means of its contents, and that; or why it is nothing."""
    if not container.capacity:
        return f"There is nothing in {styled('item', container.name)}."
    wanted = all_meant(target, container.contents)
    taken = takeable(wanted, spare_weight)
    if not taken:
        return _why_nothing_is_out(container, target, wanted)
    gone = {thing.id for thing in taken}
    left = tuple(thing for thing in container.contents if thing.id not in gone)
    return container.replace(contents=left), taken


def _why_nothing_is_out(container: Thing, target: Target, wanted: tuple[Thing, ...]) -> str:
    name = styled("item", container.name)
    if wanted:
        return f"{phrases.capitalised(phrases.listed(Goods(wanted)))} would be too heavy for you."
    words = " ".join(target.words) if target.is_all else str(target)
    return f"There is no '{words}' in {name}." if words else f"{phrases.capitalised(name)} is empty."


def why_not_in(container: Thing, things: tuple[Thing, ...]) -> str:
    """Why none of these `things` goes into the container, or what is said of those that do not."""
    name = styled("item", container.name)
    if not container.capacity:
        return f"Nothing can be put into {name}."
    if all(thing.capacity for thing in things):
        return f"{phrases.capitalised(phrases.listed(Goods(things)))} does not go into {name}."
    return f"There is no room for {phrases.listed(Goods(things))} in {name}."


def replaced(things: tuple[Thing, ...], changed: Thing) -> tuple[Thing, ...]:
    """`things` with one of them as it is now, in its place."""
    return tuple(changed if thing.id == changed.id else thing for thing in things)


def container_meant(target: Target, things: tuple[Thing, ...]) -> Thing | None:
    """The thing that `target` means as a container: one that is, before one that only answers to it."""
    holding = tuple(thing for thing in things if thing.capacity)
    return meant(target, holding) or meant(target, things)


def inside(thing: Thing) -> str:
    """What one sees who looks into it; "" for what is no container."""
    if not thing.capacity:
        return ""
    name = phrases.capitalised(styled("item", thing.name))
    if not thing.contents:
        return f"{name} is empty."
    return f"{name} holds {phrases.listed(Goods(thing.contents))}."

"""Who and what messages speak of: persons, things, and goods that change hands."""

from __future__ import annotations

from transports.link.protocol import EntityId, SessionId
from wyld_actors import Record, Ref


class Thing(Record, frozen=True):
    """An item as the one who holds it knows it. `prototype` leads to its description in the atlas."""

    id: EntityId
    name: str
    keywords: tuple[str, ...] = ()
    prototype: str = ""
    takeable: bool = True
    weight: int = 1
    # The weight that goes into it; 0: it is no container. Containers do not go into each other.
    capacity: int = 0
    contents: tuple[Thing, ...] = ()

    @property
    def load(self) -> int:
        """What it weighs with all that is in it."""
        return self.weight + sum(thing.load for thing in self.contents)


class Goods(Record, frozen=True):
    """What can change hands: things, and coins, which are a number as one is as good as another."""

    things: tuple[Thing, ...] = ()
    coins: int = 0

    def __bool__(self) -> bool:
        return bool(self.things or self.coins)


class Person(Record, frozen=True):
    """Somebody, as others meet them: a character (`session` is not 0) or an npc.

    `hears` are the names of the events that an npc wants to be told; a character's player reads them instead.
    `is_link_dead`: its player's client is gone, and nobody sees through its eyes.
    """

    id: EntityId
    name: str
    ref: Ref
    session: SessionId = 0
    keywords: tuple[str, ...] = ()
    hears: frozenset[str] = frozenset()
    is_link_dead: bool = False

    @property
    def is_npc(self) -> bool:
        return self.session == 0

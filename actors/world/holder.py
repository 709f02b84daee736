"""Whoever can hold goods: a room, a character, an npc. What it holds is in its state and nowhere else.

What it lets go of leaves with a Transfer in the same handler, and what it gets came with one: so goods are in
the state of one holder, or on their way in one message, whatever crashes (see `transfers`).
"""

from __future__ import annotations

from actors.world.entity import Entity
from actors.world.messages.subjects import Goods, Thing


class Holder(Entity):
    """The hands and the purse of an entity."""

    class State(Entity.State, frozen=True, kw_only=True):
        things: tuple[Thing, ...] = ()
        coins: int = 0

    @property
    def goods(self) -> Goods:
        """All that is held."""
        return Goods(self.state.things, self.state.coins)

    def gain(self, goods: Goods) -> None:
        self.state = with_goods(self.state, goods)

    def part_with(self, goods: Goods) -> None:
        """Let go of what is held: the caller hands it on in the same handler."""
        gone = {thing.id for thing in goods.things}
        kept = tuple(thing for thing in self.state.things if thing.id not in gone)
        left = self.state.coins - goods.coins
        assert left >= 0, f"{self.id} has no {goods.coins} coins"
        self.state = self.state.replace(things=kept, coins=left)


def with_goods(state: Holder.State, goods: Goods) -> Holder.State:
    """The state of a holder that has these as well."""
    return state.replace(things=(*state.things, *goods.things), coins=state.coins + goods.coins)

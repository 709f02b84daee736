"""An item: describes itself to whoever looks at it, wherever it is carried.

Where an item is, its holder knows (see `Thing`); its actor stays in its home zone and holds what belongs to
the item itself. A subclass with a State of its own makes an item that changes: a lamp that burns down, a
letter that was read.
"""

from __future__ import annotations

from actors.world.atlas_records import ItemPlan
from actors.world.entity import Entity
from actors.world.messages.senses import Examine
from actors.world.surroundings import Surroundings
from wyld_actors import Context, on


class Item(Entity):
    """One item. `plan` is what the atlas says of its kind."""

    kind = "item"

    def __init__(self, around: Surroundings, plan: ItemPlan) -> None:
        super().__init__(around)
        self.plan = plan

    def description(self) -> str:
        """What somebody reads who looks at it."""
        return self.plan.description

    @on(Examine)
    def describe(self, ctx: Context, examine: Examine) -> None:
        self.answer_with(examine.who, examine.number, self.description(), examine.thing)

"""What every entity of one world is given: the atlas, the help, chance, and the way to others.

Others are found by name in the registry of the actor system when they are needed, as they may start later
(the link) or be elsewhere (an item's actor lives in its home zone wherever the item is carried). References
stay good across crashes, so what was found is kept until its actor is gone for good.

The last good record of an entity outlives its cell here: when a supervisor above gives up and starts its
children anew, they go on from what they were, and not from the start of the world.
"""

from __future__ import annotations

from typing import Any

from actors.world.atlas_records import Atlas
from actors.world.chance import Dice
from actors.world.helpbook import HelpBook
from actors.world.outlet import KEEPER, OUTLET, PRESENCE
from transports.link.protocol import EntityId
from wyld_actors import Cell, Ref, Registry


class Surroundings:
    """One for each world; handed to every entity when it is made."""

    def __init__(
        self,
        atlas: Atlas,
        registry: Registry,
        help_book: HelpBook | None = None,
        dice: Dice | None = None,
    ) -> None:
        self.atlas = atlas
        self.help_book = help_book or HelpBook()
        self.dice = dice or Dice()
        self._registry = registry
        self._found: dict[str, Ref] = {}
        self._cells: dict[EntityId, Cell] = {}

    @property
    def outlet(self) -> Ref | None:
        """Where outputs go; None before the link is up, when there are no sessions either."""
        return self._service(OUTLET)

    @property
    def presence(self) -> Ref | None:
        return self._service(PRESENCE)

    @property
    def keeper(self) -> Ref | None:
        """Who saves characters that leave play."""
        return self._service(KEEPER)

    def find(self, entity: EntityId) -> Ref | None:
        """The actor of an entity, if it is up."""
        return self._registry.whereis(entity)

    def adopt(self, entity: EntityId, cell: Cell, state: Any) -> Any:
        """The record with which the entity in `cell` goes on. Called once for each incarnation."""
        self._registry.register(entity, cell.ref)
        before = self._cells.get(entity)
        self._cells[entity] = cell
        if before is None or before is cell or before.good_state is None:
            return state
        return before.good_state

    def cells(self) -> list[Cell]:
        """The cells of all entities, each with the last good record of its entity as `good_state`."""
        return list(self._cells.values())

    def holds(self, cell: Cell) -> bool:
        """Whether it is the cell of an entity, the last one that this entity had."""
        entity = getattr(cell.good_state, "id", None)
        if entity is None:
            # It has never come so far as to have a record.
            return cell in self._cells.values()
        return self._cells.get(entity) is cell

    def last_record(self, name: str) -> Any:
        """The last good record of an entity or a part of the world, down or not. None: unknown."""
        cell = self._cells.get(name)
        if cell is None:
            ref = self._service(name)
            cell = None if ref is None else ref.cell
        return None if cell is None else cell.good_state

    def forget(self, entity: EntityId) -> None:
        """The entity has left the world on purpose; who comes back begins with what was saved."""
        self._cells.pop(entity, None)

    def _service(self, name: str) -> Ref | None:
        ref = self._found.get(name)
        if ref is None or not ref.is_alive():
            ref = self._registry.whereis(name)
            if ref is not None:
                self._found[name] = ref
        return ref

"""Before the tree of a world stands: its name is claimed, its epoch taken, its last checkpoint read.

Plain functions on one connection that is closed again. The keeper claims the name again, for as long as the
process lives, over the connection that writes; with the epoch taken here, so that a claim fails when
another world of this name has begun in between.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actors.entrance.desk import Returning
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.entities import EntityRecord, find_entities, load_entities
from actors.storage.ownership import claim_world, epoch_name, next_epoch, release_world
from actors.storage.positions import Position, load_positions
from actors.world.atlas_records import Atlas
from actors.world.character import Character
from actors.world.item import Item
from actors.world.npc import Npc
from actors.world.restoring import Start, restore
from actors.world.room import Room
from actors.world.saving import Saved
from transports.link.protocol import EntityId

__all__ = ["Beginning", "beginning_of", "characters_of", "read_beginning", "take_epoch"]

logger = logging.getLogger(__name__)

# A killed world's connection is noticed by the database within moments.
CLAIM_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """With what a world begins. `epoch` is greater than that of any process before."""

    epoch: int
    start: Start
    returning: Returning


def read_beginning(dsn: str, world: str, atlas: Atlas, behaviours: Mapping[str, type[Npc]]) -> Beginning:
    """Read the last checkpoint. Raises WorldTaken, peewee.DatabaseError."""
    database = CooperativeDatabase(dsn)
    with database.connection_context():
        claim_world(database, world, wait_seconds=CLAIM_SECONDS)
        epoch = next_epoch(database, epoch_name(world))
        positions = load_positions(database)
        places = load_entities(database, (Room.kind, Npc.kind, Item.kind))
        characters = find_entities(database, characters_of(positions))
        release_world(database, world)
    return beginning_of(atlas, epoch, [*places, *characters], positions, behaviours)


def beginning_of(
    atlas: Atlas,
    epoch: int,
    entities: Sequence[EntityRecord],
    positions: Sequence[Position],
    behaviours: Mapping[str, type[Npc]],
) -> Beginning:
    """How a world begins with this checkpoint. Pure, but for what it logs."""
    start = restore(atlas, [_saved(record) for record in entities], behaviours)
    for problem in start.unreadable:
        logger.error("left out of the world: %s", problem)
    logger.info("the last checkpoint has %s entities, and %s sessions in play", len(entities), len(positions))
    return Beginning(epoch, start, Returning(positions, _states(start)))


def characters_of(positions: Sequence[Position]) -> list[EntityId]:
    """The characters that were in play."""
    return [position.character for position in positions if position.character]


def take_epoch(dsn: str, name: str) -> int:
    """The boot number of a process: greater than any before. Raises peewee.DatabaseError."""
    database = CooperativeDatabase(dsn)
    with database.connection_context():
        return next_epoch(database, name)


def _states(start: Start) -> dict[EntityId, Character.State]:
    return {entity: state for entity, state in start.records.items() if isinstance(state, Character.State)}


def _saved(record: EntityRecord) -> Saved:
    return Saved(record.id, record.kind, record.state, record.prototype or "", record.version)

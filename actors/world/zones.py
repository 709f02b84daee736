"""Child specifications for the entities, so that the world's tree can be declared as data.

A zone is a supervisor, one_for_one: its rooms first, then its items and npcs, all permanent. Each has a
budget of its own and is quarantined when it is used up, so an npc that crashes at every word never takes
its zone down. Mailboxes are kept over a restart: what players asked a crashing room is answered by the room
as it was.

Characters move between zones and live under a dynamic supervisor of their own, sessions likewise (see
`actors.entrance.play`).
"""

from __future__ import annotations

from collections.abc import Mapping

from actors.world.atlas_records import Atlas, ItemPlan, NpcKey, RoomKey
from actors.world.behaviours import BEHAVIOURS
from actors.world.errors import UnknownBehaviourError
from actors.world.item import Item
from actors.world.npc import Npc
from actors.world.presence import Presence
from actors.world.restoring import Start
from actors.world.room import Room
from actors.world.surroundings import Surroundings
from supervisors.backoff import Budget, GiveUp
from supervisors.specs import ChildSpec
from transports.link.protocol import EntityId
from wyld_actors import Mailbox

# Messages. A player has at most one command under way, so this is for a few thousand players in one room.
ROOM_MAILBOX = Mailbox(10_000)
# Messages. Every player in the world may ask at once who is there.
PRESENCE_MAILBOX = Mailbox(100_000)
ENTITY_BUDGET = Budget(max_failures=8, then=GiveUp.QUARANTINE)


def zone_children(
    zone: str, around: Surroundings, start: Start, behaviours: Mapping[str, type[Npc]] = BEHAVIOURS
) -> tuple[ChildSpec, ...]:
    """The children of a zone's supervisor, in start order. Raises UnknownBehaviourError."""
    atlas = around.atlas
    plan = atlas.zones[zone]
    rooms = [_room(atlas, around, start, f"room:{key}") for key in plan.rooms]
    items = [_item(around, start, entity, item) for entity, item in start.items.items() if item.zone == zone]
    npcs = [_npc(atlas, around, start, f"npc:{key}", behaviours) for key in plan.npcs]
    return (*rooms, *items, *npcs)


def presence_child(around: Surroundings) -> ChildSpec:
    """The directory of players; starts before the zones and the characters."""
    return ChildSpec(id="presence", actor=Presence, args=(around,), mailbox=PRESENCE_MAILBOX)


def child_id(entity: EntityId) -> str:
    """The last part of an entity's path: its zone is the part before (`/world/zones/harbour/room:quay`)."""
    kind, _, key = entity.partition(":")
    return f"{kind}:{key.rpartition('/')[2]}"


def _room(atlas: Atlas, around: Surroundings, start: Start, entity: EntityId) -> ChildSpec:
    plan = atlas.rooms[RoomKey(entity.removeprefix("room:"))]
    return ChildSpec(
        id=child_id(entity),
        actor=Room,
        args=(around, plan),
        kwargs={"state": start.records[entity]},
        mailbox=ROOM_MAILBOX,
        budget=ENTITY_BUDGET,
    )


def _item(around: Surroundings, start: Start, entity: EntityId, plan: ItemPlan) -> ChildSpec:
    return ChildSpec(
        id=child_id(entity),
        actor=Item,
        args=(around, plan),
        kwargs={"state": start.records[entity]},
        budget=ENTITY_BUDGET,
    )


def _npc(
    atlas: Atlas, around: Surroundings, start: Start, entity: EntityId, behaviours: Mapping[str, type[Npc]]
) -> ChildSpec:
    plan = atlas.npcs[NpcKey(entity.removeprefix("npc:"))]
    behaviour = behaviours.get(plan.behaviour)
    if behaviour is None:
        raise UnknownBehaviourError(plan.behaviour, tuple(behaviours))
    return ChildSpec(
        id=child_id(entity),
        actor=behaviour,
        args=(around, plan),
        kwargs={"state": start.records[entity]},
        budget=ENTITY_BUDGET,
    )

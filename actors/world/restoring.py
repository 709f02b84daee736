"""The states with which a world begins: what was saved where something was, else what the atlas says. Pure.

Rules:
- a saved state wins over the placement in the atlas; names, keywords and descriptions come from the atlas, so
  that what builders mend is mended everywhere;
- every item exists exactly once: one that somebody holds is not placed again, nor is one that its room has
  given away (`Room.State.placed`), and of two holders only the first keeps it;
- nothing is thrown away: what lay in a room or was held by an npc that is no more goes to the start room,
  what was in a thing that is no container any more lies beside it, and a thing whose prototype is gone stays
  as it was;
- a character whose room is gone wakes in the start room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from actors.world.atlas_records import Atlas, ItemKey, ItemPlan, NpcPlan, RoomKey, RoomPlan
from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.errors import UnreadableStateError
from actors.world.holder import with_goods
from actors.world.item import Item
from actors.world.messages.subjects import Goods, Thing
from actors.world.npc import Npc
from actors.world.room import Room
from actors.world.saving import Saved, class_of, decode
from transports.link.protocol import EntityId


@dataclass(slots=True)
class Start:
    """`records` has a state for every room, npc and item of the atlas and for every saved character, by id;
    `items` the plan of each item that needs an actor. `unreadable` are saved states that had to be left
    out."""

    records: dict[EntityId, Entity.State] = field(default_factory=dict)
    items: dict[EntityId, ItemPlan] = field(default_factory=dict)
    unreadable: list[UnreadableStateError] = field(default_factory=list)


def restore(
    atlas: Atlas, saved: Iterable[Saved] = (), behaviours: Mapping[str, type[Npc]] = BEHAVIOURS
) -> Start:
    """Where everything stands when the world begins with these saved states."""
    start = Start()
    records = _decoded(saved, behaviours, start.unreadable)
    things = _Things(atlas)
    for entity, record in records.items():
        if isinstance(record, Character.State):
            start.records[entity] = _character(atlas, record, things)
    for npc in atlas.npcs.values():
        entity = f"npc:{npc.key}"
        start.records[entity] = _npc(atlas, npc, records.get(entity), things, behaviours[npc.behaviour])
    placed = {item for record in records.values() if isinstance(record, Room.State) for item in record.placed}
    for plan in atlas.rooms.values():
        start.records[f"room:{plan.key}"] = _room(plan, records.get(f"room:{plan.key}"), things)
    _place(atlas, start, things, placed)
    _rescue(atlas, start, records, things)
    _items(atlas, start, records)
    return start


def thing_of(plan: ItemPlan, entity: EntityId) -> Thing:
    """The item as its holder will know it."""
    return Thing(
        entity, plan.display_name, plan.keywords, plan.key, plan.takeable, plan.weight, plan.container
    )


def item_ids(plan: ItemPlan) -> list[EntityId]:
    """The ids of all copies of an item that the atlas places."""
    return [f"item:{plan.key}" + (f"#{number}" if number > 1 else "") for number in range(1, plan.count + 1)]


def awakened(atlas: Atlas, record: Character.State) -> Character.State:
    """A character as it comes into play: with things as the atlas has them now, in a room that exists."""
    return _character(atlas, record, _Things(atlas))


class _Things:
    """Takes note of every thing that has a holder; a second holder gets it no more."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._held: set[EntityId] = set()

    def claim(self, things: Sequence[Thing]) -> tuple[Thing, ...]:
        """Those of `things` that nobody holds yet, as the atlas describes them now."""
        return tuple(own for thing in things for own in self._claimed(thing))

    def _claimed(self, thing: Thing) -> Sequence[Thing]:
        """The thing and what is in it; what was in one that is no container any more lies beside it."""
        contents = self.claim(thing.contents)
        if thing.id in self._held:
            return contents
        self._held.add(thing.id)
        plan = self._atlas.items.get(ItemKey(thing.prototype))
        renewed = thing_of(plan, thing.id) if plan else thing
        if renewed.capacity:
            return (renewed.replace(contents=contents),)
        return (renewed.replace(contents=()), *contents)


def _decoded(
    saved: Iterable[Saved], behaviours: Mapping[str, type[Npc]], unreadable: list[UnreadableStateError]
) -> dict[EntityId, Entity.State]:
    records: dict[EntityId, Entity.State] = {}
    for one in saved:
        entity_class = class_of(one.kind, one.prototype, behaviours)
        if entity_class is None:
            unreadable.append(UnreadableStateError(one.id, one.kind, "this kind of entity is not known"))
            continue
        try:
            records[one.id] = decode(one.state, entity_class, one.id)
        except UnreadableStateError as error:
            unreadable.append(error)
    return records


def _character(atlas: Atlas, record: Character.State, things: _Things) -> Character.State:
    exists = RoomKey(record.room.removeprefix("room:")) in atlas.rooms
    room = record.room if exists else f"room:{atlas.start}"
    return record.replace(room=room, things=things.claim(record.things))


def _npc(
    atlas: Atlas, plan: NpcPlan, record: Entity.State | None, things: _Things, behaviour: type[Npc]
) -> Npc.State:
    home = f"room:{plan.room}"
    if not isinstance(record, behaviour.State):
        kept = Goods(things.claim(record.things), record.coins) if isinstance(record, Npc.State) else Goods()
        return behaviour.State(id=f"npc:{plan.key}", room=home, things=kept.things, coins=kept.coins)
    exists = RoomKey(record.room.removeprefix("room:")) in atlas.rooms
    return record.replace(room=record.room if exists else home, things=things.claim(record.things))


def _room(plan: RoomPlan, record: Entity.State | None, things: _Things) -> Room.State:
    doors = {way.value: exit_.door.closed for way, exit_ in plan.exits.items() if exit_.door}
    if not isinstance(record, Room.State):
        return Room.State(id=f"room:{plan.key}", doors=doors)
    stood = {way: record.doors.get(way, closed) for way, closed in doors.items()}
    return record.replace(things=things.claim(record.things), doors=stood, occupants=())


def _place(atlas: Atlas, start: Start, things: _Things, placed: set[EntityId]) -> None:
    """Put what the atlas places, and no world has placed before, into its room."""
    for plan in atlas.items.values():
        if plan.room is None:
            continue
        new = [entity for entity in item_ids(plan) if entity not in placed]
        room = start.records[f"room:{plan.room}"]
        assert isinstance(room, Room.State)
        claimed = things.claim([thing_of(plan, entity) for entity in new])
        start.records[room.id] = room.replace(things=(*room.things, *claimed), placed=(*room.placed, *new))


def _rescue(atlas: Atlas, start: Start, records: Mapping[EntityId, Entity.State], things: _Things) -> None:
    """Bring what the holders that are no more held, and the items they had placed, to the start room."""
    gone = [
        record
        for entity, record in records.items()
        if entity not in start.records and isinstance(record, Room.State | Npc.State)
    ]
    home = start.records[f"room:{atlas.start}"]
    assert isinstance(home, Room.State)
    rescued = [thing for record in gone for thing in things.claim(record.things)]
    placed = [item for record in gone if isinstance(record, Room.State) for item in record.placed]
    goods = Goods(tuple(rescued), sum(record.coins for record in gone))
    start.records[home.id] = with_goods(home, goods).replace(placed=(*home.placed, *placed))


def _items(atlas: Atlas, start: Start, records: Mapping[EntityId, Entity.State]) -> None:
    for plan in atlas.items.values():
        for entity in item_ids(plan):
            record = records.get(entity)
            start.items[entity] = plan
            start.records[entity] = record if isinstance(record, Item.State) else Item.State(id=entity)

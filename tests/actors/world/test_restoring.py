"""How a world begins again: from the atlas and from what was saved, with every item exactly once."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from actors.world.atlas import parse
from actors.world.atlas_records import Atlas, ItemKey, NpcKey, RoomKey
from actors.world.behaviours.innkeeper import Innkeeper
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.item import Item
from actors.world.messages.subjects import Thing
from actors.world.npc import Npc
from actors.world.restoring import Start, awakened, restore
from actors.world.room import Room
from actors.world.saving import Saved, decode, encode, saved
from actors.world.testing import World
from tests.actors.world.sample import FILES, HARBOUR, TOWN, atlas

LANTERN = Thing("item:harbour/lantern", "an old name", ("old",), "harbour/lantern")
RELIC = Thing("item:harbour/relic", "a relic", ("relic",), "harbour/relic")
QUAY, MARKET = "room:harbour/quay", "room:town/market"


def things_of(start: Start, entity: str) -> list[str]:
    record = start.records[entity]
    assert isinstance(record, Room.State | Npc.State | Character.State)
    return [thing.id for thing in record.things]


def all_things(start: Start) -> list[str]:
    return sorted(thing.id for record in start.records.values() for thing in getattr(record, "things", ()))


def without(world: Atlas, *, room: str = "", npc: str = "", item: str = "") -> Atlas:
    """The atlas after a builder took something out."""
    return dataclasses.replace(
        world,
        rooms=MappingProxyType({key: plan for key, plan in world.rooms.items() if key != room}),
        npcs=MappingProxyType({key: plan for key, plan in world.npcs.items() if key != npc}),
        items=MappingProxyType({key: plan for key, plan in world.items.items() if key != item}),
    )


def test_a_new_world_is_as_the_atlas_says() -> None:
    start = restore(atlas())

    assert things_of(start, QUAY) == ["item:harbour/lantern", "item:harbour/lantern#2", "item:harbour/anchor"]
    assert start.records["room:harbour/inn"].doors == {"south": True}  # type: ignore[attr-defined]
    assert start.records["npc:harbour/innkeeper"].room == "room:harbour/inn"  # type: ignore[attr-defined]
    assert set(start.items) == {*all_things(start)}


def test_a_saved_state_wins_over_the_placement() -> None:
    emptied = Room.State(QUAY, {"north": False}, ("item:harbour/lantern", "item:harbour/anchor"))
    market = Room.State(MARKET, things=(LANTERN,))

    start = restore(atlas(), [saved(Room, emptied), saved(Room, market)])

    assert things_of(start, QUAY) == ["item:harbour/lantern#2"]
    assert things_of(start, MARKET) == ["item:harbour/lantern", "item:town/rope"]
    assert start.records[QUAY].doors == {"north": False}  # type: ignore[attr-defined]


def test_what_builders_mend_is_mended_wherever_the_thing_is() -> None:
    ann = Character.State("character:ann", 1, "Ann", room=MARKET, things=(LANTERN,))

    start = restore(atlas(), [saved(Character, ann)])

    (thing,) = start.records["character:ann"].things  # type: ignore[attr-defined]
    assert (thing.name, thing.keywords) == ("a brass lantern", ("brass", "lantern"))


def test_an_item_that_a_character_took_away_is_not_placed_again() -> None:
    """Also when the character is not in play and its state not among the saved ones."""
    with World(atlas()) as world:
        ann = world.player("Ann")
        ann.types("get lantern")
        ann.types("quit")
        quay = saved(Room, world.entity(QUAY).state)

    assert things_of(restore(atlas(), [quay]), QUAY) == ["item:harbour/lantern#2", "item:harbour/anchor"]


def test_of_two_holders_of_one_item_only_the_first_keeps_it() -> None:
    ann = Character.State("character:ann", 1, "Ann", room=QUAY, things=(LANTERN,))
    market = Room.State(MARKET, things=(LANTERN,))

    start = restore(atlas(), [saved(Room, market), saved(Character, ann)])

    assert all_things(start).count(LANTERN.id) == 1
    assert things_of(start, "character:ann") == [LANTERN.id]


def test_a_thing_whose_prototype_is_gone_is_kept_as_it_was() -> None:
    market = Room.State(MARKET, things=(RELIC,))

    start = restore(atlas(), [saved(Room, market)])

    assert RELIC in start.records[MARKET].things  # type: ignore[attr-defined]


def test_what_lay_in_a_room_that_is_gone_comes_to_the_start_room() -> None:
    market = Room.State(MARKET, things=(LANTERN,), placed=("item:town/rope",))
    smaller = parse([("harbour.toml", HARBOUR.replace('east = "town/market"', ""))])

    start = restore(smaller, [saved(Room, market)])

    assert LANTERN.id in things_of(start, QUAY)
    assert all_things(start).count(LANTERN.id) == 1


def test_what_an_npc_that_is_gone_held_comes_to_the_start_room() -> None:
    marta = Npc.State("npc:harbour/innkeeper", room="room:harbour/inn", things=(LANTERN,))
    smaller = without(atlas(), npc=NpcKey("harbour/innkeeper"))

    start = restore(smaller, [saved(Npc, marta)])

    assert LANTERN.id in things_of(start, QUAY)


def test_what_is_in_a_bag_stays_in_it_and_is_there_once() -> None:
    bag = Thing("item:old/bag", "a bag", capacity=9, contents=(LANTERN,))
    ann = Character.State("character:ann", 1, "Ann", room=QUAY, things=(bag,))
    market = Room.State(MARKET, things=(bag.replace(contents=(LANTERN, RELIC)),))

    start = restore(atlas(), [saved(Room, market), saved(Character, ann)])

    (kept,) = start.records["character:ann"].things  # type: ignore[attr-defined]
    assert [thing.id for thing in kept.contents] == [LANTERN.id]
    assert LANTERN.id not in all_things(start)
    assert all_things(start).count(RELIC.id) == 1


def test_what_was_in_a_thing_that_is_no_container_any_more_lies_beside_it() -> None:
    lantern = LANTERN.replace(capacity=9, contents=(RELIC,))
    market = Room.State(MARKET, things=(lantern,))

    start = restore(atlas(), [saved(Room, market)])

    assert things_of(start, MARKET)[:2] == [LANTERN.id, RELIC.id]


def test_coins_stay_where_they_were_and_are_rescued_as_things_are() -> None:
    market = Room.State(MARKET, coins=3)
    marta = Npc.State("npc:harbour/innkeeper", coins=5)
    hermit = Npc.State("npc:old/hermit", coins=7)
    ann = Character.State("character:ann", 1, "Ann", room=QUAY, coins=11)
    smaller = parse([("harbour.toml", HARBOUR.replace('east = "town/market"', ""))])

    start = restore(
        smaller,
        [*(saved(Npc, npc) for npc in (marta, hermit)), saved(Room, market), saved(Character, ann)],
    )

    purses = [start.records[one].coins for one in (QUAY, marta.id, ann.id)]  # type: ignore[attr-defined]
    assert purses == [10, 5, 11]


def test_a_character_whose_room_is_gone_wakes_in_the_start_room() -> None:
    ann = Character.State("character:ann", 1, "Ann", room=MARKET)
    smaller = without(atlas(), room=RoomKey("town/market"))

    assert awakened(smaller, ann).room == QUAY
    assert awakened(atlas(), ann).room == MARKET


def test_an_npc_keeps_its_memory_and_a_new_behaviour_begins_afresh_with_what_was_held() -> None:
    keeper = Innkeeper.State("npc:harbour/innkeeper", things=(LANTERN,), greeted=3)
    greeting = parse(
        [
            ("harbour.toml", HARBOUR.replace('room = "inn"\n', 'room = "inn"\nbehaviour = "Innkeeper"\n')),
            ("town.toml", TOWN),
        ]
    )

    kept = restore(greeting, [saved(Innkeeper, keeper)]).records["npc:harbour/innkeeper"]
    plain = restore(atlas(), [saved(Innkeeper, keeper)]).records["npc:harbour/innkeeper"]

    assert kept.greeted == 3  # type: ignore[attr-defined]
    assert plain.things[0].id == LANTERN.id  # type: ignore[attr-defined]


def test_a_state_that_cannot_be_read_is_named_and_the_rest_is_restored() -> None:
    broken = Saved(QUAY, "room", b"\xc1")
    unknown = Saved("dragon:one", "dragon", b"\x80")

    start = restore(atlas(), [broken, unknown])

    assert [str(error).split(":")[0] for error in start.unreadable] == [
        "the saved state of room",
        "the saved state of dragon",
    ]
    assert QUAY in start.records


def test_an_unknown_field_is_ignored_and_a_new_one_gets_its_default() -> None:
    class OldRoom(Entity.State, frozen=True):
        weather: str = "rain"

    state = decode(encode(OldRoom(QUAY)), Room)

    assert state == Room.State(QUAY)


def test_what_belongs_to_this_life_of_the_process_is_not_saved() -> None:
    with World(atlas()) as world:
        ann = world.player("Ann")
        quay = world.entity(QUAY).state

        assert decode(encode(quay), Room) == quay.replace(occupants=())
        assert decode(encode(ann.state), Character) == ann.state.replace(
            session=0, session_ref=None, is_present=False
        )


def test_a_whole_world_comes_back_as_it_was() -> None:
    with World(atlas()) as world:
        ann = world.player("Ann")
        for line in ("get lantern", "open door", "north", "drop lantern", "quit"):
            ann.types(line)
        states = [
            saved(cell.actor_class, cell.good_state)
            for cell in world.around.cells()
            if issubclass(cell.actor_class, Entity)
        ]
        before = world.things()

    with World(atlas(), states) as again:
        assert again.things() == before
        assert [thing.id for thing in again.entity("room:harbour/inn").state.things] == [
            "item:harbour/lantern"
        ]
        assert again.entity(QUAY).state.doors == {"north": False}


IDS = [
    "item:harbour/lantern",
    "item:harbour/lantern#2",
    "item:harbour/anchor",
    "item:town/rope",
    "item:old/coin",
]
HOLDERS = [
    QUAY,
    MARKET,
    "room:old/cave",
    "npc:harbour/innkeeper",
    "npc:old/hermit",
    "character:ann",
    "nobody",
]


@given(st.dictionaries(st.sampled_from(IDS), st.sampled_from(HOLDERS)), st.sets(st.sampled_from(IDS)))
def test_wherever_things_were_every_one_of_them_is_there_once(
    holders: dict[str, str], placed: set[str]
) -> None:
    held = {
        holder: tuple(
            Thing(item, item, (), item.removeprefix("item:"))
            for item, who in holders.items()
            if who == holder
        )
        for holder in HOLDERS
    }
    rooms = [
        Room.State(room, things=held[room], placed=tuple(placed) if room == QUAY else ())
        for room in HOLDERS[:3]
    ]
    npcs = [Npc.State(npc, things=held[npc]) for npc in HOLDERS[3:5]]
    ann = Character.State("character:ann", 1, "Ann", room=QUAY, things=held["character:ann"])

    start = restore(
        parse(FILES),
        [*(saved(Room, room) for room in rooms), *(saved(Npc, npc) for npc in npcs), saved(Character, ann)],
    )

    found = all_things(start)
    assert len(found) == len(set(found))
    expected = {item for item, who in holders.items() if who != "nobody"}
    expected |= {item for item in IDS[:4] if item not in placed}
    assert set(found) == expected
    assert all(isinstance(start.records[entity], Item.State) for entity in start.items)
    assert ItemKey("town/rope") in atlas().items

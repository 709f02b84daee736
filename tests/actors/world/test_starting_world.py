"""The world that a new server starts with: whole, consistent, and every word of it works."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from actors.world.atlas import parse
from actors.world.atlas_records import Atlas, ItemPlan, NpcPlan, RoomKey, RoomPlan
from actors.world.backgrounds import BASE, CARRIED_BY_STRENGTH
from actors.world.behaviours import BEHAVIOURS
from actors.world.behaviours.night_watchman import ROUND
from actors.world.character import newborn
from actors.world.commands import Look, Target
from actors.world.directions import NAMED, Direction
from actors.world.errors import AtlasError
from actors.world.grammar import parse as parse_line
from actors.world.matching import answers_to
from actors.world.testing import Player, World

CONFIG = Path(__file__).parents[3] / "config"
FILES = [(path.name, path.read_text(encoding="utf-8")) for path in sorted((CONFIG / "world").glob("*.toml"))]
ATLAS = parse(FILES, behaviours=BEHAVIOURS)
TOWN_ROOMS = [room for room in ATLAS.rooms.values() if not room.builder]

_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_STEPS: Mapping[Direction, tuple[int, int, int]] = {
    Direction.NORTH: (0, 1, 0),
    Direction.NORTHEAST: (1, 1, 0),
    Direction.EAST: (1, 0, 0),
    Direction.SOUTHEAST: (1, -1, 0),
    Direction.SOUTH: (0, -1, 0),
    Direction.SOUTHWEST: (-1, -1, 0),
    Direction.WEST: (-1, 0, 0),
    Direction.NORTHWEST: (-1, 1, 0),
    Direction.UP: (0, 0, 1),
    Direction.DOWN: (0, 0, -1),
}


# ------------------------------------------------------------------------------------------- geography


def test_there_is_a_town_of_three_zones_and_a_corner_for_builders() -> None:
    zones = {zone.id: zone.builder for zone in ATLAS.zones.values()}

    assert zones == {"harbour": False, "town": False, "woods": False, "void": True, "hub": True}
    assert len(TOWN_ROOMS) >= 25
    assert ATLAS.start == "harbour/quay"


def test_the_builders_corner_is_a_void_and_a_hub_with_a_room_on_each_of_six_sides() -> None:
    corner = [room.key for room in ATLAS.rooms.values() if room.builder]
    hub = ATLAS.rooms[RoomKey("hub/hub")]

    assert len(corner) == 8
    assert [zone.name for zone in ATLAS.zones.values() if zone.builder] == ["Developer Hub", "The Void"]
    for way in ("north", "south", "east", "west", "up", "down"):
        assert hub.exits[Direction(way)].room == f"hub/{way}"


def test_every_room_can_be_reached_from_the_start() -> None:
    assert set(_reached(ATLAS)) == set(ATLAS.rooms)


def test_going_back_the_way_one_came_leads_back() -> None:
    one_way = []
    for room in ATLAS.rooms.values():
        for way, exit_ in room.exits.items():
            if exit_.one_way:
                one_way.append((room.key, way))
            else:
                back = ATLAS.rooms[exit_.room].exits.get(way.opposite)
                assert back is not None, f"{room.key} {way}"
                assert back.room == room.key, f"{room.key} {way}"

    assert one_way == [("void/void", Direction.DOWN)]


def test_the_town_can_be_drawn_on_a_map() -> None:
    places = _places(ATLAS.rooms[ATLAS.start])

    assert set(places) == {room.key for room in TOWN_ROOMS}
    assert len(set(places.values())) == len(places), "two rooms stand in the same place"


def test_a_door_is_the_same_on_both_sides() -> None:
    for room in ATLAS.rooms.values():
        for way, exit_ in room.exits.items():
            if exit_.door:
                other = ATLAS.rooms[exit_.room].exits[way.opposite].door
                assert other is not None
                assert (other.name, other.closed) == (exit_.door.name, exit_.door.closed), room.key


def test_the_watchman_can_walk_his_round_without_opening_a_door() -> None:
    here = "room:town/watch-yard"
    passed = []
    for _ in ROUND:
        passed.append(here)
        exit_ = ATLAS.rooms[RoomKey(here.removeprefix("room:"))].exits[ROUND[here]]
        assert exit_.door is None
        here = f"room:{exit_.room}"

    assert here == passed[0]
    assert set(passed) == set(ROUND)


# ------------------------------------------------------------------------------------------- prose


@pytest.mark.parametrize("room", ATLAS.rooms.values(), ids=lambda room: room.key)
def test_a_room_is_described_in_two_to_four_sentences(room: RoomPlan) -> None:
    assert 2 <= len(_SENTENCE_END.findall(room.description)) <= 4
    assert 150 <= len(room.description) <= 420


def test_no_two_rooms_have_the_same_name_or_begin_alike() -> None:
    assert len({room.name for room in ATLAS.rooms.values()}) == len(ATLAS.rooms)
    assert len({room.description[:20] for room in ATLAS.rooms.values()}) == len(ATLAS.rooms)


def test_every_room_has_something_to_look_at() -> None:
    furnished = {item.room for item in ATLAS.items.values()}

    assert set(ATLAS.rooms) - furnished == set()


def test_whatever_can_be_taken_can_be_carried_by_the_weakest() -> None:
    for item in ATLAS.items.values():
        assert not item.takeable or item.weight <= BASE * CARRIED_BY_STRENGTH, item.key


# ------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("plan", [*ATLAS.items.values(), *ATLAS.npcs.values()], ids=lambda plan: plan.key)
def test_every_keyword_is_read_by_the_grammar_as_what_it_means(
    plan: ItemPlan | NpcPlan,
) -> None:
    assert plan.keywords

    for keyword in plan.keywords:
        command = parse_line(f"look {keyword}")
        assert isinstance(command, Look)
        assert isinstance(command.target, Target)
        assert command.target.ordinal == 1
        assert not command.target.is_all
        assert answers_to(plan.keywords, command.target.words), keyword


@pytest.fixture
def world() -> Iterator[World]:
    with World(ATLAS) as world:
        yield world


@pytest.fixture
def ann(world: World) -> Player:
    return world.player("Ann")


def test_everything_and_everybody_can_be_looked_at_by_name() -> None:
    with World(ATLAS) as world:
        for number, room in enumerate(ATLAS.rooms):
            looker = _player_in(world, room, number)
            for item in ATLAS.items.values():
                if item.room == room:
                    seen, lines = looker.types(f"look {item.name}"), item.description.splitlines()
                    assert seen[: len(lines)] == lines
                    assert len(seen) == len(lines) + bool(item.container)
            for npc in ATLAS.npcs.values():
                if npc.room == room:
                    assert looker.types(f"look {npc.name}") == npc.description.splitlines()


def test_every_keyword_finds_something_where_its_thing_is() -> None:
    with World(ATLAS) as world:
        for number, room in enumerate(ATLAS.rooms):
            looker = _player_in(world, room, number)
            plans: list[ItemPlan | NpcPlan] = [*ATLAS.items.values(), *ATLAS.npcs.values()]
            for keyword in (word for plan in plans if plan.room == room for word in plan.keywords):
                assert not looker.types(f"look {keyword}")[0].startswith("You see no"), (room, keyword)


def test_every_door_opens_and_closes_by_its_name() -> None:
    with World(ATLAS) as world:
        for number, (key, room) in enumerate(ATLAS.rooms.items()):
            looker = _player_in(world, key, number)
            for door in (exit_.door for exit_ in room.exits.values() if exit_.door):
                first, second = ("open", "close") if door.closed else ("close", "open")
                assert looker.types(f"{first} {door.name}") == [f"You {first} the {door.name}."]
                assert looker.types(f"{second} {door.name}") == [f"You {second} the {door.name}."]


def test_scenery_stays_and_other_things_can_be_picked_up(world: World, ann: Player) -> None:
    ann.types("get all")

    assert ann.thing_names == ["a brass lantern"]
    assert "an iron bollard" in world.entity("room:harbour/quay").state.things[0].name


def test_the_painted_door_leads_to_the_builders_and_the_void_lets_fall(ann: Player) -> None:
    for line in ("n", "u", "open hatch", "u", "open painted door", "ne"):
        ann.types(line)
    assert ann.view.name == "The Void"

    ann.types("ne")
    assert ann.view.name == "The Hub"
    for way in ("n", "s", "e", "w", "u", "d"):
        ann.types(way)
        assert ann.view.zone == "Developer Hub"
        ann.types(NAMED[way].opposite.value)
        assert ann.view.name == "The Hub"

    ann.types("sw")
    ann.types("d")
    assert ann.view.name == "The Shingle"


def test_the_smugglers_way_leads_from_the_warehouse_to_the_head(ann: Player) -> None:
    for line in ("e", "open sliding", "e", "open trapdoor", "d", "open grating", "d"):
        ann.types(line)
    assert ann.view.name == "The Lower Way"

    for line in ("ne", "u", "u", "n", "w"):
        ann.types(line)
    assert ann.view.name == "The East Gate"


def test_what_happens_in_the_town_happens_without_a_crash() -> None:
    with World(ATLAS) as world:
        ann = world.player("Ann")
        world.advance(seconds=1800)

        assert ann.heard("Bilge washes an ear that was clean.")
        assert all(world.entity(f"npc:{npc}").incarnation == 1 for npc in ATLAS.npcs)


# ------------------------------------------------------------------------------------------- on the way


def _reached(atlas: Atlas) -> list[RoomKey]:
    reached = [atlas.start]
    for key in reached:
        reached.extend(exit_.room for exit_ in atlas.rooms[key].exits.values() if exit_.room not in reached)
    return reached


def _places(start: RoomPlan) -> dict[RoomKey, tuple[int, int, int]]:
    """Where each room of the town stands, a step being a step. Ways that do not meet fail."""
    places = {start.key: (0, 0, 0)}
    for key in (walked := [start.key]):
        for way, exit_ in ATLAS.rooms[key].exits.items():
            if ATLAS.rooms[exit_.room].builder:
                continue
            x, y, z = places[key]
            dx, dy, dz = _STEPS[way]
            place = (x + dx, y + dy, z + dz)
            if exit_.room not in places:
                places[exit_.room] = place
                walked.append(exit_.room)
            assert places[exit_.room] == place, f"{key} {way}"
    return places


def _player_in(world: World, room: RoomKey, number: int) -> Player:
    name = f"Looker{number}"
    state = newborn(ATLAS, f"character:{name.lower()}", number + 1, name, "wanderer")
    return world.enter(state.replace(room=f"room:{room}"))


# ------------------------------------------------------------------------------------------- its document

DOCUMENT = (CONFIG.parent / "docs" / "world.md").read_text(encoding="utf-8")


def test_the_document_names_every_room_of_the_town_and_everybody_in_it() -> None:
    for room in ATLAS.rooms.values():
        assert room.name.removeprefix("The ") in DOCUMENT
    for npc in ATLAS.npcs.values():
        assert npc.name in DOCUMENT


def test_the_zone_of_the_document_can_be_added_as_it_is_printed() -> None:
    moor, way = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)

    atlas = parse(_with_moor(moor, way), behaviours=BEHAVIOURS)

    assert atlas.rooms[RoomKey("woods/stones")].exits[Direction.NORTH].room == "moor/cairn"
    assert set(_reached(atlas)) == set(atlas.rooms)


def test_what_is_wrong_is_said_as_the_document_shows_it() -> None:
    moor, _ = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    shown = re.findall(r"```text\n(the world files .*?)\n```", DOCUMENT, re.DOTALL)
    slipped = moor.replace('description = "It is', 'descripton = "It is')

    with pytest.raises(AtlasError) as raised:
        parse(_with_moor(slipped, ""), behaviours=BEHAVIOURS)

    assert [str(raised.value)] == shown


def _with_moor(moor: str, way: str) -> list[tuple[str, str]]:
    """The files with those two of the document: a zone, and the way to it."""
    header = "[rooms.stones.exits]\n"
    files = [(name, text.replace(header, header + way)) for name, text in FILES]
    return [*files, ("moor.toml", moor)]

"""Reads the world files (TOML, one zone in a file) into an Atlas, or says all that is wrong with them.

`parse` is a plain function over texts: who reads the files and what happens with the error is decided
elsewhere. It never stops at the first problem; an AtlasError lists them all with file and line, and each
says how to mend it.

Names are local to their zone: in harbour.toml `quay` means `harbour/quay`, and `town/market` is another
zone's room. Two rules go beyond single values: an exit needs a way back unless it is marked `one_way`, and
a door stands in both directions (of one door there are two sides, and each room shows its own).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from actors.world.atlas_file import ZoneFile, room_key
from actors.world.atlas_lines import Path
from actors.world.atlas_records import Atlas, ExitPlan, RoomKey, RoomPlan, Zone
from actors.world.atlas_schema import Reader, suggestion
from actors.world.errors import AtlasError, Problem

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_K = TypeVar("_K", bound=str)
_V = TypeVar("_V")


def parse(files: Iterable[tuple[str, str]], *, behaviours: Container[str] | None = None) -> Atlas:
    """The atlas of `files` (name, text). Raises AtlasError.

    `behaviours` are the names an npc's behaviour may have; None leaves them unchecked.
    """
    zones: list[ZoneFile] = []
    problems: list[Problem] = []
    for name, text in files:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(_syntax_problem(name, str(error)))
            continue
        reader = Reader(name, text)
        zones.append(ZoneFile.read(reader, document))
    _duplicate_zones(zones)
    rooms = {key: (plan, zone) for zone in zones for key, plan in zone.rooms.items()}
    for zone in zones:
        _check_exits(zone, rooms)
        _check_places(zone, rooms, behaviours)
    start = _start_room(zones, rooms, problems)
    problems.extend(problem for zone in zones for problem in zone.reader.problems)
    if problems or start is None:
        raise AtlasError(problems)
    return _atlas(start, zones)


# ---------------------------------------------------------------- what only all files together can tell

_Rooms = Mapping[RoomKey, tuple[RoomPlan, ZoneFile]]


def _duplicate_zones(zones: list[ZoneFile]) -> None:
    first: dict[str, ZoneFile] = {}
    for zone in zones:
        other = first.setdefault(zone.id, zone)
        if other is not zone and zone.id:
            place = f"{other.reader.file}:{other.reader.line(('zone', 'id'))}"
            zone.reader.note(("zone", "id"), f"the zone id {zone.id!r} is taken by {place}: choose another")


def _check_exits(zone: ZoneFile, rooms: _Rooms) -> None:
    for room in zone.rooms.values():
        for exit_ in room.exits.values():
            path = ("rooms", room.key.partition("/")[2], "exits", exit_.direction.value)
            if exit_.room not in rooms:
                if exit_.room:
                    zone.reader.note(
                        path, _no_room(f"the exit {exit_.direction} of {room.key} leads", exit_.room, rooms)
                    )
                continue
            _check_way_back(zone, room, exit_, rooms[exit_.room][0], path)


def _check_way_back(zone: ZoneFile, room: RoomPlan, exit_: ExitPlan, target: RoomPlan, path: Path) -> None:
    back = [way for way in target.exits.values() if way.room == room.key]
    if not back and not exit_.one_way:
        zone.reader.note(
            path,
            f"the exit {exit_.direction} of {room.key} leads to {target.key}, which has no exit back: "
            f'add one there ({exit_.direction.opposite} = "{room.key}") or mark this one (one_way = true)',
        )
    if exit_.door and back and not any(way.door for way in back):
        zone.reader.note(
            path,
            f"the {exit_.door.name} {exit_.direction} of {room.key} has no other side: "
            f"give the exit of {target.key} back to here the same door",
        )


def _check_places(zone: ZoneFile, rooms: _Rooms, behaviours: Container[str] | None) -> None:
    for item in zone.items.values():
        if item.room is not None and item.room not in rooms:
            path = ("items", item.key.partition("/")[2], "room")
            zone.reader.note(path, _no_room(f"the item {item.key} belongs", item.room, rooms))
    for npc in zone.npcs.values():
        name = npc.key.partition("/")[2]
        if npc.room and npc.room not in rooms:
            zone.reader.note(("npcs", name, "room"), _no_room(f"the npc {npc.key} belongs", npc.room, rooms))
        if behaviours is not None and npc.behaviour not in behaviours:
            zone.reader.note(
                ("npcs", name, "behaviour"),
                f"no behaviour class is called {npc.behaviour!r}: "
                "name another, or its module in the setting world.behaviours",
            )


def _no_room(what: str, room: str, rooms: _Rooms) -> str:
    close = suggestion(room, rooms) if rooms else ""
    hint = close if close.startswith("did") else "add the room or correct the name"
    return f"{what} to {room!r}, and there is no such room; {hint}"


def _start_room(zones: list[ZoneFile], rooms: _Rooms, problems: list[Problem]) -> RoomKey | None:
    marked = [zone for zone in zones if zone.start]
    if not marked:
        first = zones[0].reader if zones else None
        problems.append(
            Problem(
                first.file if first else "(no world file)",
                first.line(("zone",)) if first else 1,
                'no zone says where a new character begins: add start = "ROOM" to one [zone]',
            )
        )
        return None
    for extra in marked[1:]:
        place = f"{marked[0].reader.file}:{marked[0].reader.line(('zone', 'start'))}"
        extra.reader.note(("zone", "start"), f"the start room is already given in {place}: keep one")
    start = room_key(marked[0].id, marked[0].start)
    if start not in rooms:
        marked[0].reader.note(("zone", "start"), _no_room("the start leads", start, rooms))
    return start


def _syntax_problem(file: str, error: str) -> Problem:
    at = _AT_LINE.search(error)
    return Problem(file, int(at[1]) if at else 1, f"not valid TOML: {_AT_LINE.sub('', error).strip()}")


def _atlas(start: RoomKey, zones: list[ZoneFile]) -> Atlas:
    return Atlas(
        start,
        MappingProxyType(
            {
                zone.id: Zone(
                    zone.id, zone.name, zone.builder, tuple(zone.rooms), tuple(zone.items), tuple(zone.npcs)
                )
                for zone in zones
            }
        ),
        _merged(zone.rooms for zone in zones),
        _merged(zone.items for zone in zones),
        _merged(zone.npcs for zone in zones),
    )


def _merged(parts: Iterable[Mapping[_K, _V]]) -> Mapping[_K, _V]:
    return MappingProxyType({key: value for part in parts for key, value in part.items()})

"""One world file, read into plans by itself; what it says about other files is checked in `atlas`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from actors.world.atlas_lines import Path
from actors.world.atlas_records import (
    DoorPlan,
    ExitPlan,
    ItemKey,
    ItemPlan,
    NpcKey,
    NpcPlan,
    RoomKey,
    RoomPlan,
)
from actors.world.atlas_schema import (
    EXIT_FIELDS,
    ITEM_FIELDS,
    NAME,
    NAME_RULE,
    NPC_FIELDS,
    ROOM_FIELDS,
    ZONE_FIELDS,
    Reader,
    Table,
    keywords_of,
    suggestion,
)
from actors.world.directions import ALIASES, Direction


@dataclass(slots=True)
class ZoneFile:
    """One file, read but not yet compared with the others."""

    reader: Reader
    id: str
    name: str
    start: str
    builder: bool
    rooms: dict[RoomKey, RoomPlan]
    items: dict[ItemKey, ItemPlan]
    npcs: dict[NpcKey, NpcPlan]

    @classmethod
    def read(cls, reader: Reader, document: Table) -> ZoneFile:
        reader.unknown_tables(document)
        if "zone" not in document:
            reader.note(
                (), 'the table [zone] is missing: begin the file with [zone], id = "...", name = "..."'
            )
        fields: Any = reader.fields(
            _table(reader, document, "zone"), ("zone",), ZONE_FIELDS if "zone" in document else ()
        )
        zone = str(fields.get("id", ""))
        if zone and not NAME.fullmatch(zone):
            reader.note(("zone", "id"), f"{zone!r} is no good id: {NAME_RULE}")
        builder = bool(fields.get("builder", False))
        return cls(
            reader,
            zone,
            str(fields.get("name", "")),
            str(fields.get("start", "")),
            builder,
            dict(_rooms(reader, zone, builder, _table(reader, document, "rooms"))),
            dict(_items(reader, zone, _table(reader, document, "items"))),
            dict(_npcs(reader, zone, _table(reader, document, "npcs"))),
        )


def _table(reader: Reader, document: Table, name: str) -> Table:
    value = document.get(name, {})
    if isinstance(value, dict):
        return value
    reader.note((name,), f"{name!r} must be a table, such as [{name}]")
    return {}


def _rooms(reader: Reader, zone: str, builder: bool, tables: Table) -> Iterable[tuple[RoomKey, RoomPlan]]:
    for name, table in reader.tables(tables, ("rooms",)):
        path = ("rooms", name)
        values: Any = reader.fields(table, path, ROOM_FIELDS)
        key = RoomKey(f"{zone}/{name}")
        exits = MappingProxyType(dict(_exits(reader, zone, values["exits"], (*path, "exits"))))
        marked = builder if values["builder"] is None else values["builder"]
        yield key, RoomPlan(key, zone, values["name"], values["description"], exits, marked)


def _exits(reader: Reader, zone: str, table: Table, path: Path) -> Iterable[tuple[Direction, ExitPlan]]:
    found: dict[Direction, ExitPlan] = {}
    for word, value in table.items():
        here = (*path, word)
        if word in set(Direction):
            direction = Direction(word)
            found[direction] = _exit(reader, zone, direction, value, here)
        elif word in ALIASES:
            reader.note(here, f"write the direction {word!r} out: {ALIASES[word].value}")
        else:
            reader.note(
                here, f"{word!r} is no direction; {suggestion(word, [way.value for way in Direction])}"
            )
    return [(direction, found[direction]) for direction in Direction if direction in found]


def _exit(reader: Reader, zone: str, direction: Direction, value: object, path: Path) -> ExitPlan:
    if isinstance(value, str):
        return ExitPlan(direction, room_key(zone, value))
    if not isinstance(value, dict):
        reader.note(
            path, 'an exit must be a room ("market") or a table ({ room = "market", door = "oak door" })'
        )
        return ExitPlan(direction, RoomKey(""))
    fields: Any = reader.fields(value, path, EXIT_FIELDS)
    door = None
    if fields["door"]:
        door = DoorPlan(fields["door"], keywords_of(fields["door"], fields["keywords"]), fields["closed"])
    elif fields["closed"] or fields["keywords"]:
        reader.note(path, "'closed' and 'keywords' belong to a door: add door = \"oak door\"")
    return ExitPlan(direction, room_key(zone, fields["room"]), door, fields["one_way"])


def _items(reader: Reader, zone: str, tables: Table) -> Iterable[tuple[ItemKey, ItemPlan]]:
    for name, table in reader.tables(tables, ("items",)):
        fields: Any = reader.fields(table, ("items", name), ITEM_FIELDS)
        key = ItemKey(f"{zone}/{name}")
        fields["keywords"] = keywords_of(fields["name"], fields["keywords"])
        fields["room"] = room_key(zone, fields["room"]) if fields["room"] else None
        yield key, ItemPlan(key, zone, **fields)


def _npcs(reader: Reader, zone: str, tables: Table) -> Iterable[tuple[NpcKey, NpcPlan]]:
    for name, table in reader.tables(tables, ("npcs",)):
        fields: Any = reader.fields(table, ("npcs", name), NPC_FIELDS)
        key = NpcKey(f"{zone}/{name}")
        fields["keywords"] = keywords_of(fields["name"], fields["keywords"])
        fields["room"] = room_key(zone, fields["room"])
        yield key, NpcPlan(key, zone, **fields)


def room_key(zone: str, name: str) -> RoomKey:
    """The key of the room that a file of `zone` calls `name`."""
    return RoomKey(name if "/" in name else f"{zone}/{name}" if name else "")

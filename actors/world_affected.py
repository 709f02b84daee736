"""Who in the world noticed that an actor has ended: those in its room, its own player, or everybody.

    npc, room        the players in the room
    zone             the players in its rooms
    character        its player
    session          its character
    any other part   how many play

Who carries an item is not known without asking everybody, and hardly anybody notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from actors.affected import players
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.messages.subjects import Person
from actors.world.npc import Npc
from actors.world.outlet import PRESENCE
from actors.world.paths import ROOT
from actors.world.place import Place
from actors.world.presence import Presence
from actors.world.session import WorldSession
from actors.world.surroundings import Surroundings
from transports.link.protocol import EntityId
from wyld_actors import Cell

__all__ = ["affected_by"]

_ZONES = f"{ROOT}/zones"


def affected_by(cell: Cell, around: Surroundings) -> Mapping[str, object]:
    """The fields for the restart log."""
    match cell.good_state:
        case Character.State(name=name, session=session):
            return players([name], [session]) if session else {}
        case WorldSession.State(name=name, session=session):
            return players([name], [session])
        case Place.State(id=room) | Npc.State(room=room):
            return _in_room(room, around)
        case Entity.State():
            return {}
    if cell.path.startswith(f"{_ZONES}/"):
        return _in_zone(cell, around)
    presence = around.last_record(PRESENCE)
    return {"players": len(presence.present)} if isinstance(presence, Presence.State) else {}


def _in_room(room: EntityId, around: Surroundings) -> dict[str, object]:
    found = _named(_occupants(room, around))
    return {"room": room, **found} if room else found


def _in_zone(cell: Cell, around: Surroundings) -> dict[str, object]:
    zone = around.atlas.zones.get(cell.path.removeprefix(f"{_ZONES}/").partition("/")[0])
    rooms = [] if zone is None else [f"room:{key}" for key in zone.rooms]
    return _named(chain.from_iterable(_occupants(room, around) for room in rooms))


def _occupants(room: EntityId, around: Surroundings) -> tuple[Person, ...]:
    record = around.last_record(room)
    return record.occupants if isinstance(record, Place.State) else ()


def _named(people: Iterable[Person]) -> dict[str, object]:
    here = [person for person in people if not person.is_npc]
    return players([person.name for person in here], [person.session for person in here])

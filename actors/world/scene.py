"""What a room shows and who is in it, computed once for each state of the room.

A crowded room is looked at and spoken in far more often than it changes, so everything that does not depend
on the viewer is made when it is first asked for and kept until the room's state is replaced. Pure: values
in, values out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from actors.world.atlas_records import ExitPlan, RoomPlan
from actors.world.directions import Direction
from actors.world.messages.subjects import Goods, Person
from actors.world.phrases import COIN, STARING
from transports.link.protocol import (
    EntityId,
    OccupantKind,
    RoomExit,
    RoomItem,
    RoomOccupant,
    RoomOutput,
    SessionId,
)


class Scene:
    """One state of one room, ready to be shown."""

    def __init__(
        self,
        plan: RoomPlan,
        zone_name: str,
        goods: Goods,
        occupants: tuple[Person, ...],
        doors: Mapping[str, bool],
    ) -> None:
        self._plan = plan
        self._zone_name = zone_name
        self._goods = goods
        self._occupants = occupants
        self._doors = doors
        self._positions = {person.id: index for index, person in enumerate(occupants)}

    def position(self, person: EntityId) -> int:
        """Where the person stands among the occupants, -1 if they are not here."""
        return self._positions.get(person, -1)

    def view(self, viewer: EntityId) -> RoomOutput:
        """The room as `viewer` sees it: everybody but themselves."""
        seen = self._seen
        at = self._positions.get(viewer, -1)
        return RoomOutput(
            self._plan.name,
            self._plan.description,
            self._exits,
            self._items,
            seen if at < 0 else seen[:at] + seen[at + 1 :],
            f"room:{self._plan.key}",
            self._zone_name,
        )

    def audience(self, besides: Iterable[EntityId] = ()) -> tuple[SessionId, ...]:
        """The sessions of the players here, without some."""
        left_out = {self._sessions_by_id[person] for person in besides if person in self._sessions_by_id}
        if not left_out:
            return self._sessions
        return tuple(session for session in self._sessions if session not in left_out)

    def audience_but(self, person: EntityId) -> tuple[SessionId, ...]:
        """The sessions of the players here without one person: the case of all speech."""
        session = self._sessions_by_id.get(person)
        if session is None:
            return self._sessions
        at = self._session_positions[session]
        return self._sessions[:at] + self._sessions[at + 1 :]

    def listeners(self, event: str) -> tuple[Person, ...]:
        """The npcs here that want to be told of events of this name."""
        return self._listeners.get(event, ())

    @cached_property
    def _seen(self) -> tuple[RoomOccupant, ...]:
        kinds = {True: OccupantKind.NPC, False: OccupantKind.PLAYER}
        return tuple(
            RoomOccupant(person.name, kinds[person.is_npc], STARING if person.is_link_dead else "", person.id)
            for person in self._occupants
        )

    @cached_property
    def _exits(self) -> tuple[RoomExit, ...]:
        return tuple(self._exit(way, plan) for way, plan in self._plan.exits.items())

    def _exit(self, way: Direction, plan: ExitPlan) -> RoomExit:
        if plan.door is None:
            return RoomExit(way.value)
        return RoomExit(way.value, plan.door.name, self._doors.get(way.value, plan.door.closed))

    @cached_property
    def _items(self) -> tuple[RoomItem, ...]:
        things, coins = self._goods.things, self._goods.coins
        counts = Counter(thing.name for thing in things)
        ids = {thing.name: thing.id for thing in reversed(things)}
        items = tuple(RoomItem(name, count, ids[name]) for name, count in counts.items())
        return (*items, RoomItem(COIN, coins, "coins")) if coins else items

    @cached_property
    def _sessions_by_id(self) -> dict[EntityId, SessionId]:
        return {person.id: person.session for person in self._occupants if person.session}

    @cached_property
    def _sessions(self) -> tuple[SessionId, ...]:
        return tuple(self._sessions_by_id.values())

    @cached_property
    def _session_positions(self) -> dict[SessionId, int]:
        return {session: index for index, session in enumerate(self._sessions)}

    @cached_property
    def _listeners(self) -> dict[str, tuple[Person, ...]]:
        found: dict[str, tuple[Person, ...]] = {}
        for person in self._occupants:
            for event in person.hears:
                found[event] = (*found.get(event, ()), person)
        return found

"""Doors: how they are opened and closed from both sides, and shown to both rooms.

A door between two rooms has one owner, the room whose key sorts first: the other side asks it and is told,
so both sides agree whatever happens at the same time. A door without another side belongs to its room.
"""

from __future__ import annotations

from actors.world import phrases
from actors.world.atlas_records import DoorPlan, ExitPlan
from actors.world.commands import Target
from actors.world.directions import NAMED, Direction
from actors.world.matching import answers_to
from actors.world.messages.subjects import Person
from actors.world.messages.ways import DoorMoved, MoveDoor, MoveFarDoor
from actors.world.place import Place
from transports.markup import styled
from wyld_actors import Context, Ref, on


def direction_meant(target: Target) -> Direction | None:
    """The direction that `target` names, if it names one."""
    return NAMED.get(" ".join(target.words))


class Doored(Place):
    """The part of a room that has to do with doors."""

    @on(MoveDoor)
    def move_door(self, ctx: Context, move: MoveDoor) -> None:
        exit_ = self.exit_meant(move.target)
        if exit_ is None or exit_.door is None:
            way = direction_meant(move.target)
            nothing = f"no door {way.value}" if way else f"no '{move.target}' to open or close here"
            self.answer(move.who, move.number, phrases.text(f"There is {nothing}."))
        elif self._owns(exit_):
            self._decide_door(exit_, exit_.door, move.who, move.is_closing, move.number, is_here=True)
        else:
            self._ask_owner(exit_, move)

    @on(MoveFarDoor)
    def move_far_door(self, ctx: Context, move: MoveFarDoor) -> None:
        exit_ = self.plan.exits.get(move.direction)
        if exit_ is not None and exit_.door is not None:
            self._decide_door(exit_, exit_.door, move.who, move.is_closing, move.number, is_here=False)
        else:
            self.answer(move.who, move.number, phrases.text("It does not move."))

    @on(DoorMoved)
    def follow_door(self, ctx: Context, moved: DoorMoved) -> None:
        exit_ = self.plan.exits.get(moved.direction)
        if exit_ is not None and exit_.door is not None:
            self._set_door(exit_, moved.is_closed)
            self._tell_of_door(exit_.door, moved.who, moved.is_closed, is_here=moved.is_by_far_side)

    def _ask_owner(self, exit_: ExitPlan, move: MoveDoor) -> None:
        owner, back = self.room_beyond(exit_), self._way_back(exit_)
        if owner is None or back is None:
            self.answer(move.who, move.number, phrases.text("It does not move."))
        else:
            owner.tell(MoveFarDoor(move.who, back, move.is_closing, move.number))

    def _decide_door(
        self, exit_: ExitPlan, door: DoorPlan, who: Person, is_closing: bool, number: int, *, is_here: bool
    ) -> None:
        if self.is_closed(exit_) == is_closing:
            state = "closed" if is_closing else "open"
            line = f"The {styled('exit', door.name)} is already {state}."
            self.answer(who, number, phrases.text(line))
            return
        self._set_door(exit_, is_closing)
        self._tell_of_door(door, who, is_closing, is_here=is_here)
        far, back = self.room_beyond(exit_), self._way_back(exit_)
        if far is not None and back is not None:
            far.tell(DoorMoved(who, back, is_closing, not is_here))
        self.answer(who, number, phrases.text(f"You {phrases.moved_door(door.name, is_closing)}"))

    def _tell_of_door(self, door: DoorPlan, who: Person, is_closed: bool, *, is_here: bool) -> None:
        if is_here:
            verb = "closes" if is_closed else "opens"
            self.tell_others(who, f"{phrases.named(who)} {verb} the {styled('exit', door.name)}.")
        else:
            self.tell_others(who, phrases.swung_door(door.name, is_closed))

    def _set_door(self, exit_: ExitPlan, is_closed: bool) -> None:
        self.state = self.state.replace(doors={**self.state.doors, exit_.direction.value: is_closed})

    def exit_meant(self, target: Target) -> ExitPlan | None:
        way = direction_meant(target)
        if way is not None:
            return self.plan.exits.get(way)
        for exit_ in self.plan.exits.values():
            if exit_.door and answers_to(exit_.door.keywords, target.words):
                return exit_
        return None

    def is_closed(self, exit_: ExitPlan) -> bool:
        closed: bool = self.state.doors.get(
            exit_.direction.value, exit_.door is not None and exit_.door.closed
        )
        return closed

    def _owns(self, exit_: ExitPlan) -> bool:
        return self.plan.key <= exit_.room or self._way_back(exit_) is None

    def _way_back(self, exit_: ExitPlan) -> Direction | None:
        """Where the other side of this exit's door is, seen from the room behind it."""
        beyond = self.around.atlas.rooms.get(exit_.room)
        if beyond is None:
            return None
        doors = [way for way, back in beyond.exits.items() if back.room == self.plan.key and back.door]
        return exit_.direction.opposite if exit_.direction.opposite in doors else doors[0] if doors else None

    def room_beyond(self, exit_: ExitPlan) -> Ref | None:
        return self.around.find(f"room:{exit_.room}")

"""A room: who and what is in it, its doors, and everything that is seen and heard there.

The room is the one truth about its things and its occupants. It decides every movement out of it and hands
the person or the thing on in the same atomic handler. Speech leaves as one output for all listeners.

A door between two rooms has one owner, the room whose key sorts first: the other side asks it and is told,
so both sides agree whatever happens at the same time.
"""

from __future__ import annotations

from msgspec import field

from actors.world import phrases
from actors.world.atlas_records import DoorPlan, ExitPlan, ItemKey, RoomPlan
from actors.world.commands import Target
from actors.world.directions import NAMED, Direction
from actors.world.entity import Entity
from actors.world.matching import all_meant, answers_to, meant
from actors.world.messages import (
    Announce,
    Arrived,
    Depart,
    Departed,
    DepartedFromWorld,
    DoorMoved,
    Emote,
    Emoted,
    Enter,
    Entered,
    Event,
    Examine,
    Expel,
    Leave,
    LookAround,
    LookAt,
    MoveDoor,
    MoveFarDoor,
    PassOn,
    Person,
    Receive,
    Returned,
    Said,
    Say,
    Stranded,
    Take,
    Thing,
)
from actors.world.scene import Scene
from actors.world.surroundings import Surroundings
from transports.link.protocol import EntityId
from transports.markup import styled
from wyld_actors import Context, Record, Ref, on


class Room(Entity):
    """One room of the atlas."""

    kind = "room"

    class State(Entity.State, frozen=True):
        """`doors` says for each direction with a door whether it is closed; `placed` are the items that the
        atlas has put here once, so that it does not do so again. Occupants come back by themselves."""

        things: tuple[Thing, ...] = ()
        doors: dict[str, bool] = field(default_factory=dict)
        placed: tuple[EntityId, ...] = ()
        occupants: tuple[Person, ...] = ()

        def saved(self) -> Record:
            return self.replace(occupants=())

    def __init__(self, around: Surroundings, plan: RoomPlan) -> None:
        super().__init__(around)
        self.plan = plan
        self._scene: Scene | None = None
        self._shown: object = None

    @property
    def scene(self) -> Scene:
        state = self.state
        if self._scene is None or self._shown is not state:
            zone = self.around.atlas.zones.get(self.plan.zone)
            self._scene = Scene(
                self.plan, zone.name if zone else "", state.things, state.occupants, state.doors
            )
            self._shown = state
        return self._scene

    # ------------------------------------------------------------------------- coming and going

    @on(Enter)
    def admit(self, ctx: Context, enter: Enter) -> None:
        who = enter.who
        was_here = self.scene.position(who.id) >= 0
        others = tuple(person for person in self.state.occupants if person.id != who.id)
        self.state = self.state.replace(occupants=(*others, who))
        if not enter.is_quiet and not was_here:
            self._tell_others(who, phrases.arrived(who, enter.whence), enter.number)
            self._tell_npcs(Arrived(who, enter.whence))
        who.ref.tell(Entered(self.id, ctx.ref, who, enter.number, self.scene.view(who.id)))

    @on(Leave)
    def let_out(self, ctx: Context, leave: Leave) -> None:
        who, way = leave.who, leave.direction
        if self.scene.position(who.id) < 0:
            who.ref.tell(Stranded(self.id, leave.number, 1))
            return
        exit_ = self.plan.exits.get(way)
        if exit_ is None:
            self.answer(who, leave.number, phrases.text(f"You cannot go {way.value} from here."))
            return
        if exit_.door and self._is_closed(exit_):
            self.answer(who, leave.number, phrases.text(f"The {styled('exit', exit_.door.name)} is closed."))
            return
        beyond = self._beyond(exit_)
        if beyond is None:
            self.answer(
                who, leave.number, phrases.text(f"A mist bars the way {way.value}. Try again in a moment.")
            )
            return
        self._remove(who.id)
        self._tell_others(who, phrases.departed(who, way), leave.number)
        self._tell_npcs(Departed(who, way))
        beyond.tell(Enter(who, leave.number, way.opposite))

    @on(Depart)
    def let_go(self, ctx: Context, depart: Depart) -> None:
        who = depart.who
        if self.scene.position(who.id) >= 0:
            self._remove(who.id)
            self._tell_others(who, phrases.departed(who, None), depart.number)
            self._tell_npcs(Departed(who))
        who.ref.tell(DepartedFromWorld())

    @on(Expel)
    def forget(self, ctx: Context, expel: Expel) -> None:
        self._remove(expel.id)

    def _remove(self, person: EntityId) -> None:
        self.state = self.state.replace(
            occupants=tuple(other for other in self.state.occupants if other.id != person)
        )

    # ------------------------------------------------------------------------- speech

    @on(Say)
    def carry_speech(self, ctx: Context, say: Say) -> None:
        own, heard = phrases.spoken(say.who, say.text)
        self._tell_others(say.who, heard, say.number)
        self._tell_npcs(Said(say.who, say.text))
        self.answer(say.who, say.number, phrases.text(own))

    @on(Emote)
    def show_emote(self, ctx: Context, emote: Emote) -> None:
        seen = phrases.text(phrases.emoted(emote.who, emote.text))
        self._tell_others(emote.who, seen.text, emote.number)
        self._tell_npcs(Emoted(emote.who, emote.text))
        self.answer(emote.who, emote.number, seen)

    @on(Announce)
    def announce(self, ctx: Context, announce: Announce) -> None:
        self.emit_to_many(
            self.scene.audience(announce.besides),
            phrases.text(announce.text),
            announce.number,
            announce.origin,
        )

    def _tell_others(self, who: Person, line: str, number: int = 0) -> None:
        self.emit_to_many(
            self.scene.audience_but(who.id), phrases.text(line), number, who.session if number else 0
        )

    def _tell_npcs(self, event: Event) -> None:
        for npc in self.scene.listeners(type(event).__name__):
            if npc.id != event.who.id:
                npc.ref.tell(event)

    # ------------------------------------------------------------------------- looking

    @on(LookAround)
    def look_around(self, ctx: Context, look: LookAround) -> None:
        self.answer(look.who, look.number, self.scene.view(look.who.id))

    @on(LookAt)
    def look_at(self, ctx: Context, look: LookAt) -> None:
        who, target = look.who, look.target
        if (thing := meant(target, self.state.things)) is not None:
            show_thing(self, who, thing, look.number)
        elif (person := meant(target, self.state.occupants)) is not None:
            person.ref.tell(Examine(who, look.number))
        elif (exit_ := self._exit_meant(target)) is not None:
            self.answer(who, look.number, phrases.text(self._seen_through(exit_)))
        else:
            self.answer(who, look.number, phrases.text(f"You see no '{target}' here."))

    def _exit_meant(self, target: Target) -> ExitPlan | None:
        way = NAMED.get(" ".join(target.words))
        if way is not None:
            return self.plan.exits.get(way)
        for exit_ in self.plan.exits.values():
            if exit_.door and answers_to(exit_.door.keywords, target.words):
                return exit_
        return None

    def _seen_through(self, exit_: ExitPlan) -> str:
        if exit_.door and self._is_closed(exit_):
            return f"The {styled('exit', exit_.door.name)} {exit_.direction.value} is closed."
        beyond = self.around.atlas.rooms.get(exit_.room)
        name = styled("room", beyond.name) if beyond else "nothing but mist"
        door = f"Through the open {styled('exit', exit_.door.name)} you" if exit_.door else "You"
        return f"{door} see {name} {exit_.direction.value}."

    # ------------------------------------------------------------------------- doors

    @on(MoveDoor)
    def move_door(self, ctx: Context, move: MoveDoor) -> None:
        exit_ = self._exit_meant(move.target)
        if exit_ is None or exit_.door is None:
            self.answer(
                move.who, move.number, phrases.text(f"There is no '{move.target}' to open or close here.")
            )
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
        owner, back = self._beyond(exit_), self._way_back(exit_)
        if owner is None or back is None:
            self.answer(move.who, move.number, phrases.text("It does not move."))
        else:
            owner.tell(MoveFarDoor(move.who, back, move.is_closing, move.number))

    def _decide_door(
        self, exit_: ExitPlan, door: DoorPlan, who: Person, is_closing: bool, number: int, *, is_here: bool
    ) -> None:
        if self._is_closed(exit_) == is_closing:
            state = "closed" if is_closing else "open"
            line = f"The {styled('exit', door.name)} is already {state}."
            self.answer(who, number, phrases.text(line))
            return
        self._set_door(exit_, is_closing)
        self._tell_of_door(door, who, is_closing, is_here=is_here)
        far, back = self._beyond(exit_), self._way_back(exit_)
        if far is not None and back is not None:
            far.tell(DoorMoved(who, back, is_closing, not is_here))
        self.answer(who, number, phrases.text(f"You {phrases.moved_door(door.name, is_closing)}"))

    def _tell_of_door(self, door: DoorPlan, who: Person, is_closed: bool, *, is_here: bool) -> None:
        if is_here:
            verb = "closes" if is_closed else "opens"
            self._tell_others(who, f"{phrases.named(who)} {verb} the {styled('exit', door.name)}.")
        else:
            self._tell_others(who, phrases.swung_door(door.name, is_closed))

    def _set_door(self, exit_: ExitPlan, is_closed: bool) -> None:
        self.state = self.state.replace(doors={**self.state.doors, exit_.direction.value: is_closed})

    def _is_closed(self, exit_: ExitPlan) -> bool:
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

    def _beyond(self, exit_: ExitPlan) -> Ref | None:
        return self.around.find(f"room:{exit_.room}")

    # ------------------------------------------------------------------------- things

    @on(Take)
    def hand_out(self, ctx: Context, take: Take) -> None:
        wanted = all_meant(take.target, self.state.things)
        taken = takeable(wanted, take.spare_weight)
        if not taken:
            self.answer(take.who, take.number, phrases.text(_why_nothing(take.target, wanted)))
            return
        self._without(taken)
        take.who.ref.tell(Receive(taken, ctx.ref, take.who, take.number))
        self._tell_others(
            take.who, f"{phrases.named(take.who)} picks up {phrases.listed(taken)}.", take.number
        )

    @on(Receive)
    def take_in(self, ctx: Context, receive: Receive) -> None:
        self._with(receive.things)
        if receive.who is not None:
            what = phrases.listed(receive.things)
            self._tell_others(receive.who, f"{phrases.named(receive.who)} drops {what}.", receive.number)
            self.answer(receive.who, receive.number, phrases.text(f"You drop {what}."))

    @on(PassOn)
    def pass_on(self, ctx: Context, passed: PassOn) -> None:
        receiver = meant(passed.receiver, self.state.occupants)
        if receiver is None:
            refusal = f"There is nobody called '{passed.receiver}' here."
        elif passed.who is not None and receiver.id == passed.who.id:
            refusal = "You pass it from one hand into the other."
        else:
            receiver.ref.tell(Receive(passed.things, passed.source, passed.who, passed.number))
            return
        passed.source.tell(Returned(passed.things, passed.number, refusal))

    @on(Returned)
    def take_back(self, ctx: Context, returned: Returned) -> None:
        self._with(returned.things)

    def _with(self, things: tuple[Thing, ...]) -> None:
        self.state = self.state.replace(things=(*self.state.things, *things))

    def _without(self, things: tuple[Thing, ...]) -> None:
        gone = {thing.id for thing in things}
        self.state = self.state.replace(
            things=tuple(thing for thing in self.state.things if thing.id not in gone)
        )


def takeable(wanted: tuple[Thing, ...], spare_weight: int) -> tuple[Thing, ...]:
    """Those of `wanted` that can be picked up and carried, in their order."""
    taken = []
    for thing in wanted:
        if thing.takeable and thing.weight <= spare_weight:
            taken.append(thing)
            spare_weight -= thing.weight
    return tuple(taken)


def show_thing(entity: Entity, who: Person, thing: Thing, number: int) -> None:
    """Let `who` see a thing: its own actor describes it, else the atlas, else its name."""
    item = entity.around.find(thing.id)
    if item is not None:
        item.tell(Examine(who, number))
    else:
        plan = entity.around.atlas.items.get(ItemKey(thing.prototype))
        line = plan.description if plan else f"You see nothing special about {styled('item', thing.name)}."
        entity.answer(who, number, phrases.text(line))


def _why_nothing(target: Target, wanted: tuple[Thing, ...]) -> str:
    if not wanted:
        return "There is nothing here to pick up." if target.is_all else f"You see no '{target}' here."
    if len(wanted) > 1:
        return "There is nothing here that you could carry."
    name = phrases.capitalised(styled("item", wanted[0].name))
    return f"{name} is too heavy for you." if wanted[0].takeable else f"{name} cannot be picked up."

"""A room: who and what is in it. It decides every movement out of it.

The room is the one truth about its things and its occupants. Who leaves and what is taken is handed on in
the same atomic handler in which the room lets go of it; so it is in this room, or on its way, or elsewhere,
and never twice.
"""

from __future__ import annotations

from actors.world import containers, phrases
from actors.world.atlas_records import ExitPlan
from actors.world.commands import Target
from actors.world.doors import Doored, direction_meant
from actors.world.matching import meant
from actors.world.messages.events import Arrived, Departed
from actors.world.messages.playing import Answer
from actors.world.messages.senses import Examine, LookAround, LookAt, Recognise
from actors.world.messages.subjects import Goods
from actors.world.messages.transfers import PassOn, PutIn, Receive, Returned, Take
from actors.world.messages.ways import Depart, DepartedFromWorld, Enter, Entered, Expel, Leave, Stranded
from actors.world.taking import goods_meant, picked_up
from transports.link.protocol import EntityId
from transports.markup import styled
from wyld_actors import Context, on


class Room(Doored):
    """One room of the atlas."""

    # ------------------------------------------------------------------------- coming and going

    @on(Enter)
    def admit(self, ctx: Context, enter: Enter) -> None:
        who = enter.who
        was_here = self.scene.position(who.id) >= 0
        others = tuple(person for person in self.state.occupants if person.id != who.id)
        self.state = self.state.replace(occupants=(*others, who))
        if not enter.is_quiet and not was_here:
            self.tell_others(who, phrases.arrived(who, enter.whence), enter.number)
            self.tell_npcs(Arrived(who, enter.whence))
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
        if exit_.door and self.is_closed(exit_):
            self.answer(who, leave.number, phrases.text(f"The {styled('exit', exit_.door.name)} is closed."))
            return
        beyond = self.room_beyond(exit_)
        if beyond is None:
            self.answer(
                who, leave.number, phrases.text(f"A mist bars the way {way.value}. Try again in a moment.")
            )
            return
        self._remove(who.id)
        self.tell_others(who, phrases.departed(who, way), leave.number)
        self.tell_npcs(Departed(who, way))
        beyond.tell(Enter(who, leave.number, way.opposite))

    @on(Depart)
    def let_go(self, ctx: Context, depart: Depart) -> None:
        who = depart.who
        if self.scene.position(who.id) >= 0:
            self._remove(who.id)
            self.tell_others(who, phrases.departed(who, None), depart.number)
            self.tell_npcs(Departed(who))
        who.ref.tell(DepartedFromWorld())

    @on(Recognise)
    def recognise(self, ctx: Context, seen: Recognise) -> None:
        who = seen.who
        if self.scene.position(who.id) >= 0:
            occupants = tuple(who if other.id == who.id else other for other in self.state.occupants)
            self.state = self.state.replace(occupants=occupants)
            if seen.line:
                self.tell_others(who, seen.line)

    @on(Expel)
    def forget(self, ctx: Context, expel: Expel) -> None:
        self._remove(expel.id)

    def _remove(self, person: EntityId) -> None:
        self.state = self.state.replace(
            occupants=tuple(other for other in self.state.occupants if other.id != person)
        )

    # ------------------------------------------------------------------------- looking

    @on(LookAround)
    def look_around(self, ctx: Context, look: LookAround) -> None:
        # Also without a command: to a player who is back.
        look.who.ref.tell(Answer(look.number, (self.scene.view(look.who.id),)))

    @on(LookAt)
    def look_at(self, ctx: Context, look: LookAt) -> None:
        who, target = look.who, look.target
        if coins := goods_meant(target, self.goods).coins:
            lie = phrases.coins(min(coins, self.state.coins))
            self.answer(who, look.number, phrases.text(f"You see {lie} here."))
        elif (thing := meant(target, self.state.things)) is not None:
            show = self.show_inside if look.is_inside else self.show_thing
            show(who, thing, look.number)
        elif (person := meant(target, self.state.occupants)) is not None:
            person.ref.tell(Examine(who, look.number))
        elif (exit_ := self.exit_meant(target)) is not None:
            self.answer(who, look.number, phrases.text(self._seen_through(exit_)))
        else:
            way = direction_meant(target)
            nothing = f"There is no way {way.value} from here." if way else f"You see no '{target}' here."
            self.answer(who, look.number, phrases.text(nothing))

    def _seen_through(self, exit_: ExitPlan) -> str:
        if exit_.door and self.is_closed(exit_):
            return f"The {styled('exit', exit_.door.name)} {exit_.direction.value} is closed."
        beyond = self.around.atlas.rooms.get(exit_.room)
        name = styled("room", beyond.name) if beyond else "nothing but mist"
        door = f" through the open {styled('exit', exit_.door.name)}," if exit_.door else ""
        return f"{exit_.direction.value.capitalize()},{door} you see {name}."

    # ------------------------------------------------------------------------- things

    @on(Take)
    def hand_out(self, ctx: Context, take: Take) -> None:
        if take.container is not None:
            self._hand_out_of(take, take.container)
            return
        taken = picked_up(take.target, self.goods, take.spare_weight)
        if isinstance(taken, str):
            self.answer(take.who, take.number, phrases.text(taken))
            return
        self.part_with(taken)
        take.who.ref.tell(Receive(taken, self.ctx.ref, take.who, take.number))

    def _hand_out_of(self, take: Take, target: Target) -> None:
        container = containers.container_meant(target, self.state.things)
        if container is None:
            self.answer(take.who, take.number, phrases.text(f"You see no '{target}' here."))
            return
        out = containers.taken_out(container, take.target, take.spare_weight)
        if isinstance(out, str):
            self.answer(take.who, take.number, phrases.text(out))
            return
        changed, taken = out
        self.state = self.state.replace(things=containers.replaced(self.state.things, changed))
        take.who.ref.tell(Receive(Goods(taken), self.ctx.ref, take.who, take.number, whence=container.name))

    @on(Receive)
    def take_in(self, ctx: Context, receive: Receive) -> None:
        self.gain(receive.goods)
        if receive.who is not None:
            what = phrases.listed(receive.goods)
            self.tell_others(receive.who, f"{phrases.named(receive.who)} drops {what}.", receive.number)
            self.answer(receive.who, receive.number, phrases.text(f"You drop {what}."))

    @on(PutIn)
    def put_in(self, ctx: Context, put: PutIn) -> None:
        things = put.goods.things
        container = containers.container_meant(put.container, self.state.things)
        if container is None:
            put.source.tell(Returned(put.goods, put.number, f"You see no '{put.container}' here."))
            return
        assert put.who is not None
        changed, outside = containers.put_in(container, things)
        inside = tuple(thing for thing in things if thing not in outside)
        self.state = self.state.replace(things=containers.replaced(self.state.things, changed))
        own, seen = phrases.put_in(put.who, inside, container)
        if outside:
            # Apart from the answer: with that the command is complete, whatever becomes of what comes back.
            put.source.tell(Returned(Goods(outside)))
            refusal = containers.why_not_in(container, outside)
            own = f"{own} {refusal}" if inside else refusal
        self.answer(put.who, put.number, phrases.text(own))
        if inside:
            self.tell_others(put.who, seen, put.number)

    @on(PassOn)
    def pass_on(self, ctx: Context, passed: PassOn) -> None:
        receiver = meant(passed.receiver, self.state.occupants)
        if receiver is None:
            refusal = f"There is nobody called '{passed.receiver}' here."
        elif passed.who is not None and receiver.id == passed.who.id:
            refusal = "You pass it from one hand into the other."
        else:
            receiver.ref.tell(Receive(passed.goods, passed.source, passed.who, passed.number))
            return
        passed.source.tell(Returned(passed.goods, passed.number, refusal))

    @on(Returned)
    def take_back(self, ctx: Context, returned: Returned) -> None:
        self.gain(returned.goods)

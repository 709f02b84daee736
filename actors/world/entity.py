"""The base of everything that lives in the world: an actor with an id and a frozen state.

Invariants that all entities keep:
  - the state is replaced, never changed, so what a crashed handler did to it is gone with the crash;
  - a thing is in the state of exactly one holder, or in exactly one message on its way (see `transfers`);
  - an entity never waits for another one: requests are told, and answered by a tell.
"""

from __future__ import annotations

from random import Random
from typing import ClassVar

from actors.world import containers
from actors.world.atlas_records import ItemKey
from actors.world.chance import Chance
from actors.world.messages.playing import Answer
from actors.world.messages.senses import Examine
from actors.world.messages.subjects import Person, Thing
from actors.world.outlet import EmitTo, EmitToMany
from actors.world.surroundings import Surroundings
from transports.link.protocol import CommandNumber, EntityId, OutputBody, SessionId, TextOutput
from transports.markup import styled
from wyld_actors import Actor, Record


class Entity(Actor):
    """One entity. `kind` is the part of its id before the colon."""

    kind: ClassVar[str] = "entity"
    is_persistent = True

    class State(Record, frozen=True):
        """What is remembered of it. `saved` is the part that outlasts the process."""

        id: EntityId = ""

        def saved(self) -> Record:
            return self

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.around = around
        self._chance: Chance | None = None
        self.state = around.adopt(self.state.id, self.ctx.cell, self.state)

    @property
    def id(self) -> EntityId:
        entity: EntityId = self.state.id
        return entity

    @property
    def random(self) -> Random:
        """Chance. Within a command it falls the same way when the command is run again (see `chance`)."""
        if self._chance is None:
            self._chance = Chance(self.around.dice, self.id)
        return self._chance.during(self.ctx.trace)

    def emit(self, session: SessionId, cause: CommandNumber, body: OutputBody) -> None:
        """Show `body` to one player."""
        outlet = self.around.outlet
        if outlet is not None and session:
            outlet.tell(EmitTo(session, cause, body))

    def emit_to_many(
        self,
        sessions: tuple[SessionId, ...],
        body: OutputBody,
        cause: CommandNumber = 0,
        origin: SessionId = 0,
    ) -> None:
        """Show `body` to many players, as one message."""
        outlet = self.around.outlet
        if outlet is not None and sessions:
            outlet.tell(EmitToMany(sessions, cause, body, origin))

    def answer(self, who: Person, number: CommandNumber, *bodies: OutputBody) -> None:
        """Finish a command of `who`. Nothing to do for what was not a command."""
        if number:
            who.ref.tell(Answer(number, bodies))

    def show_thing(self, who: Person, thing: Thing, number: CommandNumber) -> None:
        """Let `who` see a thing: its own actor describes it, else the atlas, else its name."""
        item = self.around.find(thing.id)
        if item is not None:
            item.tell(Examine(who, number, thing))
        else:
            plan = self.around.atlas.items.get(ItemKey(thing.prototype))
            line = (
                plan.description if plan else f"You see nothing special about {styled('item', thing.name)}."
            )
            self.answer_with(who, number, line, thing)

    def answer_with(self, who: Person, number: CommandNumber, line: str, thing: Thing | None) -> None:
        """Answer with this description of a thing, and with what is in it."""
        inside = containers.inside(thing) if thing is not None else ""
        bodies = (TextOutput(line), TextOutput(inside)) if inside else (TextOutput(line),)
        self.answer(who, number, *bodies)

    def show_inside(self, who: Person, thing: Thing, number: CommandNumber) -> None:
        """Let `who` look into a thing; at it, if it is no container."""
        inside = containers.inside(thing)
        if inside:
            self.answer(who, number, TextOutput(inside))
        else:
            self.show_thing(who, thing, number)

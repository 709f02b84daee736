"""What every room is: a state with what and who is in it, a scene made of it, and speech that carries
through it.

Speech leaves as one output for all listeners, however many they are; an npc is sent only the events it
handles.
"""

from __future__ import annotations

from msgspec import field

from actors.world import phrases
from actors.world.atlas_records import RoomPlan
from actors.world.holder import Holder
from actors.world.messages.events import Emoted, Event, Said
from actors.world.messages.senses import Announce, Emote, Say
from actors.world.messages.subjects import Person
from actors.world.scene import Scene
from actors.world.surroundings import Surroundings
from transports.link.protocol import EntityId
from wyld_actors import Context, Record, on


class Place(Holder):
    """The part of a room that is seen and heard."""

    kind = "room"

    class State(Holder.State, frozen=True):
        """`doors` says for each direction with a door whether it is closed; `placed` are the items that the
        atlas has put here once, so that it does not do so again. Occupants come back by themselves."""

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
                self.plan, zone.name if zone else "", self.goods, state.occupants, state.doors
            )
            self._shown = state
        return self._scene

    # ------------------------------------------------------------------------- speech

    @on(Say)
    def carry_speech(self, ctx: Context, say: Say) -> None:
        own, heard = phrases.spoken(say.who, say.text)
        self.tell_others(say.who, heard, say.number)
        self.tell_npcs(Said(say.who, say.text))
        self.answer(say.who, say.number, phrases.text(own))

    @on(Emote)
    def show_emote(self, ctx: Context, emote: Emote) -> None:
        seen = phrases.text(phrases.emoted(emote.who, emote.text))
        self.tell_others(emote.who, seen.text, emote.number)
        self.tell_npcs(Emoted(emote.who, emote.text))
        self.answer(emote.who, emote.number, seen)

    @on(Announce)
    def announce(self, ctx: Context, announce: Announce) -> None:
        self.emit_to_many(
            self.scene.audience(announce.besides),
            phrases.text(announce.text),
            announce.number,
            announce.origin,
        )

    def tell_others(self, who: Person, line: str, number: int = 0) -> None:
        self.emit_to_many(
            self.scene.audience_but(who.id), phrases.text(line), number, who.session if number else 0
        )

    def tell_npcs(self, event: Event) -> None:
        for npc in self.scene.listeners(type(event).__name__):
            if npc.id != event.who.id:
                npc.ref.tell(event)

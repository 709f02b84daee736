"""Who is in play: the directory behind `who`, `tell` and `yell`.

Knows for every character in play its session and its zone. It survives a crash with its state; what it may
have missed, a character says again when it changes zone or session.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from actors.world import phrases
from actors.world.atlas_records import Zone
from actors.world.messages.playing import Answer
from actors.world.messages.presence import CameIntoPlay, ListPresent, PassTell, PassYell, WentOutOfPlay
from actors.world.messages.subjects import Person
from actors.world.outlet import PRESENCE, EmitTo, EmitToMany
from actors.world.surroundings import Surroundings
from transports.link.protocol import EntityId, TextOutput
from transports.markup import styled
from wyld_actors import Actor, Context, Record, on


class Present(Record, frozen=True):
    """One character in play."""

    who: Person
    zone: str


def _where(entry: Present, zones: Mapping[str, Zone]) -> str:
    place = zones[entry.zone].name if entry.zone in zones else "somewhere"
    return f"{place}, link-dead" if entry.who.is_link_dead else place


class Presence(Actor):
    """One for each world; found by its registered name."""

    class State(Record, frozen=True):
        """`present` holds the characters by id, in the order in which they came."""

        present: dict[EntityId, Present] = field(default_factory=dict)

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.around = around
        self._list: tuple[object, TextOutput] | None = None

    def on_start(self) -> None:
        super().on_start()
        self.ctx.system.registry.register(PRESENCE, self.ctx.ref)

    @on(CameIntoPlay)
    def note(self, ctx: Context, came: CameIntoPlay) -> None:
        present = Present(came.who, came.zone)
        self.state = self.state.replace(present={**self.state.present, came.who.id: present})

    @on(WentOutOfPlay)
    def forget(self, ctx: Context, went: WentOutOfPlay) -> None:
        left = {person: entry for person, entry in self.state.present.items() if person != went.id}
        self.state = self.state.replace(present=left)

    @on(ListPresent)
    def list_present(self, ctx: Context, request: ListPresent) -> None:
        request.who.ref.tell(Answer(request.number, (self._who_list(),)))

    @on(PassTell)
    def pass_tell(self, ctx: Context, tell: PassTell) -> None:
        receiver = self._find(tell.name)
        if isinstance(receiver, str):
            self._answer(tell.who, tell.number, receiver)
            return
        own, heard = phrases.told(tell.who, receiver, tell.text)
        outlet = self.around.outlet
        if receiver.id != tell.who.id and outlet is not None:
            outlet.tell(EmitTo(receiver.session, 0, phrases.text(heard)))
        if receiver.is_link_dead:
            own = f"{own} {phrases.HEARD_LATER}"
        self._answer(tell.who, tell.number, own)

    @on(PassYell)
    def pass_yell(self, ctx: Context, yell: PassYell) -> None:
        own, heard = phrases.yelled(yell.who, yell.text)
        sessions = tuple(
            entry.who.session
            for entry in self.state.present.values()
            if entry.zone == yell.zone and entry.who.id != yell.who.id
        )
        outlet = self.around.outlet
        if sessions and outlet is not None:
            outlet.tell(EmitToMany(sessions, yell.number, phrases.text(heard), yell.who.session))
        self._answer(yell.who, yell.number, own)

    def _answer(self, who: Person, number: int, line: str) -> None:
        who.ref.tell(Answer(number, (phrases.text(line),)))

    def _find(self, name: str) -> Person | str:
        """The one whose name is `name`, or begins with it and is the only one; else why not."""
        wanted = name.lower()
        persons: list[Person] = [entry.who for entry in self.state.present.values()]
        exact = [who for who in persons if who.name.lower() == wanted]
        close = exact or [who for who in persons if who.name.lower().startswith(wanted)]
        if len(close) == 1:
            return close[0]
        if not close:
            return f"Nobody called '{name}' is in the world. Type 'who' to see who is."
        return f"'{name}' could be {phrases.joined([who.name for who in close[:5]])}. Type a little more."

    def _who_list(self) -> TextOutput:
        if self._list is None or self._list[0] is not self.state:
            self._list = (self.state, TextOutput(self._listed()))
        return self._list[1]

    def _listed(self) -> str:
        zones = self.around.atlas.zones
        lines = [
            f"  {phrases.named(entry.who)}{' ' * max(2, 20 - len(entry.who.name))}"
            f"{styled('dim', _where(entry, zones))}"
            for entry in sorted(self.state.present.values(), key=lambda entry: entry.who.name)
        ]
        count = len(lines)
        return "\n".join([*lines, f"{count} player{'s' if count != 1 else ''} in the world."])

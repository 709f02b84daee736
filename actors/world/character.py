"""A character in play: does what its player types, one command at a time, and shows what comes of it.

A command is performed by handing it on: to the room for what is seen, heard and moved there, to an item, to
the presence for what goes beyond the room. Whoever finishes it answers the character, the character shows
the answer to its session and tells it CommandPerformed; so a command is finished exactly once, and nobody
ever waits.

The character keeps no note of what it waits for. Every answer names its command, so a character that
crashed in between goes on as if nothing had been; the session knows which command it handed over last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from msgspec import field

from actors.world import commands, phrases, sheets
from actors.world.atlas_records import Atlas
from actors.world.backgrounds import attributes_of, carrying_limit
from actors.world.entity import Entity
from actors.world.grammar import parse
from actors.world.matching import all_meant, meant
from actors.world.messages import (
    Announce,
    Answer,
    Attach,
    CameIntoPlay,
    CommandPerformed,
    Depart,
    DepartedFromWorld,
    Detached,
    Emote,
    Enter,
    Entered,
    Examine,
    Leave,
    LeftPlay,
    ListPresent,
    LookAround,
    LookAt,
    MoveDoor,
    PassOn,
    PassTell,
    PassYell,
    Perform,
    Person,
    Receive,
    Retire,
    Returned,
    SaveCharacter,
    Say,
    Show,
    Stranded,
    Take,
    Thing,
    WentOutOfPlay,
)
from actors.world.room import show_thing
from actors.world.surroundings import Surroundings
from transports.link.protocol import CharacterId, CommandNumber, EntityId, OutputBody, SessionId
from wyld_actors import Context, Message, Record, Ref, on

PROMPT = "> "
# Seconds until a room that does not let a character go is asked again.
_RETRY_SECONDS = 2.0
# Rooms that may fail to take a character before it leaves play: the one it walked to, its own, the start.
_ENTRANCE_ATTEMPTS = 3
_FAREWELL = "The world fades around you."


class Character(Entity):
    """A player's character, from its entering the world to its leaving it."""

    kind = "character"

    class State(Entity.State, frozen=True):
        """`number` is its id in the accounts. The session and `is_present` (whether the room has announced
        it) belong to this life of the process and are not saved."""

        number: CharacterId = 0
        name: str = ""
        background: str = ""
        attributes: dict[str, int] = field(default_factory=dict)
        room: EntityId = ""
        things: tuple[Thing, ...] = ()
        session: SessionId = 0
        session_ref: Ref | None = None
        is_present: bool = False

        def saved(self) -> Record:
            return self.replace(session=0, session_ref=None, is_present=False)

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._person: Person | None = None

    @property
    def person(self) -> Person:
        """The character as others meet it."""
        person = self._person
        if person is None or person.session != self.state.session:
            state = self.state
            person = Person(state.id, state.name, self.ctx.ref, state.session, (state.name.lower(),))
            self._person = person
        return person

    @property
    def room(self) -> Ref | None:
        return self.around.find(self.state.room)

    @property
    def zone(self) -> str:
        return str(self.state.room).partition(":")[2].partition("/")[0]

    @cached_property
    def _limit(self) -> int:
        return carrying_limit(self.state.attributes)

    def on_start(self) -> None:
        super().on_start()
        # A session may have come and gone while the character was down; the presence must know it again.
        if self.state.is_present:
            self._be_known()

    # ------------------------------------------------------------------------- sessions

    @on(Attach)
    def attach(self, ctx: Context, attach: Attach) -> None:
        before = self.state.session_ref
        if before is not None and before != attach.ref:
            before.tell(Detached())
        self.state = self.state.replace(session=attach.session, session_ref=attach.ref)
        self._enter(self.room, is_quiet=self.state.is_present)

    @on(Retire)
    def retire(self, ctx: Context, retire: Retire) -> None:
        room = self.room
        if room is None:
            self._leave_play(retire.text)
            return
        room.tell(Depart(self.person))
        ctx.after(_RETRY_SECONDS, retire)

    @on(DepartedFromWorld)
    def depart(self, ctx: Context, _: DepartedFromWorld) -> None:
        self._leave_play(_FAREWELL)

    def _leave_play(self, text: str) -> None:
        around = self.around
        if around.presence is not None:
            around.presence.tell(WentOutOfPlay(self.id))
        if around.keeper is not None:
            around.keeper.tell(SaveCharacter(self.id, self.state.saved()))
        session = self.state.session_ref
        if session is not None:
            session.tell(LeftPlay(self.state.number, text))
        around.forget(self.id)
        self.ctx.stop()

    # ------------------------------------------------------------------------- answers

    @on(Answer)
    def finish(self, ctx: Context, answer: Answer) -> None:
        self._done(answer.number, *answer.bodies)

    @on(Show)
    def show(self, ctx: Context, show: Show) -> None:
        self._show(0, show.body)

    @on(Entered)
    def arrive(self, ctx: Context, entered: Entered) -> None:
        if entered.who.session != self.state.session:
            self._enter(entered.ref, is_quiet=True)
        is_known = self.state.is_present and self.zone == _zone_of(entered.room)
        self.state = self.state.replace(room=entered.room, is_present=True)
        if not is_known or entered.number == 0:
            self._be_known()
        self._done(entered.number, entered.view)

    @on(Stranded)
    def find_a_place(self, ctx: Context, stranded: Stranded) -> None:
        if stranded.attempt >= _ENTRANCE_ATTEMPTS:
            self._leave_play(phrases.NO_PLACE)
            return
        is_last = stranded.attempt == _ENTRANCE_ATTEMPTS - 1
        start = self.around.find(f"room:{self.around.atlas.start}")
        self._enter(start if is_last else self.room, stranded.number, attempt=stranded.attempt + 1)

    def _enter(
        self, room: Ref | None, number: CommandNumber = 0, *, is_quiet: bool = False, attempt: int = 1
    ) -> None:
        room = room or self.around.find(f"room:{self.around.atlas.start}")
        if room is None:
            self._leave_play(phrases.NO_PLACE)
        else:
            room.tell(Enter(self.person, number, is_quiet=is_quiet, attempt=attempt))

    def _be_known(self) -> None:
        if self.around.presence is not None:
            self.around.presence.tell(CameIntoPlay(self.person, self.zone))

    def _done(self, number: CommandNumber, *bodies: OutputBody) -> None:
        """Show these; with them command `number` is finished."""
        for body in bodies:
            self._show(number, body)
        session = self.state.session_ref
        if number and session is not None:
            session.tell(CommandPerformed(number, PROMPT))

    def _show(self, cause: CommandNumber, body: OutputBody) -> None:
        self.emit(self.state.session, cause, body)

    def _say_back(self, number: CommandNumber, line: str) -> None:
        self._done(number, phrases.text(line))

    # ------------------------------------------------------------------------- commands

    @on(Perform)
    def perform(self, ctx: Context, perform: Perform) -> None:
        command = parse(perform.text)
        self._performers[type(command)](self, command, perform.number)

    def _to_room(self, number: CommandNumber, message: Message) -> None:
        room = self.room
        if room is None:
            self._say_back(number, "There is nothing but mist around you. Try again in a moment.")
        else:
            room.tell(message)

    def _nothing(self, _: commands.Nothing, number: CommandNumber) -> None:
        self._done(number)

    def _mistake(self, mistake: commands.Mistake, number: CommandNumber) -> None:
        self._say_back(number, mistake.text)

    def _move(self, move: commands.Move, number: CommandNumber) -> None:
        self._to_room(number, Leave(self.person, move.direction, number))

    def _look(self, look: commands.Look, number: CommandNumber) -> None:
        target = look.target
        if target is None:
            self._to_room(number, LookAround(self.person, number))
        elif target.words in {("me",), ("self",)}:
            self._say_back(number, self._look_of_self())
        elif (thing := meant(target, self.state.things)) is not None:
            show_thing(self, self.person, thing, number)
        else:
            self._to_room(number, LookAt(self.person, target, number))

    def _say(self, say: commands.Say, number: CommandNumber) -> None:
        self._to_room(number, Say(self.person, say.text, number))

    def _emote(self, emote: commands.Emote, number: CommandNumber) -> None:
        self._to_room(number, Emote(self.person, emote.text, number))

    def _open(self, command: commands.Open | commands.Close, number: CommandNumber) -> None:
        is_closing = isinstance(command, commands.Close)
        self._to_room(number, MoveDoor(self.person, command.target, is_closing, number))

    def _inventory(self, _: commands.Inventory, number: CommandNumber) -> None:
        self._say_back(number, sheets.inventory(self.state.things, self._limit))

    def _score(self, _: commands.Score, number: CommandNumber) -> None:
        state = self.state
        plan = self.around.atlas.rooms.get(state.room.partition(":")[2])
        place = plan.name if plan else ""
        self._say_back(number, sheets.score(state.name, state.background, state.attributes, place))

    def _help(self, command: commands.Help, number: CommandNumber) -> None:
        self._say_back(number, self.around.help_book.text(command.topic))

    def _quit(self, _: commands.Quit, number: CommandNumber) -> None:
        if self.room is None:
            self._leave_play(_FAREWELL)
        else:
            self._to_room(number, Depart(self.person, number))

    def _tell(self, tell: commands.Tell, number: CommandNumber) -> None:
        self._to_presence(number, PassTell(self.person, tell.name, tell.text, number))

    def _yell(self, yell: commands.Yell, number: CommandNumber) -> None:
        self._to_presence(number, PassYell(self.person, self.zone, yell.text, number))

    def _who(self, _: commands.Who, number: CommandNumber) -> None:
        self._to_presence(number, ListPresent(self.person, number))

    def _to_presence(self, number: CommandNumber, message: Message) -> None:
        presence = self.around.presence
        if presence is None:
            self._say_back(
                number, "Your voice does not carry beyond this room just now. Try again in a moment."
            )
        else:
            presence.tell(message)

    # ------------------------------------------------------------------------- things

    def _get(self, get: commands.Get, number: CommandNumber) -> None:
        spare = self._limit - sum(thing.weight for thing in self.state.things)
        self._to_room(number, Take(self.person, get.target, spare, number))

    def _drop(self, drop: commands.Drop, number: CommandNumber) -> None:
        things = self._carried(drop.target, number)
        if things:
            self._without(things)
            self._hand_to_room(Receive(things, self.ctx.ref, self.person, number))

    def _give(self, give: commands.Give, number: CommandNumber) -> None:
        things = self._carried(give.target, number)
        if things:
            self._without(things)
            self._hand_to_room(PassOn(things, self.ctx.ref, self.person, number, give.receiver))

    def _carried(self, target: commands.Target, number: CommandNumber) -> tuple[Thing, ...]:
        things = all_meant(target, self.state.things) if self.room is not None else ()
        if not things:
            what = "anything" if target.is_all else f"a '{target}'"
            self._say_back(number, f"You do not carry {what}.")
        return things

    def _hand_to_room(self, message: Receive | PassOn) -> None:
        room = self.room
        assert room is not None
        room.tell(message)

    @on(Receive)
    def receive(self, ctx: Context, receive: Receive) -> None:
        self._with(receive.things)
        giver, what = receive.who, phrases.listed(receive.things)
        if giver is None or giver.id == self.id:
            self._done(receive.number, phrases.text(f"You pick up {what}."))
            return
        self._show(0, phrases.text(f"{phrases.named(giver)} gives you {what}."))
        own = phrases.named(self.person)
        self.answer(giver, receive.number, phrases.text(f"You give {what} to {own}."))
        if self.room is not None:
            line = f"{phrases.named(giver)} gives {what} to {own}."
            self.room.tell(Announce(line, (giver.id, self.id)))

    @on(Returned)
    def take_back(self, ctx: Context, returned: Returned) -> None:
        self._with(returned.things)
        if returned.text:
            self._say_back(returned.number, returned.text)

    def _with(self, things: tuple[Thing, ...]) -> None:
        self.state = self.state.replace(things=(*self.state.things, *things))

    def _without(self, things: tuple[Thing, ...]) -> None:
        gone = {thing.id for thing in things}
        self.state = self.state.replace(
            things=tuple(thing for thing in self.state.things if thing.id not in gone)
        )

    # ------------------------------------------------------------------------- being looked at

    @on(Examine)
    def describe(self, ctx: Context, examine: Examine) -> None:
        self.answer(examine.who, examine.number, phrases.text(self._look_of_self()))
        if examine.who.id != self.id:
            self._show(0, phrases.text(f"{phrases.named(examine.who)} looks at you."))

    def _look_of_self(self) -> str:
        state = self.state
        return sheets.look_of(state.name, state.background, state.things)

    # Any: each performer takes its own command, which a table of them cannot say.
    _performers: ClassVar[dict[type[commands.Command], Callable[[Character, Any, CommandNumber], None]]] = {
        commands.Nothing: _nothing,
        commands.Mistake: _mistake,
        commands.Move: _move,
        commands.Look: _look,
        commands.Say: _say,
        commands.Emote: _emote,
        commands.Tell: _tell,
        commands.Yell: _yell,
        commands.Who: _who,
        commands.Get: _get,
        commands.Drop: _drop,
        commands.Give: _give,
        commands.Open: _open,
        commands.Close: _open,
        commands.Inventory: _inventory,
        commands.Score: _score,
        commands.Help: _help,
        commands.Quit: _quit,
    }


def newborn(
    atlas: Atlas, entity: EntityId, number: CharacterId, name: str, background: str
) -> Character.State:
    """A character that has never been in the world: it begins in the start room, with what its background
    gives."""
    return Character.State(entity, number, name, background, attributes_of(background), f"room:{atlas.start}")


def _zone_of(room: EntityId) -> str:
    return room.partition(":")[2].partition("/")[0]

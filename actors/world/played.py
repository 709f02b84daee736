"""A character as its player's session knows it: taken into play, shown things, taken out of play again.

The character keeps no note of what it waits for. Every answer names its command, so a character that
crashed in between goes on as if nothing had been; the session knows which command it handed over last.
"""

from __future__ import annotations

from msgspec import field

from actors.world import phrases
from actors.world.holder import Holder
from actors.world.messages.keeper import SaveCharacter
from actors.world.messages.playing import (
    Answer,
    Attach,
    ClientBack,
    ClientLost,
    CommandPerformed,
    Detached,
    LeftPlay,
    Retire,
    Show,
)
from actors.world.messages.presence import CameIntoPlay, WentOutOfPlay
from actors.world.messages.senses import LookAround, Recognise
from actors.world.messages.subjects import Goods, Person
from actors.world.messages.ways import Depart, DepartedFromWorld, Enter, Entered, Stranded
from actors.world.surroundings import Surroundings
from transports.link.protocol import (
    AttributesUpdate,
    CarriedItem,
    CharacterId,
    CommandNumber,
    EntityId,
    EntityStateChanged,
    InventoryUpdate,
    OutputBody,
    Prompt,
    SessionId,
)
from wyld_actors import Context, Message, Record, Ref, Timer, on

PROMPT = "> "
# Seconds until a room that does not let a character go is asked again.
_RETRY_SECONDS = 2.0
# Rooms that may fail to take a character before it leaves play: the one it walked to, its own, the start.
_ENTRANCE_ATTEMPTS = 3
# Seconds. A page that is loaded anew and a gateway that is restarted are back before that; to tell a crowd of
# each of them, and of each again, would be a storm of lines about nothing.
_UNNOTICED_SECONDS = 3.0
FAREWELL = "The world fades around you."


class TryToLeave(Message, frozen=True):
    """To oneself: ask the room again to be let go."""


class BeMissed(Message, frozen=True):
    """To oneself: is the client still gone?"""


class Played(Holder):
    """The life of a character between its entering the world and its leaving it."""

    kind = "character"

    class State(Holder.State, frozen=True):
        """`number` is its id in the accounts. The session and `is_present` (whether the room has announced
        it) belong to this life of the process and are not saved."""

        number: CharacterId = 0
        name: str = ""
        background: str = ""
        attributes: dict[str, int] = field(default_factory=dict)
        room: EntityId = ""
        session: SessionId = 0
        session_ref: Ref | None = None
        # The last session whose client is gone. It is saved: a session that comes back with the world is as
        # link-dead as it was, and a new one is another.
        lost_session: SessionId = 0
        # Whether others have been told of that.
        is_seen_empty: bool = False
        is_present: bool = False
        is_leaving: bool = False

        def saved(self) -> Record:
            return self.replace(session=0, session_ref=None, is_present=False, is_leaving=False)

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._person: Person | None = None
        self._noticed: Timer | None = None

    @property
    def person(self) -> Person:
        """The character as others meet it."""
        person = self._person
        state = self.state
        is_lost = self.is_link_dead
        if person is None or person.session != state.session or person.is_link_dead != is_lost:
            person = Person(
                state.id,
                state.name,
                self.ctx.ref,
                state.session,
                (state.name.lower(),),
                is_link_dead=is_lost,
            )
            self._person = person
        return person

    @property
    def is_link_dead(self) -> bool:
        """Whether the client of the session that plays it is gone."""
        return bool(self.state.session) and self.state.lost_session == self.state.session

    @property
    def room(self) -> Ref | None:
        return self.around.find(self.state.room)

    @property
    def zone(self) -> str:
        return str(self.state.room).partition(":")[2].partition("/")[0]

    def on_start(self) -> None:
        super().on_start()
        # A session may have come and gone while the character was down; the presence must know it again.
        if self.state.is_present and self.state.session:
            self._be_known()
        if self.is_link_dead:
            self._noticed = self.ctx.after(_UNNOTICED_SECONDS, BeMissed())

    # ------------------------------------------------------------------------- sessions

    @on(Attach)
    def attach(self, ctx: Context, attach: Attach) -> None:
        before = self.state.session_ref
        if before is not None and before != attach.ref:
            before.tell(Detached())
        self.state = self.state.replace(session=attach.session, session_ref=attach.ref, is_leaving=False)
        self._enter(self.room, is_quiet=self.state.is_present)

    @on(ClientLost)
    def client_lost(self, ctx: Context, _: ClientLost) -> None:
        """It stays where it is, and soon all can see that nobody is there behind its eyes."""
        if not self.is_link_dead:
            self.state = self.state.replace(lost_session=self.state.session, is_seen_empty=False)
            self._noticed = ctx.after(_UNNOTICED_SECONDS, BeMissed())

    @on(BeMissed)
    def be_missed(self, ctx: Context, _: BeMissed) -> None:
        """Still nobody: let others know."""
        if self.is_link_dead and not self.state.is_seen_empty:
            self.state = self.state.replace(is_seen_empty=True)
            self._be_seen(phrases.gone_empty(self.person))

    @on(ClientBack)
    def client_back(self, ctx: Context, _: ClientBack) -> None:
        """Show the room and the prompt. One that is on its way to another room shows that as well."""
        if self.is_link_dead:
            was_seen = self.state.is_seen_empty
            if self._noticed is not None:
                self._noticed.cancel()
            self.state = self.state.replace(lost_session=0, is_seen_empty=False)
            self._be_seen(phrases.stirred(self.person) if was_seen else "")
        self._show_itself()
        room = self.room
        if room is None:
            self.show(0, Prompt(PROMPT))
        else:
            room.tell(LookAround(self.person, 0))

    def _be_seen(self, line: str) -> None:
        """Let others know of a change. One that is on its way is seen as it is when it has arrived."""
        if self.state.is_present:
            self._be_known()
            if self.room is not None:
                self.room.tell(Recognise(self.person, line))

    @on(Retire)
    def retire(self, ctx: Context, retire: Retire) -> None:
        self.ask_to_leave()
        ctx.after(_RETRY_SECONDS, TryToLeave())

    @on(TryToLeave)
    def try_to_leave(self, ctx: Context, again: TryToLeave) -> None:
        if self.state.is_leaving:
            self.ask_to_leave()
            ctx.after(_RETRY_SECONDS, again)

    def ask_to_leave(self, number: CommandNumber = 0) -> None:
        """Leave play as soon as the room has let go; at once if there is no room."""
        room = self.room
        if room is None:
            self.leave_play(FAREWELL)
        else:
            self.state = self.state.replace(is_leaving=True)
            room.tell(Depart(self.person, number))

    @on(DepartedFromWorld)
    def depart(self, ctx: Context, _: DepartedFromWorld) -> None:
        if self.state.is_leaving:
            self.leave_play(FAREWELL)
        else:
            # Another session came while the room was letting go.
            self._enter(self.room)

    def leave_play(self, text: str) -> None:
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
        self.done(answer.number, *answer.bodies)
        if not answer.number and answer.bodies:
            # What no command asked for has no Performed with its prompt either.
            self.show(0, Prompt(PROMPT))

    @on(Show)
    def show_now(self, ctx: Context, show: Show) -> None:
        self.show(0, show.body)

    @on(Entered)
    def arrive(self, ctx: Context, entered: Entered) -> None:
        if entered.who != self.person:
            # Since it set out another session has come, or its client has gone.
            self._enter(entered.ref, is_quiet=True)
        is_known = self.state.is_present and self.zone == _zone_of(entered.room)
        self.state = self.state.replace(room=entered.room, is_present=True)
        if not is_known or entered.number == 0:
            self._be_known()
        self.done(entered.number, entered.view)
        if entered.number == 0:
            # No command, so no Performed with its prompt either.
            self.show(0, Prompt(PROMPT))
            self._show_itself()

    @on(Stranded)
    def find_a_place(self, ctx: Context, stranded: Stranded) -> None:
        if stranded.attempt >= _ENTRANCE_ATTEMPTS:
            self.leave_play(phrases.NO_PLACE)
            return
        is_last = stranded.attempt == _ENTRANCE_ATTEMPTS - 1
        start = self.around.find(f"room:{self.around.atlas.start}")
        self._enter(start if is_last else self.room, stranded.number, attempt=stranded.attempt + 1)

    def _enter(
        self, room: Ref | None, number: CommandNumber = 0, *, is_quiet: bool = False, attempt: int = 1
    ) -> None:
        room = room or self.around.find(f"room:{self.around.atlas.start}")
        if room is None:
            self.leave_play(phrases.NO_PLACE)
        else:
            room.tell(Enter(self.person, number, is_quiet=is_quiet, attempt=attempt))

    def _be_known(self) -> None:
        if self.around.presence is not None:
            self.around.presence.tell(CameIntoPlay(self.person, self.zone))

    def done(self, number: CommandNumber, *bodies: OutputBody) -> None:
        """Show these; with them command `number` is finished."""
        for body in bodies:
            self.show(number, body)
        session = self.state.session_ref
        if number and session is not None:
            session.tell(CommandPerformed(number, PROMPT))

    def show(self, cause: CommandNumber, body: OutputBody) -> None:
        self.emit(self.state.session, cause, body)

    # For client programs that show a state all the time. No command is its cause, as it is a state and not an
    # answer: a world that has gone back to a checkpoint shows it again.

    def _show_itself(self) -> None:
        self.show(0, EntityStateChanged(self.id, AttributesUpdate(self.state.attributes)))
        self._show_things()

    def _show_things(self) -> None:
        items = [CarriedItem(thing.id, thing.name) for thing in self.state.things]
        self.show(0, EntityStateChanged(self.id, InventoryUpdate(tuple(items))))

    def gain(self, goods: Goods) -> None:
        super().gain(goods)
        self._show_things()

    def part_with(self, goods: Goods) -> None:
        super().part_with(goods)
        self._show_things()

    def say_back(self, number: CommandNumber, line: str) -> None:
        self.done(number, phrases.text(line))


def _zone_of(room: EntityId) -> str:
    return room.partition(":")[2].partition("/")[0]

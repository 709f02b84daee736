"""The npc: the base of behaviours, written by people who want to think of the character and of nothing else.

A behaviour is a subclass with handlers for what happens in its room (`@on(Arrived)`, `@on(Said)`, ...) and
for its own time (`@every(seconds=600)`). Through `ctx` it speaks, shows what it does and walks. Only what a
behaviour handles is sent to it. See docs/behaviours.md.
"""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import TypeVar

from actors.world import phrases
from actors.world.atlas_records import NpcPlan
from actors.world.directions import Direction
from actors.world.holder import Holder
from actors.world.messages.events import Event, Paid, Received
from actors.world.messages.playing import Answer
from actors.world.messages.senses import Announce, Emote, Examine, Say
from actors.world.messages.subjects import Goods, Person, Thing
from actors.world.messages.transfers import Receive, Returned
from actors.world.messages.ways import Enter, Entered, Leave, Stranded
from actors.world.surroundings import Surroundings
from transports.link.protocol import EntityId
from wyld_actors import Context, Message, Ref, on

# Seconds. An npc that crashes for the first time, or had been up for so long, is seen to falter. One that
# crashes over and over is not: its supervisor's log says it all, and the players have read the line.
_FALTERS_AFTER_SECONDS = 30.0
# Seconds until an npc whose room could not take it tries again: longer than a room needs to be restarted.
_RETRY_SECONDS = 5.0

_T = TypeVar("_T")


class ComeIn(Message, frozen=True):
    """To oneself: try to enter one's room."""


class NpcContext(Context):
    """What an npc can do, besides what every actor can.

    Each raises TypeError for what it cannot take: the mistake is the behaviour's, and not to be that of the
    room or the person that it would reach.
    """

    __slots__ = ()

    @property
    def npc(self) -> Npc:
        npc = self.cell.instance
        assert isinstance(npc, Npc)
        return npc

    @property
    def random(self) -> Random:
        """Chance: `ctx.random.choice(MOODS)`. In what a player's command has caused it falls the same way
        when the world was killed and runs it again."""
        return self.npc.random

    def say(self, text: str) -> None:
        """Speak to everybody in the room."""
        self._to_room(Say(self.npc.person, self._taken("say", text, str)))

    def emote(self, text: str) -> None:
        """Show what the npc does: `ctx.emote("rings the bell.")`."""
        self._to_room(Emote(self.npc.person, self._taken("emote", text, str)))

    def walk(self, direction: Direction) -> None:
        """Leave the room that way. Nothing happens where there is no way."""
        self._to_room(Leave(self.npc.person, self._taken("walk", direction, Direction)))

    def give(self, thing: Thing, who: Person) -> None:
        """Hand a thing that the npc holds to somebody."""
        self.npc.hand_over(self._taken("give", thing, Thing), self._taken("give", who, Person))

    def pay(self, coins: int, who: Person) -> None:
        """Give coins that the npc has to somebody; nothing happens if it has not so many."""
        self.npc.pay(self._taken("pay", coins, int), self._taken("pay", who, Person))

    def _taken(self, call: str, value: _T, kind: type[_T]) -> _T:
        if not isinstance(value, kind):
            behaviour, found = type(self.npc).__name__, repr(value)[:80]
            raise TypeError(f"{behaviour}: ctx.{call} takes {kind.__name__}, not {found}")
        return value

    def _to_room(self, message: Message) -> None:
        room = self.npc.room
        if room is not None:
            room.tell(message)


class Npc(Holder):
    """A character that is played by its behaviour."""

    kind = "npc"
    context_class = NpcContext

    accepts_gifts = False
    """Whether the npc keeps the things it is given; it hears of them as Received."""

    accepts_coins = False
    """Whether the npc keeps the coins it is given; it hears of them as Paid."""

    falters = "pauses, as if a thought had slipped away."
    """What the room sees of a crash, once the npc is there again. Empty: nothing."""

    class State(Holder.State, frozen=True):
        name: str = ""
        keywords: tuple[str, ...] = ()
        room: EntityId = ""

    def __init__(self, around: Surroundings, plan: NpcPlan) -> None:
        super().__init__(around)
        self.plan = plan

    @cached_property
    def person(self) -> Person:
        """The npc as others meet it."""
        hears = frozenset(kind.__name__ for kind in self.handlers if issubclass(kind, Event))
        return Person(self.id, self.plan.name, self.ctx.ref, 0, self.plan.keywords, hears)

    @property
    def room(self) -> Ref | None:
        return self.around.find(self.state.room)

    def on_start(self) -> None:
        super().on_start()
        self._come_in()
        self._falter()

    def _falter(self) -> None:
        """The one trace of a crash that players see. Told to their eyes only: no npc reacts to it."""
        error = self.ctx.cell.last_error
        if error is None or (error.incarnation > 1 and error.uptime_seconds < _FALTERS_AFTER_SECONDS):
            return
        if self.falters and self.room is not None:
            self.room.tell(Announce(phrases.emoted(self.person, self.falters)))

    @on(ComeIn)
    def come_in(self, ctx: NpcContext, _: ComeIn) -> None:
        self._come_in()

    def _come_in(self) -> None:
        room = self.room
        if room is not None:
            room.tell(Enter(self.person, is_quiet=True))
        else:
            self.ctx.after(_RETRY_SECONDS, ComeIn())

    @on(Entered)
    def stand(self, ctx: NpcContext, entered: Entered) -> None:
        if self.state.room != entered.room:
            self.state = self.state.replace(room=entered.room)

    @on(Stranded)
    def go_back(self, ctx: NpcContext, stranded: Stranded) -> None:
        ctx.after(_RETRY_SECONDS, ComeIn())

    @on(Answer)
    def ignore(self, ctx: NpcContext, answer: Answer) -> None:
        """Answers are for players; an npc that asked for nothing has nothing to read."""

    @on(Examine)
    def describe(self, ctx: NpcContext, examine: Examine) -> None:
        self.answer(examine.who, examine.number, phrases.text(self.plan.description))

    # ------------------------------------------------------------------------- things

    @on(Receive)
    def take_gift(self, ctx: NpcContext, receive: Receive) -> None:
        goods, giver = receive.goods, receive.who
        if not self._accepts(goods):
            refusal = f"{phrases.named(self.person)} does not want {phrases.listed(goods)}."
            receive.source.tell(Returned(goods, receive.number, refusal))
            return
        self.gain(goods)
        if giver is not None:
            self._tell_of_gift(giver, phrases.listed(goods), receive.number)
            self._hear_of_gift(giver, goods)

    def _accepts(self, goods: Goods) -> bool:
        return (self.accepts_gifts or not goods.things) and (self.accepts_coins or not goods.coins)

    def _hear_of_gift(self, giver: Person, goods: Goods) -> None:
        if Received in self.handlers:
            for thing in goods.things:
                self.ctx.ref.tell(Received(giver, thing))
        if Paid in self.handlers and goods.coins:
            self.ctx.ref.tell(Paid(giver, goods.coins))

    def _tell_of_gift(self, giver: Person, what: str, number: int) -> None:
        line = f"{phrases.named(giver)} gives {what} to {phrases.named(self.person)}."
        # The giver's turn comes before the room's, so "You give" is read before what the npc says to it.
        self.answer(giver, number, phrases.text(f"You give {what} to {phrases.named(self.person)}."))
        if self.room is not None:
            self.room.tell(Announce(line, (giver.id,)))

    def hand_over(self, thing: Thing, who: Person) -> None:
        """See `NpcContext.give`. Nothing happens with a thing that the npc does not hold."""
        held = tuple(own for own in self.state.things if own.id == thing.id)
        if held:
            self._send(Goods(held), who)

    def pay(self, coins: int, who: Person) -> None:
        """See `NpcContext.pay`."""
        if 0 < coins <= self.state.coins:
            self._send(Goods(coins=coins), who)

    def _send(self, goods: Goods, who: Person) -> None:
        self.part_with(goods)
        who.ref.tell(Receive(goods, self.ctx.ref, self.person))

    @on(Returned)
    def take_back(self, ctx: NpcContext, returned: Returned) -> None:
        self.gain(returned.goods)

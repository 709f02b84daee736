"""A character in play: does what its player types, one command at a time, and shows what comes of it.

A command is performed by handing it on: to the room for what is seen, heard and moved there, to an item, to
the presence for what goes beyond the room. Whoever finishes it answers the character, the character shows
the answer to its session and tells it CommandPerformed; so a command is finished exactly once, and nobody
ever waits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from actors.world import commands, containers, phrases, sheets
from actors.world.atlas_records import Atlas
from actors.world.backgrounds import STARTING_COINS, attributes_of, carrying_limit
from actors.world.grammar import parse
from actors.world.matching import meant
from actors.world.messages.keeper import Traded
from actors.world.messages.playing import Perform
from actors.world.messages.presence import ListPresent, PassTell, PassYell
from actors.world.messages.senses import Announce, Emote, Examine, LookAround, LookAt, Say
from actors.world.messages.subjects import Goods, Thing
from actors.world.messages.transfers import PassOn, PutIn, Receive, Returned, Take
from actors.world.messages.ways import Leave, MoveDoor
from actors.world.played import Played
from actors.world.taking import goods_meant, handed_over
from transports.link.protocol import CharacterId, CommandNumber, EntityId
from wyld_actors import Context, Message, on


class Character(Played):
    """A player's character."""

    kind = "character"

    @cached_property
    def _limit(self) -> int:
        return carrying_limit(self.state.attributes)

    # ------------------------------------------------------------------------- commands

    @on(Perform)
    def perform(self, ctx: Context, perform: Perform) -> None:
        command = parse(perform.text)
        self._performers[type(command)](self, command, perform.number)

    def _to_room(self, number: CommandNumber, message: Message) -> None:
        room = self.room
        if room is None:
            self.say_back(number, "There is nothing but mist around you. Try again in a moment.")
        else:
            room.tell(message)

    def _nothing(self, _: commands.Nothing, number: CommandNumber) -> None:
        self.done(number)

    def _mistake(self, mistake: commands.Mistake, number: CommandNumber) -> None:
        self.say_back(number, mistake.text)

    def _move(self, move: commands.Move, number: CommandNumber) -> None:
        self._to_room(number, Leave(self.person, move.direction, number))

    def _look(self, look: commands.Look, number: CommandNumber) -> None:
        target = look.target
        if target is None:
            self._to_room(number, LookAround(self.person, number))
        elif target.words in {("me",), ("self",)}:
            self.say_back(number, sheets.look_of_self(*self._appearance))
        elif (thing := meant(target, self.state.things)) is not None:
            show = self.show_inside if look.is_inside else self.show_thing
            show(self.person, thing, number)
        else:
            self._to_room(number, LookAt(self.person, target, number, look.is_inside))

    def _say(self, say: commands.Say, number: CommandNumber) -> None:
        self._to_room(number, Say(self.person, say.text, number))

    def _emote(self, emote: commands.Emote, number: CommandNumber) -> None:
        self._to_room(number, Emote(self.person, emote.text, number))

    def _open(self, command: commands.Open | commands.Close, number: CommandNumber) -> None:
        is_closing = isinstance(command, commands.Close)
        self._to_room(number, MoveDoor(self.person, command.target, is_closing, number))

    def _inventory(self, _: commands.Inventory, number: CommandNumber) -> None:
        self.say_back(number, sheets.inventory(self.goods, self._limit))

    def _score(self, _: commands.Score, number: CommandNumber) -> None:
        state = self.state
        plan = self.around.atlas.rooms.get(state.room.partition(":")[2])
        place = plan.name if plan else ""
        sheet = sheets.score(state.name, state.background, state.attributes, place, state.coins)
        self.say_back(number, sheet)

    def _help(self, command: commands.Help, number: CommandNumber) -> None:
        self.say_back(number, self.around.help_book.text(command.topic))

    def _quit(self, _: commands.Quit, number: CommandNumber) -> None:
        self.ask_to_leave(number)

    def _tell(self, tell: commands.Tell, number: CommandNumber) -> None:
        self._to_presence(number, PassTell(self.person, tell.name, tell.text, number))

    def _yell(self, yell: commands.Yell, number: CommandNumber) -> None:
        self._to_presence(number, PassYell(self.person, self.zone, yell.text, number))

    def _who(self, _: commands.Who, number: CommandNumber) -> None:
        self._to_presence(number, ListPresent(self.person, number))

    def _to_presence(self, number: CommandNumber, message: Message) -> None:
        presence = self.around.presence
        if presence is None:
            self.say_back(
                number, "Your voice does not carry beyond this room just now. Try again in a moment."
            )
        else:
            presence.tell(message)

    # ------------------------------------------------------------------------- things

    def _get(self, get: commands.Get, number: CommandNumber) -> None:
        container = get.container
        own = containers.container_meant(container, self.state.things) if container else None
        if own is not None:
            self._take_out(own, get.target, number)
        else:
            spare = self._limit - sum(thing.load for thing in self.state.things)
            self._to_room(number, Take(self.person, get.target, spare, number, container))

    def _take_out(self, container: Thing, target: commands.Target, number: CommandNumber) -> None:
        out = containers.taken_out(container, target, self._limit)
        if isinstance(out, str):
            self.say_back(number, out)
            return
        changed, taken = out
        self.state = self.state.replace(things=(*containers.replaced(self.state.things, changed), *taken))
        self._show_doing(phrases.took_out(self.person, Goods(taken), container.name), number)

    def _put(self, put: commands.Put, number: CommandNumber) -> None:
        goods = handed_over(put.target, self.goods)
        if isinstance(goods, str):
            self.say_back(number, goods)
        elif goods.coins:
            self.say_back(number, "Coins are safest in your purse.")
        else:
            self._put_in(put.container, goods.things, number)

    def _put_in(self, target: commands.Target, things: tuple[Thing, ...], number: CommandNumber) -> None:
        container = containers.container_meant(target, self.state.things)
        if container is None:
            self._hand_to_room(PutIn(Goods(things), self.ctx.ref, self.person, number, target), number)
            return
        # `put all in bag` does not mean the bag.
        things = tuple(thing for thing in things if thing.id != container.id) or (container,)
        changed, outside = containers.put_in(container, things)
        inside = tuple(thing for thing in things if thing not in outside)
        gone = {thing.id for thing in inside}
        kept = tuple(thing for thing in self.state.things if thing.id not in gone)
        self.state = self.state.replace(things=containers.replaced(kept, changed))
        own, seen = phrases.put_in(self.person, inside, container)
        refusal = containers.why_not_in(container, outside) if outside else ""
        if inside:
            self._show_doing((f"{own} {refusal}".rstrip(), seen), number)
        else:
            self.say_back(number, refusal)

    def _show_doing(self, read: tuple[str, str], number: CommandNumber) -> None:
        """What the player reads of what it does with its own things, and what the others here do."""
        own, seen = read
        self.say_back(number, own)
        if self.room is not None:
            self.room.tell(Announce(seen, (self.id,), number, self.state.session))

    def _drop(self, drop: commands.Drop, number: CommandNumber) -> None:
        goods = handed_over(drop.target, self.goods)
        if isinstance(goods, str):
            self.say_back(number, goods)
        else:
            self._hand_to_room(Receive(goods, self.ctx.ref, self.person, number), number)

    def _give(self, give: commands.Give, number: CommandNumber) -> None:
        other = give.otherwise
        if other is not None and goods_meant(other.target, self.goods):
            give = give if goods_meant(give.target, self.goods) else other
        goods = handed_over(give.target, self.goods)
        if isinstance(goods, str):
            self.say_back(number, goods)
        else:
            self._hand_to_room(PassOn(goods, self.ctx.ref, self.person, number, give.receiver), number)

    def _hand_to_room(self, message: Receive | PassOn | PutIn, number: CommandNumber) -> None:
        if self.room is not None:
            self.part_with(message.goods)
        self._to_room(number, message)

    @on(Receive)
    def receive(self, ctx: Context, receive: Receive) -> None:
        self.gain(receive.goods)
        giver, what = receive.who, phrases.listed(receive.goods)
        if giver is None or giver.id == self.id:
            # Not before it has arrived: others must not see what is taken back.
            self._show_doing(
                phrases.took_out(self.person, receive.goods, receive.whence)
                if receive.whence
                else phrases.picked_up(self.person, receive.goods),
                receive.number,
            )
            return
        self.show(0, phrases.text(f"{phrases.named(giver)} gives you {what}."))
        own = phrases.named(self.person)
        self.answer(giver, receive.number, phrases.text(f"You give {what} to {own}."))
        if not giver.is_npc and self.around.keeper is not None:
            self.around.keeper.tell(Traded())
        if self.room is not None:
            line = f"{phrases.named(giver)} gives {what} to {own}."
            self.room.tell(Announce(line, (giver.id, self.id)))

    @on(Returned)
    def take_back(self, ctx: Context, returned: Returned) -> None:
        self.gain(returned.goods)
        if returned.text:
            self.say_back(returned.number, returned.text)

    # ------------------------------------------------------------------------- being looked at

    @on(Examine)
    def describe(self, ctx: Context, examine: Examine) -> None:
        look_of = sheets.look_of_self if examine.who.id == self.id else sheets.look_of
        line = look_of(*self._appearance)
        if self.is_link_dead:
            line = f"{line} {phrases.EYES_EMPTY}"
        self.answer(examine.who, examine.number, phrases.text(line))
        if examine.who.id != self.id:
            self.show(0, phrases.text(f"{phrases.named(examine.who)} looks at you."))

    @property
    def _appearance(self) -> tuple[str, str, tuple[Thing, ...]]:
        return self.state.name, self.state.background, self.state.things

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
        commands.Put: _put,
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
    attributes, room = attributes_of(background), f"room:{atlas.start}"
    return Character.State(entity, number, name, background, attributes, room, coins=STARTING_COINS)

"""Nothing is lost on the way: what a message carried goes back when its receiver could not handle it.

A crash drops the message being handled, a full mailbox or a vanished actor makes it a dead letter. `watch`
listens to both and mends what the message meant:

- a command fails: its session is told CommandFailed (and that it is done, if only its answer crashed);
- goods in a Transfer go back to their source (Returned); if that fails too, to the start room; at last they
  are kept in `Watch.lost` and logged, for an operator;
- a person whom a room could not take is told so (Stranded) and finds another place;
- a character that crashed on its arrival is taken out of the room again, as it believes to be where it was.

Listeners run inside the turn of whoever failed, so everything is sent at once (`try_tell`): what was told
there would be dropped with the failed handler.
"""

from __future__ import annotations

import logging

from actors.command_trace import CommandTrace
from actors.world.messages.events import Event
from actors.world.messages.playing import Answer, CommandFailed
from actors.world.messages.subjects import Goods, Thing
from actors.world.messages.transfers import Returned, Transfer
from actors.world.messages.ways import Enter, Entered, Expel, Stranded
from actors.world.surroundings import Surroundings
from wyld_actors import ActorSystem, ChildExited, DeadLetter, MessageFate, Ref

logger = logging.getLogger(__name__)

# Times that things are sent back before they are put aside.
_RETURN_ATTEMPTS = 3


class Watch:
    """Mends what failed messages carried, in one actor system."""

    def __init__(self, system: ActorSystem, around: Surroundings) -> None:
        self.lost: list[Goods] = []
        self._around = around
        system.on_crash.append(self._crashed)
        system.on_dead_letter.append(self._undelivered)

    def _crashed(self, exited: ChildExited) -> None:
        envelope = exited.envelope
        # One that is tried again has not failed yet; whatever becomes of it, is told once.
        if envelope is not None and exited.fate is not MessageFate.RETRIED:
            self._mend(envelope.message, exited.cell.ref)
            self._fail_command(envelope.message, envelope.trace)

    def _undelivered(self, letter: DeadLetter) -> None:
        if letter.is_parked:
            return  # `_crashed` has heard of it
        self._mend(letter.message, None)
        self._fail_command(letter.message, letter.trace)

    def _fail_command(self, message: object, trace: object | None) -> None:
        # An npc that stumbles over what it heard does not undo that it was said: only messages on the way of
        # the command itself carry its number.
        if not getattr(message, "number", 0) or isinstance(message, Event | CommandFailed):
            return
        if isinstance(trace, CommandTrace):
            trace.ref.try_tell(CommandFailed(trace.number, is_done=isinstance(message, Answer)))

    def _mend(self, message: object, crashed: Ref | None) -> None:
        match message:
            case Transfer(goods, source):
                self._return(goods, source, 1)
            case Returned(goods, _, _, attempt):
                self._return(goods, None, attempt + 1)
            case Enter(who, number, _, _, attempt):
                who.ref.try_tell(Stranded("", number, attempt))
            case Entered(_, room, who, number) if crashed is not None and not who.is_npc:
                room.try_tell(Expel(who.id))
                who.ref.try_tell(Stranded("", number, 1))

    def _return(self, goods: Goods, source: Ref | None, attempt: int) -> None:
        receiver = source or self._around.find(f"room:{self._around.atlas.start}")
        if attempt <= _RETURN_ATTEMPTS:
            if receiver is not None and receiver.try_tell(Returned(goods, attempt=attempt)):
                return
            if source is not None:
                self._return(goods, None, attempt + 1)
                return
        self.lost.append(goods)
        logger.error("nobody could take back %s and %d coins", _ids(goods.things), goods.coins)


def _ids(things: tuple[Thing, ...]) -> str:
    return ", ".join(thing.id for thing in things) or "no things"


def watch(system: ActorSystem, around: Surroundings) -> Watch:
    """Mend from now on. Once for each world."""
    return Watch(system, around)

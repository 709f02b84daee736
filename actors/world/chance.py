"""Chance that falls the same way when a command runs again.

A world that was killed goes on from its last checkpoint, and what players have done since then is run again.
A die that fell otherwise the second time would contradict what they have read. So within a command each
entity's chance is determined by the command (session and number) and the entity; also by a secret of the
world, as session and number are known to the client, which could otherwise look for a lucky one.

What no command has caused (timers) is not run again, and falls as it falls.
"""

from __future__ import annotations

from hashlib import blake2b
from random import Random

from actors.command_trace import CommandTrace
from transports.link.protocol import CommandNumber, EntityId, SessionId

__all__ = ["Chance", "Dice"]

# Commands whose chance one entity goes on with when another message of them comes. Their messages follow each
# other closely, so few are under way with one entity at a time.
_UNDER_WAY = 8


class Dice:
    """The chance of one world. `secret` has to be the same when it starts again."""

    def __init__(self, secret: bytes = b"") -> None:
        self._key = blake2b(secret, person=b"wyld-dice").digest()

    def of(self, session: SessionId, number: CommandNumber, entity: EntityId) -> Random:
        """What chance has for this entity during this command, from its beginning."""
        named = f"{session} {number} {entity}".encode()
        return Random(blake2b(named, key=self._key).digest())


class Chance:
    """The chance of one entity, in one incarnation of it."""

    def __init__(self, dice: Dice, entity: EntityId) -> None:
        self._dice = dice
        self._entity = entity
        self._free: Random | None = None
        self._streams: dict[tuple[SessionId, CommandNumber], Random] = {}

    def during(self, trace: object | None) -> Random:
        """While a message is handled that carries this trace."""
        if not isinstance(trace, CommandTrace):
            self._free = self._free or Random()
            return self._free
        command = (trace.session, trace.number)
        stream = self._streams.pop(command, None) or self._dice.of(*command, self._entity)
        # To the end of the line: the first is the one that was used longest ago.
        self._streams[command] = stream
        if len(self._streams) > _UNDER_WAY:
            del self._streams[next(iter(self._streams))]
        return stream

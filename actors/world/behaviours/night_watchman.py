"""Walks his round through the town and calls the hour before he moves on.

Where to go is looked up by the room he is in, so he finds his way again after a crash, and after a restart of
the whole world. Where his way is barred he waits.
"""

from collections.abc import Mapping
from types import MappingProxyType

from actors.world import Arrived, Direction, Npc, NpcContext
from wyld_actors import every, on

ROUND: Mapping[str, Direction] = MappingProxyType(
    {
        "room:town/square": Direction.EAST,
        "room:town/lantern-street": Direction.EAST,
        "room:town/east-gate": Direction.SOUTH,
        "room:town/watch-yard": Direction.WEST,
        "room:town/tar-lane": Direction.NORTHWEST,
    }
)
CALLS = (
    "All is well, as far as this corner!",
    "Past the hour, and no worse than the last!",
    "Mind your candles! Mind your step!",
    "The wind stands south, and the gate stands open!",
)


class NightWatchman(Npc):
    class State(Npc.State, frozen=True):
        calls: int = 0

    @every(seconds=75)
    def move_on(self, ctx: NpcContext) -> None:
        ctx.say(CALLS[self.state.calls % len(CALLS)])
        self.state = self.state.replace(calls=self.state.calls + 1)
        way = ROUND.get(self.state.room)
        if way is not None:
            ctx.walk(way)

    @on(Arrived)
    def look_who_it_is(self, ctx: NpcContext, arrived: Arrived) -> None:
        ctx.emote(f"lifts his lantern to see {arrived.who.name}'s face, and lowers it again, content.")

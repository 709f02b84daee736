"""A behaviour for worlds that are never at rest, named by `world.behaviours` in a benchmark."""

from __future__ import annotations

from actors.world import Npc, NpcContext
from wyld_actors import every

BUSTLE_SECONDS = 10.0


class Bustler(Npc):
    """Does something every ten seconds, which is seen and saved."""

    class State(Npc.State, frozen=True):
        done: int = 0

    @every(seconds=BUSTLE_SECONDS)
    def bustle(self, ctx: NpcContext) -> None:
        self.state = self.state.replace(done=self.state.done + 1)
        ctx.emote("bustles about.")

"""Greets whoever comes in, and rings the bell from time to time."""

from actors.world import Arrived, Npc, NpcContext
from wyld_actors import every, on


class Innkeeper(Npc):
    class State(Npc.State, frozen=True):
        greeted: int = 0

    @on(Arrived)
    def welcome(self, ctx: NpcContext, arrived: Arrived) -> None:
        ctx.say(f"Welcome to the Gilded Stag, {arrived.who.name}!")
        self.state = self.state.replace(greeted=self.state.greeted + 1)

    @every(seconds=600)
    def last_orders(self, ctx: NpcContext) -> None:
        ctx.emote("rings the bell.")

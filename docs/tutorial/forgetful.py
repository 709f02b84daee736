"""An innkeeper with a bug, for docs/supervision.md: a drink of the house has no price."""

from actors.world import Npc, NpcContext, Said
from wyld_actors import on

DRINKS = ("ale", "cider", "mead")
PRICES = {"ale": "two coppers", "cider": "three coppers"}


class ForgetfulInnkeeper(Npc):
    class State(Npc.State, frozen=True):
        served: int = 0

    @on(Said)
    def serve(self, ctx: NpcContext, said: Said) -> None:
        drink = said.text.strip(" .!").lower()
        if drink in DRINKS:
            ctx.emote("reaches for a mug.")
            self.state = self.state.replace(served=self.state.served + 1)
            ctx.say(f"That makes {PRICES[drink]}, {said.who.name}.")

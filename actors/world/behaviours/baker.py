"""Talks to whoever comes into the warmth, and sings when she has nobody to talk to."""

from actors.world import Arrived, NpcContext
from actors.world.behaviours.conversing import Conversing, subject
from wyld_actors import every, on


class Baker(Conversing):
    subjects = (
        subject(
            "bun buns bread loaf hungry",
            "Take a bun, love, take two. Bread that nobody eats goes hard, like people.",
        ),
        subject("mayor", "Which opinion of him do you want? The one with cinnamon is shorter."),
        subject(
            "oven mark crown",
            "The oven was here first. Do not ask me who lit it; I only never let it go out.",
        ),
        subject(
            "daughter daughters",
            "One at sea, one in love and one asleep. I would not change places with any.",
        ),
    )

    @on(Arrived)
    def call_in(self, ctx: NpcContext, arrived: Arrived) -> None:
        ctx.say(f"In or out, {arrived.who.name}, but shut the door. I am not baking for the street.")

    @every(seconds=420)
    def sing(self, ctx: NpcContext) -> None:
        ctx.emote("sings the one about the sailor and the sieve, all of it, to the dough.")

"""Cries her wares, one cry after the other, and knows what a herring costs."""

from actors.world import NpcContext, Paid
from actors.world.behaviours.conversing import Conversing, subject
from wyld_actors import every, on

CRIES = (
    "Herring! Silver herring! They were swimming when you were snoring!",
    "Skate, sole and gurnard! Ugly to look at, lovely to know!",
    "Mussels, alive, alive! Which is more than I can say for the customers!",
    "Last of the mackerel! Second last! I can see you thinking!",
)


class Fishmonger(Conversing):
    accepts_coins = True
    subjects = (
        subject(
            "price cost much pay buy coin",
            "For you? Take one and owe me. Everybody owes me. It is how I rule.",
        ),
        subject(
            "bell ringing", "I sell what comes up in nets. What stays down is no business of mine, nor yours."
        ),
        subject(
            "cat bilge", "That animal has never paid for a fish in her life. Give her a big one from me."
        ),
        subject(
            "fish herring mackerel mussels fresh", "Fresh? This one was telling me a joke when you came in."
        ),
    )

    class State(Conversing.State, frozen=True):
        cries: int = 0

    @on(Paid)
    def take_money(self, ctx: NpcContext, paid: Paid) -> None:
        ctx.say(f"Then you owe me less than the others, {paid.who.name}. Do not let it be known.")

    @every(seconds=180)
    def cry(self, ctx: NpcContext) -> None:
        ctx.say(CRIES[self.state.cries % len(CRIES)])
        self.state = self.state.replace(cries=self.state.cries + 1)

"""Minds three fires that must not be left, and has seen more than he would choose to."""

from actors.world import NpcContext
from actors.world.behaviours.conversing import Conversing, subject
from wyld_actors import every

WATCHING = (
    "lays his palm on the turf of Hope, and listens to it.",
    "stops a thread of smoke with a spadeful of earth.",
    "says a few words to Mind the Draught that are not meant for you.",
)


class CharcoalBurner(Conversing):
    subjects = (
        subject(
            "mere stillmere water",
            "It stands a hand higher than last year. I draw it so that I can be shown to be wrong.",
        ),
        subject(
            "drawing drawings draw",
            "Charcoal is what is left when a tree has told everything. It draws by itself.",
        ),
        subject(
            "oak tree lamp light",
            "Sit in the crown of the old oak of an evening and count the winks. Then forget you did.",
        ),
        subject(
            "fire fires burn mounds charcoal",
            "Nine days, nine nights. Too much air and it is ash, too little and it is wood.",
        ),
    )

    class State(Conversing.State, frozen=True):
        looks: int = 0

    @every(seconds=240)
    def mind_the_fires(self, ctx: NpcContext) -> None:
        ctx.emote(WATCHING[self.state.looks % len(WATCHING)])
        self.state = self.state.replace(looks=self.state.looks + 1)

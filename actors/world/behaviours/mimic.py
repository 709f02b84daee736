"""Repeats the end of what was said near it, long after it was said."""

from actors.world import Npc, NpcContext, Said
from wyld_actors import every, on

# Words. What a raven keeps; also what makes it sound like an oracle.
_KEPT_WORDS = 4


def ending(text: str) -> str:
    """The last few words of `text`."""
    return " ".join(text.split()[-_KEPT_WORDS:])


class Mimic(Npc):
    class State(Npc.State, frozen=True):
        heard: str = ""

    @on(Said)
    def listen(self, ctx: NpcContext, said: Said) -> None:
        if not said.who.is_npc:
            self.state = self.state.replace(heard=ending(said.text))

    @every(seconds=40)
    def recall(self, ctx: NpcContext) -> None:
        if self.state.heard:
            ctx.say(self.state.heard)
            self.state = self.state.replace(heard="")

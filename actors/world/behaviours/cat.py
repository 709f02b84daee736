"""Takes fish, and sometimes gives back: whoever strokes the cat gets what it was given before."""

from actors.world import Emoted, Npc, NpcContext, Received, Thing
from actors.world.behaviours.conversing import words_of
from wyld_actors import Message, every, on

# A cat decides what a gift is when its giver has read that it was taken.
SNIFFING_SECONDS = 1.0
STROKING = frozenset({"strokes", "pets", "scratches", "tickles", "cuddles"})
MEANT = frozenset({"cat", "bilge", "her"})
MOODS = (
    "washes an ear that was clean.",
    "watches something that is exactly one yard behind you.",
    "yawns, with all the teeth, and folds up again.",
    "walks along the very edge of the quay to show that she can.",
)


class Sniffed(Message, frozen=True):
    """To oneself: that is what this thing is."""

    thing: Thing


class Cat(Npc):
    accepts_gifts = True

    class State(Npc.State, frozen=True):
        moods: int = 0

    @on(Received)
    def sniff(self, ctx: NpcContext, received: Received) -> None:
        ctx.after(SNIFFING_SECONDS, Sniffed(received.thing))

    @on(Sniffed)
    def judge(self, ctx: NpcContext, sniffed: Sniffed) -> None:
        is_fish = "herring" in sniffed.thing.keywords
        ctx.emote("purrs like a winch." if is_fish else "sits on it, to be on the safe side.")

    @on(Emoted)
    def be_stroked(self, ctx: NpcContext, emoted: Emoted) -> None:
        words = words_of(emoted.text)
        if emoted.who.is_npc or not (words & STROKING and words & MEANT):
            return
        if self.state.things:
            ctx.give(self.state.things[0], emoted.who)
            ctx.emote("looks away, as if it had never been hers.")
        else:
            ctx.emote(f"allows {emoted.who.name} three strokes, and bites at the fourth.")

    @every(seconds=200)
    def be_a_cat(self, ctx: NpcContext) -> None:
        ctx.emote(MOODS[self.state.moods % len(MOODS)])
        self.state = self.state.replace(moods=self.state.moods + 1)

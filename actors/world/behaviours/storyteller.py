"""Tells a story, a page at a time, to whoever asks for one.

The page is in the state: when the teller crashes, or the world is restarted in the middle of a story, it goes
on where it was. Timers end with an incarnation, so each one begins by taking up the story again.
"""

from actors.world import Npc, NpcContext, Said
from actors.world.behaviours.conversing import words_of
from wyld_actors import Message, on

# Seconds between two pages: time to read one and to order another.
PAUSE_SECONDS = 8.0
ASKING = frozenset({"story", "stories", "tale", "tales"})
STORIES = (
    (
        "They cast the bell of Wrackhaven from the guns of a fleet, and the hill sank an inch under her.",
        "You heard her nine miles out. In a hundred years no ship was lost, and people grew careless.",
        "Then one night the sea came up, quietly, and stood in the streets. Jonah Trewin went up to ring.",
        "He rang until the water had the loft. The rope was cut clean. Now, who takes a knife to a bell?",
    ),
    (
        "There was a smuggler in this town who dug a way under it, so narrow that two could not pass.",
        "One new moon he met somebody coming the other way. He pushed a cask, so he could not see who.",
        "They stood there a long while, each too polite to go back. The tide was on the turn.",
        "Only one of those two could have told me how it ended. Get me a drink, and guess which.",
    ),
)


class NextPage(Message, frozen=True):
    """To oneself: go on with the story."""


class Storyteller(Npc):
    class State(Npc.State, frozen=True):
        """`page` is the next page to tell; 0 when no story is being told."""

        page: int = 0
        told: int = 0

    def on_start(self) -> None:
        super().on_start()
        if self.state.page:
            self.ctx.after(PAUSE_SECONDS, NextPage())

    @on(Said)
    def be_asked(self, ctx: NpcContext, said: Said) -> None:
        if not said.who.is_npc and not self.state.page and words_of(said.text) & ASKING:
            ctx.emote("pushes his mug to the middle of the table, where it can be filled.")
            self._tell_page(ctx)

    @on(NextPage)
    def go_on(self, ctx: NpcContext, _: NextPage) -> None:
        self._tell_page(ctx)

    def _tell_page(self, ctx: NpcContext) -> None:
        pages = STORIES[self.state.told % len(STORIES)]
        # A story may have grown shorter since the world was saved.
        ctx.say(pages[min(self.state.page, len(pages) - 1)])
        if self.state.page + 1 < len(pages):
            self.state = self.state.replace(page=self.state.page + 1)
            ctx.after(PAUSE_SECONDS, NextPage())
        else:
            self.state = self.state.replace(page=0, told=self.state.told + 1)

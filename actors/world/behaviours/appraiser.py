"""Says what a thing is worth and gives it back: bring her anything you can carry.

Whose a thing is stands in the state beside the thing itself: after a crash, or a restart of the world, she
still knows, and who is away gets it on coming back.
"""

from msgspec import field

from actors.world import Arrived, Npc, NpcContext, Person, Received, Thing
from actors.world.behaviours.conversing import subject, subject_of
from transports.link.protocol import EntityId
from wyld_actors import Message, on

# Time to put on the other spectacles, and to read that the thing has changed hands.
LOOKING_SECONDS = 1.5

VERDICTS = (
    subject("herring", "This is a fish. You have come up a hill with a fish. I admire it; the fish less."),
    subject(
        "ledger",
        "Thirteen casks each new moon, and no hand but his. I bound this book. I was not asked to read it.",
    ),
    subject(
        "lantern lamp", "Good brass. It hung in a tower, by the soot, and somebody waited under it for years."
    ),
    subject("glass spyglass", "What is it for? Seeing. What is it worth? That depends on who is coming."),
    subject("feather", "Ah. Now I know how much the right pan held."),
    subject(
        "rosemary lavender fern herb",
        "Dried, a farthing. Pressed in a book, and found by somebody later: more.",
    ),
    subject("whistle", "One note. I know a tune that needs no more; so did Jonah."),
    subject(
        "chalk brush map", "This is not from anywhere in the six volumes. Take it back where it can be used."
    ),
)
OTHERWISE = (
    "Honest work, a little worn, and it has been carried by somebody who hummed.",
    "Worth exactly as much as the trouble you took to bring it here.",
    "I have seen better. I have also seen people miss such a thing badly, once it was gone.",
)


class Appraise(Message, frozen=True):
    """To oneself, a moment after a thing was put into one's hands."""


class Appraiser(Npc):
    accepts_gifts = True

    class State(Npc.State, frozen=True):
        """`owners` says of each thing that she ever had in her hands who gave it to her last: one that could
        not be given back comes back into her hands, and is still theirs."""

        owners: dict[EntityId, EntityId] = field(default_factory=dict)
        appraised: int = 0

    def on_start(self) -> None:
        super().on_start()
        self.ctx.after(LOOKING_SECONDS, Appraise())

    @on(Received)
    def take_in_hand(self, ctx: NpcContext, received: Received) -> None:
        owners = {**self.state.owners, received.thing.id: received.who.id}
        self.state = self.state.replace(owners=owners)
        ctx.after(LOOKING_SECONDS, Appraise())

    @on(Arrived)
    def greet(self, ctx: NpcContext, arrived: Arrived) -> None:
        # An owner who left in the middle comes back for the thing.
        if arrived.who.id in self.state.owners.values():
            ctx.after(LOOKING_SECONDS, Appraise())

    @on(Appraise)
    def appraise(self, ctx: NpcContext, _: Appraise) -> None:
        for thing in self.state.things:
            owner = self.state.owners.get(thing.id, "")
            ref = self.around.find(owner)
            if ref is not None:
                ctx.say(self._verdict(thing))
                ctx.give(thing, Person(owner, "", ref))
                self.state = self.state.replace(appraised=self.state.appraised + 1)

    def _verdict(self, thing: Thing) -> str:
        known = subject_of(thing.keywords, VERDICTS)
        return known.answer if known else OTHERWISE[self.state.appraised % len(OTHERWISE)]

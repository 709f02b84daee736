"""Says what a thing is worth and gives it back: bring her anything you can carry."""

from actors.world import Npc, NpcContext, Person, Received
from actors.world.behaviours.conversing import subject, subject_of
from wyld_actors import Message, on

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


class HandBack(Message, frozen=True):
    """To oneself, so that the verdict is heard first: give this person what is in your hands."""

    who: Person


class Appraiser(Npc):
    accepts_gifts = True

    class State(Npc.State, frozen=True):
        appraised: int = 0

    @on(Received)
    def appraise(self, ctx: NpcContext, received: Received) -> None:
        known = subject_of(received.thing.keywords, VERDICTS)
        ctx.emote("changes spectacles, and turns it over twice.")
        ctx.say(known.answer if known else OTHERWISE[self.state.appraised % len(OTHERWISE)])
        self.state = self.state.replace(appraised=self.state.appraised + 1)
        ctx.ref.tell(HandBack(received.who))

    @on(HandBack)
    def hand_back(self, ctx: NpcContext, back: HandBack) -> None:
        for thing in self.state.things:
            ctx.give(thing, back.who)

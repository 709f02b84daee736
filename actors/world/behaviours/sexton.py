"""Knows who lies where, who does not, and what to do when somebody bows to the dead."""

from actors.world import Emoted, NpcContext
from actors.world.behaviours.conversing import Conversing, subject, words_of
from wyld_actors import on

_RESPECTS = frozenset({"bows", "kneels", "prays", "weeps", "nods", "mourns"})


class Sexton(Conversing):
    subjects = (
        subject(
            "heard hear hears",
            "Under the water? From where, and how many strokes? No. Do not tell me how many.",
        ),
        subject(
            "bell ring ringing",
            "She fell in the second tide, and Jonah with his arms round her. She is not silent.",
        ),
        subject(
            "jonah trewin ringer",
            "Left-handed, he was. A digger's arm. There is no one in that grave; I looked.",
        ),
        subject("tide flood sea", "It comes up quietly. That is all anyone could say of it, after."),
        subject(
            "tea kettle cup",
            "There is one cup, and it is yours if you are not in a hurry to join the others.",
        ),
    )

    @on(Emoted)
    def see_respects(self, ctx: NpcContext, emoted: Emoted) -> None:
        if not emoted.who.is_npc and words_of(emoted.text) & _RESPECTS:
            ctx.emote(f"takes off her hat to {emoted.who.name}, and says nothing, kindly.")

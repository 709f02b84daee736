"""An npc that writes down, in its own saved state, every number that anybody says in its room.

The numbers of a speaker are kept as runs of consecutive ones in the order in which they were heard: somebody
whose every line was run once and in order has the single run (1, n). A line that was lost is a gap
between two runs, one that was run twice is in two of them.
"""

from __future__ import annotations

import re

from msgspec import field

from actors.world import Npc, NpcContext, Said
from wyld_actors import on

# Only odd numbers are spoken, see `ledger.py`.
STEP = 2
_NUMBER = re.compile(r"\d+")

Runs = tuple[tuple[int, int], ...]


def added(runs: Runs, number: int) -> Runs:
    """`runs`, and one number more that was heard."""
    if runs and number == runs[-1][1] + STEP:
        return (*runs[:-1], (runs[-1][0], number))
    return (*runs, (number, number))


def numbers(runs: Runs) -> list[int]:
    """All numbers in the order in which they were heard."""
    return [number for first, last in runs for number in range(first, last + 1, STEP)]


class Tally(Npc):
    class State(Npc.State, frozen=True):
        heard: dict[str, Runs] = field(default_factory=dict)

    @on(Said)
    def write_down(self, ctx: NpcContext, said: Said) -> None:
        if _NUMBER.fullmatch(said.text):
            runs = added(self.state.heard.get(said.who.name, ()), int(said.text))
            self.state = self.state.replace(heard={**self.state.heard, said.who.name: runs})

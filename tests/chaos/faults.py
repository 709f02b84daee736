"""What goes wrong in a run, and when: drawn from a seed, so that a run can be had again.

Pure. A fault says what is hurt and for how long; `injecting.py` does it. Faults follow each other with pauses
in which everybody may recover, and now and then without one, because the second blow that falls while the
first is being mended is where servers break.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile


class Kind(enum.Enum):
    """What is done, in the words of the report."""

    WORLD_KILLED = "world killed"
    WORLD_FROZEN = "world frozen"
    GATEWAY_KILLED = "gateway killed"
    GATEWAY_FROZEN = "gateway frozen"
    DATABASE_KILLED = "database killed"
    DATABASE_AWAY = "database away"
    DATABASE_FROZEN = "database frozen"
    LINK_CUT = "link cut"
    LINK_STALLED = "link stalled"
    LINK_SLOW = "link slow"
    CLIENT_CUT = "client cut"


class Cut(enum.Enum):
    """How a client's connection ends."""

    CLOSED = "closed at both ends"
    RESET = "reset at both ends"
    # The client has gone, and the server is not told: a phone that left the network.
    HALF_OPEN = "half open"


# How often each comes, beside the others: clients come and go all day, servers die rarely.
WEIGHTS: Mapping[Kind, int] = {
    Kind.WORLD_KILLED: 4,
    Kind.WORLD_FROZEN: 2,
    Kind.GATEWAY_KILLED: 3,
    Kind.GATEWAY_FROZEN: 2,
    Kind.DATABASE_KILLED: 2,
    Kind.DATABASE_AWAY: 2,
    Kind.DATABASE_FROZEN: 1,
    Kind.LINK_CUT: 2,
    Kind.LINK_STALLED: 2,
    Kind.LINK_SLOW: 1,
    Kind.CLIENT_CUT: 6,
}
# Seconds that a fault lasts, for those that last. They lie on both sides of what the link suspects after, and
# of what it gives up after, in the settings of `stage.py`.
LASTS: Mapping[Kind, tuple[float, float]] = {
    Kind.WORLD_FROZEN: (0.3, 4.0),
    Kind.GATEWAY_FROZEN: (0.3, 4.0),
    Kind.DATABASE_AWAY: (0.5, 5.0),
    Kind.DATABASE_FROZEN: (0.5, 3.0),
    Kind.LINK_CUT: (0.0, 2.0),
    Kind.LINK_STALLED: (0.5, 4.0),
    Kind.LINK_SLOW: (1.0, 4.0),
}
# Seconds between the end of a fault and the next one.
PAUSE = (2.0, 5.0)
# Of all faults, those that come in the middle of the one before.
HASTY_SHARE = 0.2
HASTY_PAUSE = (0.05, 0.8)
# Seconds. A paste of everybody takes the server some hundredths of a second.
LEAD = (0.0, 0.06)
# Bytes, of both directions together, that a client's connection carries before it is cut: within a line,
# within a telnet command, within a frame's header, or some screens later.
CUT_BYTES = (0, 700)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `at` counts from the beginning of the run; what a kind does not need is 0.

    At that time everybody types much at once, and `lead` seconds later the blow falls: in the middle of it.
    `victim` is the number of a player, `cut_bytes` and `cut` say how its connection ends.
    """

    at: float
    kind: Kind
    seconds: float = 0.0
    lead: float = 0.0
    victim: int = 0
    cut_bytes: int = 0
    cut: Cut = Cut.CLOSED

    def __str__(self) -> str:
        words = f"{self.at:6.1f} s  {self.kind.value}"
        if self.kind is Kind.CLIENT_CUT:
            return f"{words}: player {self.victim}, {self.cut.value} after {self.cut_bytes} bytes"
        return f"{words} for {self.seconds:.1f} s" if self.seconds else words


def schedule(seed: int, seconds: float, players: int, kinds: Sequence[Kind] = tuple(Kind)) -> list[Fault]:
    """The faults of a run of so many seconds, in order. The same arguments give the same faults."""
    return list(takewhile(lambda fault: fault.at + fault.seconds < seconds, _faults(seed, players, kinds)))


def _faults(seed: int, players: int, kinds: Sequence[Kind]) -> Iterator[Fault]:
    source = random.Random(seed)
    weights = [WEIGHTS[kind] for kind in kinds]
    at = source.uniform(*PAUSE)
    while True:
        (kind,) = source.choices(kinds, weights)
        seconds = round(source.uniform(*LASTS[kind]), 2) if kind in LASTS else 0.0
        victim, cut_bytes = source.randrange(players), source.randint(*CUT_BYTES)
        cut, lead = source.choice(list(Cut)), round(source.uniform(*LEAD), 3)
        if kind is Kind.CLIENT_CUT:
            yield Fault(round(at, 2), kind, seconds, lead, victim, cut_bytes, cut)
        else:
            yield Fault(round(at, 2), kind, seconds, lead)
        at += (
            source.uniform(*HASTY_PAUSE)
            if source.random() < HASTY_SHARE
            else seconds + source.uniform(*PAUSE)
        )

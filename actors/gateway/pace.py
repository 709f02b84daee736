"""How fast one client may speak: some lines at once, and then so many a second. Pure.

This is what keeps a noisy client from slowing the others. What comes faster waits in its own socket, where it
costs nobody anything, and where TCP tells the client to wait; nothing of it is refused or lost.

The rule is the generic cell rate algorithm: all that is kept is the time at which the next line is due.
"""

import math
from dataclasses import dataclass

LONG_AGO = -math.inf
# Lines that are let through between two waits: a wait costs as much as a line.
STEP = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """One object is shared by all clients."""

    # Two pasted pages, and what was typed while the world was away.
    lines_at_once: int = 128
    # A player types two or three, a client full of triggers some ten. A short answer costs 0.1 ms in each of
    # the two processes, a look around a crowded room three times that: so one client takes a tenth of their
    # cores at most.
    lines_per_second: float = 250.0

    def after_line(self, due: float, now: float) -> float:
        """A line has come `now`; when the next one is due. Begin with `LONG_AGO`."""
        gap = 1.0 / self.lines_per_second
        return max(due, now - self.lines_at_once * gap) + gap

    def wait_seconds(self, due: float, now: float) -> float:
        """How long to wait before the next line is read; 0 for not at all."""
        wait = due - now
        return wait if wait * self.lines_per_second >= STEP else 0.0

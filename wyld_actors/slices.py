"""Long work in slices: who looks at every actor gives all others their turns meanwhile.

A loop over ten thousand actors takes a hundred milliseconds, in which no actor works and no socket is read.
In slices it takes a little longer and holds nobody up. The price: what is seen at the beginning may have
changed by the end. Each actor is consistent when it is looked at, between two turns of its own; all of
them together are not one instant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import gevent

if TYPE_CHECKING:
    from wyld_actors.cell import Cell
    from wyld_actors.system import ActorSystem

__all__ = ["cells_in_slices", "give_way", "in_slices"]

T = TypeVar("T")

# Seconds of work before others have their turn: less than half of a worker's own slice, so that those who
# only look come second.
SLICE_SECONDS = 0.002

# Not zero: a callback of the loop could be served fifty times before it looks at its sockets, a timer fires
# after that. Short enough to be over when it is looked at.
MOMENT_SECONDS = 1e-6

slice_clock = time.monotonic


def give_way() -> None:
    """Let everything that is ready have a turn. Not in the hub."""
    gevent.sleep(MOMENT_SECONDS)


def in_slices(things: Iterable[T], pause: Callable[[], None] = give_way) -> Iterator[T]:
    """The same things, with a `pause` between two of them whenever a slice is used up.

    Whatever is looped over must bear being changed in a pause: a copy, not a live dict.
    """
    end = slice_clock() + SLICE_SECONDS
    for thing in things:
        yield thing
        if slice_clock() >= end:
            pause()
            end = slice_clock() + SLICE_SECONDS


def cells_in_slices(system: ActorSystem) -> Iterator[Cell]:
    """Every cell, parents before their children; without those that are gone before they are looked at."""
    return (cell for cell in in_slices(system.cells()) if not cell.closed)

"""Nothing of a test is left behind: no actor, no handler that waits, no open ask, no greenlet.

What was there before a test is frozen (`gc.freeze`), so that looking at what came since costs about a
millisecond. References and cells that a fixture still holds are no leak; what lives in them is.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import pytest
from _pytest.logging import caplog_records_key
from gevent import Greenlet

from wyld_actors import Actor, Cell, CellState, Future
from wyld_actors.states import LIVE
from wyld_actors.worker import Worker

PATIENCE_SECONDS = 2.0


@contextmanager
def nothing_left_behind(test: pytest.Item) -> Iterator[None]:
    """Fail at the end if something that came into being since still lives."""
    gc.freeze()
    try:
        yield
        # Pytest keeps what was logged, with the frames of exceptions and all of their locals.
        for records in test.stash.get(caplog_records_key, {}).values():
            records.clear()
        # A native thread that has been told to end may still hold the frame that it looked at.
        end = time.monotonic() + PATIENCE_SECONDS
        while (left := _leaks()) and time.monotonic() < end:
            gevent.sleep(0.01)
        assert not left, f"left behind: {', '.join(left)}"
    finally:
        gc.unfreeze()


def _leaks() -> list[str]:
    gc.collect()
    return [found for thing in gc.get_objects() if (found := _leak(thing)) is not None]


def _leak(thing: object) -> str | None:
    """What is wrong with it, if something is."""
    if isinstance(thing, Cell) and (thing.state in LIVE or thing.state is CellState.NEW):
        return f"an actor: {thing!r}"
    if isinstance(thing, Actor) and thing._cell.instance is not thing:
        return f"the object of an ended incarnation: {type(thing).__name__} of {thing._cell!r}"
    if isinstance(thing, Worker) and thing.cell is not None:
        return f"a handler that waits: {thing.envelope!r} at {thing.cell!r}"
    if isinstance(thing, Future) and not thing.is_done and thing._target is not None:
        return f"an ask without an answer: to {thing._target!r}"
    if isinstance(thing, Greenlet) and thing and not thing.dead:
        return f"a greenlet: {thing!r}"
    return None

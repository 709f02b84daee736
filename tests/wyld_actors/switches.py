"""Do something at a certain switch of greenlets, to disturb a scenario everywhere, one place at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import greenlet


@contextmanager
def at_switch(number: int, act: Callable[[], None]) -> Iterator[list[int]]:
    """Run `act` in the hub, when greenlets give control to it for the `number`th time."""
    hub = gevent.get_hub()
    count = [0]

    def watch(event: str, args: Any) -> None:
        if args[1] is hub:
            count[0] += 1
            if count[0] == number:
                act()

    before = greenlet.settrace(watch)
    try:
        yield count
    finally:
        greenlet.settrace(before)

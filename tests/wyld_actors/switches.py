"""Do something at a certain switch of greenlets, to disturb a scenario everywhere, one place at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

import gevent
import greenlet
import pytest

# More switches than any scenario has: a sweep that gets here does not end by itself.
TOO_MANY_SWITCHES = 1000
ENOUGH_SWITCHES = 40


class Scene(Protocol):
    """A scenario that can be played."""

    def begin(self) -> None:
        """Play it to its end."""


AnyScene = TypeVar("AnyScene", bound=Scene)


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


def sweep(make: Callable[[], AnyScene], act: Callable[[AnyScene], None]) -> Iterator[AnyScene]:
    """The scenario, disturbed at its first switch, at its second, and so on until it is over before."""
    for number in range(1, TOO_MANY_SWITCHES):
        scene = make()
        with at_switch(number, partial(act, scene)) as count:
            scene.begin()
        yield scene
        if count[0] < number:
            assert number > ENOUGH_SWITCHES, "the scenario is too small to show anything"
            return
    pytest.fail("the scenario does not end")

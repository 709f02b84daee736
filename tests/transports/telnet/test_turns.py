"""Turns: everybody gets one, a blocked one holds up nobody else, and writes are collected."""

import gevent
from gevent.event import Event as Signal

from tests.transports.telnet.conftest import DEADLINE_SECONDS, wait_until
from transports.telnet.turns import Flusher, Readers


class Turn:
    """A connection that notes its turns in a list."""

    def __init__(self, notes: list[str], name: str, blocks_on: Signal | None = None) -> None:
        self.notes = notes
        self.name = name
        self.blocks_on = blocks_on

    def serve(self) -> None:
        if self.blocks_on is not None:
            assert self.blocks_on.wait(DEADLINE_SECONDS)
        self.notes.append(self.name)

    def flush(self) -> None:
        self.notes.append(self.name)


def test_turns_are_in_order() -> None:
    readers, notes = Readers(gevent.get_hub()), list[str]()
    names = [str(number) for number in range(1000)]

    for name in names:
        readers.put(Turn(notes, name))
    wait_until(lambda: len(notes) == len(names))

    assert notes == names


def test_a_turn_that_blocks_holds_up_nobody_else() -> None:
    readers, notes, gate = Readers(gevent.get_hub()), list[str](), Signal()
    blocked = 20

    for number in range(blocked):
        readers.put(Turn(notes, "slow", gate))
        readers.put(Turn(notes, f"quick {number}"))
    wait_until(lambda: len(notes) == blocked)
    assert notes == [f"quick {number}" for number in range(blocked)]

    gate.set()
    wait_until(lambda: len(notes) == 2 * blocked)
    readers.put(Turn(notes, "later"))
    wait_until(lambda: notes[-1] == "later")


def test_a_flush_comes_once_the_turn_is_over() -> None:
    flusher, notes = Flusher(gevent.get_hub()), list[str]()

    flusher.add(Turn(notes, "a"))
    flusher.add(Turn(notes, "b"))
    assert notes == []

    wait_until(lambda: notes == ["a", "b"])

"""One answer for all who ask at the same time."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from actors.admin.shared import COST_FACTOR, KEPT_SECONDS, SharedPieces


class Bench:
    """Makes three pieces, each with the number of its answer, and lets others run while it makes one."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.time = 100.0
        self.made = 0
        self.seconds = seconds
        self.shared = SharedPieces(lambda: self.time)

    def make(self) -> Iterator[bytes]:
        self.made += 1
        return self._pieces(self.made)

    def _pieces(self, answer: int) -> Iterator[bytes]:
        for number in range(3):
            gevent.sleep(0)
            self.time += self.seconds
            yield b"%d-%d" % (answer, number)

    def ask(self, key: str = "") -> bytes:
        return b" ".join(self.shared.get(key, self.make))


def test_all_who_ask_while_an_answer_is_made_get_that_one() -> None:
    bench = Bench()

    readers = [gevent.spawn(bench.ask) for _ in range(20)]
    gevent.joinall(readers, timeout=5, raise_error=True)

    assert {reader.value for reader in readers} == {b"1-0 1-1 1-2"}
    assert bench.made == 1


def test_so_do_those_who_ask_a_moment_later_and_then_it_is_made_again() -> None:
    bench = Bench()
    bench.ask()

    bench.time += KEPT_SECONDS - 0.01
    assert bench.ask() == b"1-0 1-1 1-2"
    bench.time += 0.01
    assert bench.ask() == b"2-0 2-1 2-2"


def test_what_takes_long_to_make_is_kept_so_much_longer() -> None:
    bench = Bench(seconds=1.0)
    bench.ask()

    bench.time = 100.0 + 3 * COST_FACTOR - 0.01
    assert bench.ask() == b"1-0 1-1 1-2"
    bench.time += 0.01
    assert bench.ask() == b"2-0 2-1 2-2"


def test_another_question_has_another_answer() -> None:
    bench = Bench()

    assert bench.ask("/world") != bench.ask("/gateway")


def test_who_leaves_in_the_middle_spoils_it_for_nobody() -> None:
    bench = Bench()
    first = iter(bench.shared.get("", bench.make))
    next(first)
    first.close()  # type: ignore[attr-defined]  # a generator, as a server closes it

    assert bench.ask() == b"1-0 1-1 1-2"


def test_an_answer_that_fails_is_not_given_to_those_who_come_after() -> None:
    bench = Bench()

    def fail() -> Iterator[bytes]:
        yield b"["
        raise RuntimeError("an actor cannot be described")

    with pytest.raises(RuntimeError):
        list(bench.shared.get("", fail))

    assert bench.ask() == b"1-0 1-1 1-2"

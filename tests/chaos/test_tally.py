"""The npc that counts."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from actors.world.testing import World
from tests.chaos.tally import Runs, Tally, added, numbers

ODD = st.integers(0, 50).map(lambda half: 2 * half + 1)


@given(st.lists(ODD))
def test_everything_heard_is_kept_in_its_order(heard: list[int]) -> None:
    assert numbers(runs_of(heard)) == heard


def runs_of(heard: Iterable[int]) -> Runs:
    runs: Runs = ()
    for number in heard:
        runs = added(runs, number)
    return runs


def test_somebody_who_was_always_heard_takes_one_entry() -> None:
    assert runs_of(range(1, 1000, 2)) == ((1, 999),)


def test_only_numbers_are_written_down_and_a_crash_forgets_none() -> None:
    with World() as world:
        hall = world.room("hall")
        tally = world.spawn(Tally, hall)
        ann, bob = world.player("Ann", hall), world.player("Bob", hall)

        ann.types("say 1")
        bob.types("say 1")
        bob.types("say Good morning.")
        world.crash(tally)
        ann.types("say 3")

        assert tally.state.heard == {"Ann": ((1, 3),), "Bob": ((1, 1),)}

"""Long work that gives others their turns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import gevent
import pytest

from wyld_actors import Actor, ActorSystem, Context, Message, on, slices
from wyld_actors.slices import cells_in_slices, give_way, in_slices


class Again(Message, frozen=True):
    pass


class Busy(Actor):
    """Has always something to do."""

    @on(Again)
    def again(self, ctx: Context, again: Again) -> None:
        ctx.tell(ctx.ref, again)


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step uses its slice up."""
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)


def every(step_seconds: float) -> Callable[[], float]:
    """A clock that has moved on by so much whenever it is looked at."""
    looks = count()
    return lambda: next(looks) * step_seconds


@pytest.mark.parametrize(("step_seconds", "pauses"), [(0.0, 0), (1.0, 25), (2.0, 50), (4.0, 100), (9.0, 100)])
def test_there_is_a_pause_whenever_a_slice_is_used_up(
    monkeypatch: pytest.MonkeyPatch, step_seconds: float, pauses: int
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 4.0)
    monkeypatch.setattr(slices, "slice_clock", every(step_seconds))
    taken: list[None] = []

    things = list(in_slices(range(100), lambda: taken.append(None)))

    assert things == list(range(100))
    assert len(taken) == pauses


def test_nothing_needs_no_pause() -> None:
    assert list(in_slices([], lambda: pytest.fail("a pause"))) == []


@pytest.mark.usefixtures("no_time")
def test_actors_work_in_the_pauses() -> None:
    system = ActorSystem()
    busy = system.spawn(Busy)
    busy.tell(Again())

    turns = [busy.cell.handled for _ in in_slices(range(20))]

    assert turns == sorted(set(turns)), "none had to wait for the end"
    system.stop()


@pytest.mark.usefixtures("no_time")
def test_plain_greenlets_and_timers_have_their_turn_too() -> None:
    ticks: list[int] = []

    def tick() -> None:
        while True:
            ticks.append(len(ticks))
            gevent.sleep(1e-6)

    ticking = gevent.spawn(tick)
    for _ in in_slices(range(20)):
        pass
    ticking.kill()

    assert len(ticks) >= 20


@pytest.mark.usefixtures("no_time")
def test_who_is_gone_by_then_is_not_shown_and_who_came_does_no_harm() -> None:
    system = ActorSystem()
    first, second, third = (system.spawn(Busy, name=name) for name in ("first", "second", "third"))

    shown = []
    for cell in cells_in_slices(system):
        shown.append(cell.name)
        if cell is first.cell:
            second.cell.kill()
            system.spawn(Busy, name="late")
    give_way()

    assert shown == ["first", "third"]
    assert third.is_alive()
    system.stop()

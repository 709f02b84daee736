from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world.behaviours.night_watchman import CALLS, NightWatchman
from actors.world.testing import EntityHandle, RoomHandle, World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def yard(world: World) -> RoomHandle:
    world.room("town/tar-lane", east="town/watch-yard", northwest="town/square")
    world.room("town/square", southeast="town/tar-lane")
    return world.room("town/watch-yard", west="town/tar-lane")


@pytest.fixture
def bray(world: World, yard: RoomHandle) -> EntityHandle:
    return world.spawn(NightWatchman, yard, name="Bray")


def test_the_hour_is_called_before_the_watchman_moves_on(
    world: World, yard: RoomHandle, bray: EntityHandle
) -> None:
    ann = world.player("Ann", yard)

    world.advance(seconds=75)

    assert ann.lines[-2:] == [f"Bray exclaims, “{CALLS[0]}”", "Bray leaves west."]
    assert bray.state.room == "room:town/tar-lane"


def test_the_round_goes_on_after_a_crash_from_where_it_was(
    world: World, yard: RoomHandle, bray: EntityHandle
) -> None:
    world.advance(seconds=75)
    world.crash(bray)
    world.advance(seconds=75)

    assert bray.state.room == "room:town/square"
    assert bray.state.calls == 2
    assert yard.occupant_names == []


def test_the_watchman_waits_where_there_is_no_way(world: World, bray: EntityHandle) -> None:
    world.advance(seconds=75 * 6)

    assert bray.state.room == "room:town/square"
    assert bray.state.calls == 6


def test_whoever_comes_is_looked_at(world: World, yard: RoomHandle, bray: EntityHandle) -> None:
    ann = world.player("Ann", yard)

    assert ann.lines[-1] == "Bray lifts his lantern to see Ann's face, and lowers it again, content."

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world.behaviours.appraiser import LOOKING_SECONDS, OTHERWISE, Appraise, Appraiser
from actors.world.testing import EntityHandle, Player, World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def quill(world: World) -> EntityHandle:
    bindery = world.room("bindery")
    for name in ("herring", "hoop", "bucket"):
        world.item(name, bindery)
    return world.spawn(Appraiser, bindery, name="Quill")


@pytest.fixture
def ann(world: World, quill: EntityHandle) -> Player:
    ann = world.player("Ann")
    ann.types("get all")
    ann.forgets()
    return ann


def test_a_thing_is_judged_and_given_back(ann: Player, world: World) -> None:
    ann.types("give herring to quill")
    world.advance(seconds=LOOKING_SECONDS)

    assert sorted(ann.lines) == [
        "Quill gives you a herring.",
        "Quill says, “This is a fish. You have come up a hill with a fish. I admire it; the fish less.”",
        "You give a herring to Quill.",
    ]
    assert "a herring" in ann.thing_names


def test_of_what_is_unknown_something_else_is_said_each_time(ann: Player, world: World) -> None:
    ann.types("give hoop to quill")
    ann.types("give bucket to quill")
    world.advance(seconds=LOOKING_SECONDS)

    assert ann.heard(OTHERWISE[0])
    assert ann.heard(OTHERWISE[1])


def test_several_things_at_once_all_come_back(ann: Player, quill: EntityHandle, world: World) -> None:
    ann.types("give all to quill")
    assert ann.thing_names == []

    world.advance(seconds=LOOKING_SECONDS)

    assert sorted(ann.thing_names) == ["a bucket", "a herring", "a hoop"]
    assert quill.state.things == ()


def test_a_crash_in_the_middle_costs_nobody_anything(ann: Player, quill: EntityHandle, world: World) -> None:
    world.crash_on(quill, Appraise)
    ann.types("give herring to quill")

    world.advance(seconds=LOOKING_SECONDS * 3)

    assert quill.incarnation == 2
    assert sorted(ann.thing_names) == ["a bucket", "a herring", "a hoop"]
    assert len(world.things()) == 3


def test_who_left_the_world_gets_the_thing_on_coming_back(
    ann: Player, quill: EntityHandle, world: World
) -> None:
    ann.types("give herring to quill")
    ann.types("quit")
    world.advance(seconds=LOOKING_SECONDS)
    assert [thing.name for thing in quill.state.things] == ["a herring"]

    again = world.enter(world.saved[ann.id])  # type: ignore[arg-type]
    world.advance(seconds=LOOKING_SECONDS)

    assert "a herring" in again.thing_names

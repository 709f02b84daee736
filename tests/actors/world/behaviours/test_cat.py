from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world.behaviours.cat import MOODS, SNIFFING_SECONDS, Cat
from actors.world.testing import EntityHandle, Player, World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def cat(world: World) -> EntityHandle:
    quay = world.room("quay")
    world.item("herring", quay)
    world.item("lantern", quay)
    return world.spawn(Cat, quay, name="Bilge")


@pytest.fixture
def ann(world: World, cat: EntityHandle) -> Player:
    ann = world.player("Ann")
    ann.types("get all")
    return ann


def test_a_fish_is_welcome_and_other_gifts_are_sat_on(ann: Player, cat: EntityHandle, world: World) -> None:
    ann.types("give herring to bilge")
    world.advance(seconds=SNIFFING_SECONDS)
    assert ann.lines[-2:] == ["You give a herring to Bilge.", "Bilge purrs like a winch."]

    ann.types("give lantern to bilge")
    world.advance(seconds=SNIFFING_SECONDS)
    assert ann.lines[-1] == "Bilge sits on it, to be on the safe side."
    assert [thing.name for thing in cat.state.things] == ["a herring", "a lantern"]


def test_what_the_cat_was_given_goes_to_who_strokes_her(ann: Player, cat: EntityHandle, world: World) -> None:
    ann.types("give herring to bilge")
    bob = world.player("Bob")

    bob.types(":strokes the cat.")

    assert bob.thing_names == ["a herring"]
    assert bob.lines[-1] == "Bilge looks away, as if it had never been hers."
    assert cat.state.things == ()


def test_a_gift_survives_a_crash_of_the_cat(ann: Player, cat: EntityHandle, world: World) -> None:
    ann.types("give herring to bilge")
    world.crash(cat)

    ann.types(":pets Bilge")

    assert "a herring" in ann.thing_names
    assert len(world.things()) == 2


def test_a_cat_with_nothing_to_give_bites(ann: Player) -> None:
    assert ann.types(":tickles the cat.")[-1] == "Bilge allows Ann three strokes, and bites at the fourth."


def test_stroking_something_else_is_none_of_her_business(ann: Player) -> None:
    assert ann.types(":strokes the bollard.") == ["Ann strokes the bollard."]
    assert ann.types(":looks at the cat.") == ["Ann looks at the cat."]


def test_time_passes_in_moods(ann: Player, world: World) -> None:
    world.advance(seconds=200 * len(MOODS))

    assert ann.lines[-len(MOODS) :] == [f"Bilge {mood}" for mood in MOODS]

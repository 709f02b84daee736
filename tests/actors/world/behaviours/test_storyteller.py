from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world.behaviours.storyteller import PAUSE_SECONDS, STORIES, Storyteller
from actors.world.testing import EntityHandle, Player, World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def oake(world: World) -> EntityHandle:
    return world.spawn(Storyteller, world.room("inn"), name="Oake")


@pytest.fixture
def ann(world: World, oake: EntityHandle) -> Player:
    return world.player("Ann")


def pages_heard(player: Player) -> list[str]:
    pages = [page for story in STORIES for page in story]
    return [page for line in player.lines for page in pages if page in line]


def test_who_asks_for_a_story_is_told_one_page_by_page(world: World, ann: Player) -> None:
    ann.types("say Tell me a story.")
    assert pages_heard(ann) == list(STORIES[0][:1])

    world.advance(seconds=PAUSE_SECONDS)
    assert pages_heard(ann) == list(STORIES[0][:2])

    world.advance(seconds=PAUSE_SECONDS * 10)
    assert pages_heard(ann) == list(STORIES[0])


def test_asking_again_in_the_middle_changes_nothing(world: World, ann: Player) -> None:
    for _ in range(3):
        ann.types("say Tell me a story.")
    world.advance(seconds=PAUSE_SECONDS * 10)

    assert pages_heard(ann) == list(STORIES[0])


def test_the_next_to_ask_hears_another_story_and_then_the_first_again(world: World, ann: Player) -> None:
    for _ in range(3):
        ann.types("say A tale!")
        world.advance(seconds=PAUSE_SECONDS * 10)

    assert pages_heard(ann) == [*STORIES[0], *STORIES[1], *STORIES[0]]


def test_a_story_goes_on_after_a_crash_where_it_was(world: World, ann: Player, oake: EntityHandle) -> None:
    ann.types("say Tell me a story.")
    world.advance(seconds=PAUSE_SECONDS)
    world.crash(oake)
    world.advance(seconds=PAUSE_SECONDS * 10)

    assert pages_heard(ann) == list(STORIES[0])
    assert oake.state.page == 0


def test_nobody_is_told_a_story_unasked(world: World, ann: Player) -> None:
    ann.types("say Good evening.")
    world.advance(seconds=3600)

    assert pages_heard(ann) == []

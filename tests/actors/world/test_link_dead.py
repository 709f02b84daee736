"""Characters whose players' clients are gone: they stay, all can see it, and it can be mended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world import Npc, NpcContext, Said
from actors.world.character import Character
from actors.world.messages.playing import ClientLost
from actors.world.messages.senses import Recognise
from actors.world.saving import decode, encode
from actors.world.testing import Player, World
from tests.actors.world.sample import atlas
from transports.link.protocol import (
    EntityStateChanged,
    OutputBody,
    Prompt,
    RoomOutput,
)
from wyld_actors import on

EMPTY = "Ann's eyes go empty."
STIRS = "Ann stirs again."
STARING = "is here, staring into nothing"


@pytest.fixture
def world() -> Iterator[World]:
    with World(atlas()) as world:
        yield world


@pytest.fixture
def ann(world: World) -> Player:
    return world.player("Ann")


@pytest.fixture
def bob(world: World) -> Player:
    return world.player("Bob")


def doings(player: Player) -> dict[str, str]:
    """What those in the room do, as the player sees it."""
    player.types("look")
    return {one.name: one.doing for one in player.view.occupants}


def test_others_read_one_line_and_see_it_in_the_room(ann: Player, bob: Player) -> None:
    bob.forgets()

    ann.loses_client()

    assert bob.lines == [EMPTY]
    assert doings(bob) == {"Ann": STARING}
    assert not ann.heard("eyes")


def test_who_is_back_at_once_was_not_missed(ann: Player, bob: Player) -> None:
    bob.forgets()

    for _ in range(10):
        ann.loses_client(seconds=2.0)
        ann.has_client_back()
    ann.world.advance(seconds=10)

    assert bob.lines == []
    assert doings(bob) == {"Ann": ""}


def test_who_crashes_meanwhile_is_missed_all_the_same(world: World, ann: Player, bob: Player) -> None:
    ann.loses_client(seconds=2.0)
    world.crash(ann)
    bob.forgets()

    world.advance(seconds=10)

    assert bob.lines == [EMPTY]


def test_who_looks_reads_it(ann: Player, bob: Player) -> None:
    ann.loses_client()

    assert bob.types("look ann") == [
        "Ann, a wanderer. They carry nothing that you can see. "
        "Their eyes are empty, as if nobody were behind them."
    ]


def test_the_list_of_players_has_it(ann: Player, bob: Player) -> None:
    ann.loses_client()

    assert [line.split() for line in bob.types("who")][:2] == [
        ["Ann", "The", "Harbour,", "link-dead"],
        ["Bob", "The", "Harbour"],
    ]


def test_who_speaks_from_afar_is_told_that_it_waits(ann: Player, bob: Player) -> None:
    ann.loses_client()

    assert bob.types("tell ann hello") == [
        "You tell Ann, “hello” Their eyes are empty just now; they will hear it when they are back."
    ]
    assert ann.lines[-1] == "Bob tells you, “hello”"


class Parrot(Npc):
    @on(Said)
    def repeat(self, ctx: NpcContext, said: Said) -> None:
        ctx.say(said.text)


def test_it_is_still_spoken_to_and_given_things() -> None:
    with World() as world:
        square = world.room("square")
        world.spawn(Parrot, square)
        world.item("gem", square)
        ann, bob = world.player("Ann", square), world.player("Bob", square)
        ann.loses_client()

        bob.types("say hello")
        bob.types("get gem")
        bob.types("give gem to ann")

        assert ann.heard("Bob says, “hello”")
        assert ann.heard("Parrot says, “hello”")
        assert ann.thing_names == ["a gem"]


def test_what_was_typed_before_still_happens(ann: Player, bob: Player) -> None:
    ann.begins("get lantern")
    ann.begins("east")
    ann.loses_client()

    assert ann.thing_names == ["a brass lantern"]
    assert ann.state.room == "room:town/market"
    bob.types("east")
    assert doings(bob) == {"Ann": STARING}


def test_a_client_that_is_lost_twice_is_seen_once(ann: Player, bob: Player) -> None:
    ann.loses_client()
    bob.forgets()

    ann.loses_client()

    assert bob.lines == []


def test_who_is_back_sees_the_room_and_a_prompt_and_is_seen_to_stir(ann: Player, bob: Player) -> None:
    ann.loses_client()
    bob.types("get lantern")
    ann.forgets()
    bob.forgets()

    ann.has_client_back()

    assert kinds(ann.outputs) == [EntityStateChanged, EntityStateChanged, RoomOutput, Prompt]
    assert [one.name for one in ann.view.occupants] == ["Bob"]
    assert bob.lines == [STIRS]
    assert doings(bob) == {"Ann": ""}
    assert "link-dead" not in "\n".join(bob.types("who"))


def test_a_client_that_was_never_missed_comes_back_without_a_word(ann: Player, bob: Player) -> None:
    ann.forgets()
    bob.forgets()

    ann.has_client_back()

    assert kinds(ann.outputs) == [EntityStateChanged, EntityStateChanged, RoomOutput, Prompt]
    assert bob.lines == []


def kinds(bodies: list[OutputBody]) -> list[type[OutputBody]]:
    return [type(body) for body in bodies]


def test_it_is_remembered_over_a_crash_of_the_character_and_of_the_room(
    world: World, ann: Player, bob: Player
) -> None:
    ann.loses_client()

    world.crash(ann)
    world.crash(world.entity("room:harbour/quay"))
    world.crash(world.entity("room:harbour/quay"))

    assert doings(bob) == {"Ann": STARING}
    ann.has_client_back()
    assert doings(bob) == {"Ann": ""}


def test_a_room_that_crashes_over_it_leaves_the_list_right(world: World, ann: Player, bob: Player) -> None:
    world.crash_on(world.entity("room:harbour/quay"), Recognise)
    ann.loses_client()

    assert "Ann" in [line.split()[0] for line in bob.types("who") if "link-dead" in line]
    assert ann.incarnation == 1


def test_it_is_remembered_over_a_crash_of_the_world(ann: Player) -> None:
    ann.loses_client()
    saved = decode(encode(ann.state), Character)
    assert isinstance(saved, Character.State)

    with World(atlas()) as again:
        back = again.enter(saved)
        bob = again.player("Bob")

        assert back.number == ann.number
        assert doings(bob) == {"Ann": STARING}
        back.has_client_back()
        assert doings(bob) == {"Ann": ""}


def test_another_session_of_the_character_is_not_link_dead(world: World, ann: Player, bob: Player) -> None:
    ann.loses_client()

    world.enter(ann.state)

    assert doings(bob) == {"Ann": ""}


def test_a_session_that_is_closed_meanwhile_takes_its_character_out(
    world: World, ann: Player, bob: Player
) -> None:
    ann.loses_client()

    ann.leaves()

    assert not ann.is_in_play
    assert bob.lines[-1] == "Ann fades away."
    again = world.enter(world.saved.pop("character:ann"))  # type: ignore[arg-type]
    assert doings(bob) == {"Ann": ""}
    assert again.is_in_play


def test_a_client_that_is_lost_while_its_character_walks_is_seen_where_it_arrives(
    ann: Player, bob: Player
) -> None:
    bob.types("east")
    ann.begins("east")
    ann.ref.tell(ClientLost())
    ann.world.advance(seconds=4)

    assert doings(bob) == {"Ann": STARING}

"""Crashes in the middle of play: nothing is lost, nothing happens twice, one line of story at most."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.world import Npc, NpcContext, Said
from actors.world.messages.playing import Answer, CommandPerformed, Perform
from actors.world.messages.presence import ListPresent
from actors.world.messages.senses import Examine, LookAround, Say
from actors.world.messages.transfers import PassOn, Receive, Returned, Take
from actors.world.messages.ways import Depart, Enter, Entered, Leave
from actors.world.presence import Presence
from actors.world.room import Room
from actors.world.testing import EntityHandle, InjectedCrash, Player, World
from tests.actors.world.sample import atlas
from transports.link.protocol import Outcome
from wyld_actors import on

STORY = "The world blinks, and what you began never happened."


@pytest.fixture
def world() -> Iterator[World]:
    with World(atlas()) as world:
        yield world


def outcomes(world: World) -> list[Outcome]:
    return [done.outcome for done in world.performed]


def test_a_crash_of_the_room_fails_the_command_with_one_line_and_play_goes_on(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    world.crash_on(quay, LookAround)

    assert ann.types("look") == [STORY]
    assert ann.types("look")[0] == "The Old Quay"
    assert outcomes(world) == [Outcome.FAILED, Outcome.DONE]


def test_a_crash_of_the_character_fails_its_command_only(world: World) -> None:
    ann = world.player("Ann")
    world.crash_on(ann, Perform)

    assert ann.types("score") == [STORY]
    assert ann.types("score")[0] == "Ann, Wanderer"


def test_lines_behind_a_failed_one_are_still_performed_in_order(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    world.crash_on(quay, Take)
    for line in ("get lantern", "get lantern", "i"):
        ann.begins(line)
    world.settle()

    assert outcomes(world) == [Outcome.FAILED, Outcome.DONE, Outcome.DONE]
    assert ann.thing_names == ["a brass lantern"]


def test_a_crash_of_the_presence_fails_the_command_and_keeps_the_list(world: World) -> None:
    ann = world.player("Ann")
    presence = EntityHandle(world, world.around.presence)  # type: ignore[arg-type]
    world.crash_on(presence, ListPresent)

    assert presence.ref.cell.actor_class is Presence
    assert ann.types("who") == [STORY]
    assert ann.types("who")[-1] == "1 player in the world."


def test_a_crash_of_an_item_fails_the_look_at_it(world: World) -> None:
    ann = world.player("Ann")
    world.crash_on(world.entity("item:harbour/lantern"), Examine)

    assert ann.types("look lantern") == [STORY]
    assert ann.types("look lantern") == ["It smells of oil."]


def test_speech_that_crashed_in_the_room_was_heard_by_nobody(world: World) -> None:
    ann, bob, quay = world.player("Ann"), world.player("Bob"), world.entity("room:harbour/quay")
    world.crash_on(quay, Say)
    ann.types("say Hello")

    assert not bob.heard("Hello")


class Clumsy(Npc):
    """Stumbles over every word, and lets nobody see it."""

    falters = ""

    @on(Said)
    def stumble(self, ctx: NpcContext, said: Said) -> None:
        ctx.say("I beg your")
        raise InjectedCrash(said.text)


def test_an_npc_that_crashes_on_what_it_heard_says_nothing_and_fails_no_command() -> None:
    with World() as world:
        inn = world.room("inn")
        clumsy = world.spawn(Clumsy, inn)
        ann = world.player("Ann", inn)

        assert ann.types("say Hello") == ["You say, “Hello”"]
        assert clumsy.incarnation == 2
        assert outcomes(world) == [Outcome.DONE]


def test_a_thing_that_its_taker_could_not_receive_goes_back_to_the_room(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    before = world.things()
    world.crash_on(ann, Receive)

    assert STORY in ann.types("get lantern")
    assert world.things() == before
    assert ann.thing_names == []
    assert len(quay.state.things) == 3


def test_a_thing_that_its_room_could_not_receive_goes_back_to_the_dropper(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    ann.types("get lantern")
    world.crash_on(quay, Receive)

    assert STORY in ann.types("drop lantern")
    assert ann.thing_names == ["a brass lantern"]


@pytest.mark.parametrize("where", [PassOn, Receive])
def test_a_gift_that_crashed_on_its_way_goes_back_to_the_giver(world: World, where: type) -> None:
    ann, bob, quay = world.player("Ann"), world.player("Bob"), world.entity("room:harbour/quay")
    ann.types("get lantern")
    world.crash_on(quay if where is PassOn else bob, where)

    assert STORY in ann.types("give lantern to bob")
    assert ann.thing_names == ["a brass lantern"]
    assert bob.thing_names == []
    assert ann.types("give lantern to bob") == ["You give a brass lantern to Bob."]


def test_a_thing_that_cannot_even_be_taken_back_comes_to_the_start_room(world: World) -> None:
    ann = world.player("Ann")
    ann.types("get lantern")
    ann.types("east")
    before = world.things()
    world.crash_on(world.entity("room:town/market"), Receive)
    world.crash_on(ann, Returned)
    ann.types("drop lantern")

    assert world.things() == before
    assert "a brass lantern" in [thing.name for thing in world.entity("room:harbour/quay").state.things]


def test_who_could_not_be_let_in_is_back_where_they_were(world: World) -> None:
    ann, bob, market = world.player("Ann"), world.player("Bob"), world.entity("room:town/market")
    world.crash_on(market, Enter)
    bob.types("east")

    assert bob.heard(STORY)
    assert bob.state.room == "room:harbour/quay"
    assert ann.lines[-2:] == ["Bob leaves east.", "Bob appears."]
    assert bob.types("east")[0] == "The Market"


def test_who_crashes_on_arrival_is_in_one_room_only(world: World) -> None:
    ann = world.player("Ann")
    world.crash_on(ann, Entered)
    ann.types("east")

    assert rooms_of(world, ann) == [ann.state.room] == ["room:harbour/quay"]
    assert ann.types("east")[0] == "The Market"


def test_who_has_no_room_to_wake_in_wakes_in_the_start_room() -> None:
    with World(atlas()) as world:
        ann = world.player("Ann")
        ann.types("east")
        ann.types("quit")
        saved = world.saved.pop("character:ann")
        market = world.entity("room:town/market")
        market.ref.cell.actor_class = _Doorless
        world.crash(market)

        again = world.enter(saved)  # type: ignore[arg-type]

        assert again.state.room == "room:harbour/quay"
        assert again.types("look")[0] == "The Old Quay"


class _Doorless(Room):
    """A room that nobody can enter."""

    @on(Enter)
    def admit(self, ctx: object, enter: Enter) -> None:
        raise InjectedCrash("no floor")


def test_a_character_that_no_room_can_take_is_saved_and_sent_back(world: World) -> None:
    for key in ("room:harbour/quay", "room:town/market"):
        room = world.entity(key)
        room.ref.cell.actor_class = _Doorless
        world.crash(room)

    ann = world.player("Ann")

    assert not ann.is_in_play
    assert "character:ann" in world.saved
    assert world.released[0].text.startswith("There is no place in the world")


def test_a_quit_that_crashed_can_be_typed_again(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    world.crash_on(quay, Depart)

    assert ann.types("quit") == [STORY]
    assert ann.is_in_play
    ann.types("quit")
    assert not ann.is_in_play


def test_a_closed_session_gets_its_character_out_although_the_room_crashed(world: World) -> None:
    ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
    world.crash_on(quay, Depart)
    ann.leaves()
    world.advance(seconds=5)

    assert not ann.is_in_play
    assert quay.state.occupants == ()


def test_a_command_that_nobody_finishes_ends_by_its_deadline(world: World) -> None:
    ann = world.player("Ann")
    vars(world.entity("room:harbour/quay").ref.cell.instance)["handlers"] = {}
    ann.begins("look")
    ann.begins("score")
    world.advance(seconds=21)

    assert outcomes(world) == [Outcome.FAILED, Outcome.DONE]
    assert ann.heard("Time itself seems to hesitate")
    assert ann.heard("Ann, Wanderer")


def test_a_session_that_crashed_on_an_answer_goes_on_with_the_next_line(world: World) -> None:
    ann = world.player("Ann")
    world.crash_on(EntityHandle(world, ann.session), CommandPerformed)
    ann.begins("score")
    ann.begins("i")
    world.settle()

    assert [done.number for done in world.performed] == [1, 2]
    assert ann.lines[-2] == "You carry nothing."


def rooms_of(world: World, player: Player) -> list[str]:
    return [
        cell.good_state.id
        for cell in world.around.cells()
        if isinstance(cell.good_state, Room.State)
        for person in cell.good_state.occupants
        if person.id == player.id
    ]


LINES = st.sampled_from(
    [
        *(
            "n",
            "s",
            "e",
            "w",
            "open door",
            "close door",
            "get lantern",
            "get all",
            "drop all",
            "get 2.lantern",
        ),
        *(
            "give lantern to bob",
            "give lantern to ann",
            "give rope to innkeeper",
            "drop rope",
            "get rope",
            "quit",
        ),
    ]
)
CRASHES = st.sampled_from(
    [None, None, None, Take, Receive, PassOn, Returned, Enter, Entered, Leave, Perform, Answer, Depart]
)
STEPS = st.lists(st.tuples(st.integers(0, 1), LINES, CRASHES, st.integers(0, 5)), max_size=25)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_is_typed_and_whatever_crashes_every_thing_exists_once(
    steps: list[tuple[int, str, type | None, int]],
) -> None:
    with World(atlas()) as world:
        players = [world.player("Ann"), world.player("Bob")]
        before = world.things()
        for who, line, crash, victim in steps:
            _crash_somewhere(world, players, crash, victim)
            players[who] = _in_play(world, players[who])
            players[who].begins(line)
            if victim % 2:
                world.settle()
        world.settle()
        world.advance(seconds=30)

        assert world.things() == before
        for player in players:
            if player.is_in_play:
                assert rooms_of(world, player) == [player.state.room]
            assert len(rooms_of(world, player)) <= 1


def _in_play(world: World, player: Player) -> Player:
    world.settle()
    if player.is_in_play:
        return player
    return world.enter(world.saved.pop(player.state.id))  # type: ignore[arg-type]


def _crash_somewhere(world: World, players: list[Player], crash: type | None, victim: int) -> None:
    if crash is None:
        return
    for cell in world.around.cells():
        instance = cell.instance
        if instance is not None and crash in instance.handlers and (len(cell.path) + victim) % 3:
            world.crash_on(EntityHandle(world, cell.ref), crash)

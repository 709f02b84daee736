"""What players see and do, in a world of a few rooms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world import Arrived, Npc, NpcContext, Received, Said
from actors.world.phrases import LOST
from actors.world.session import CloseWorldSession, WorldSession
from actors.world.testing import Player, World
from tests.actors.world.sample import atlas
from transports.link.protocol import (
    AttributesUpdate,
    EntityStateChanged,
    InventoryUpdate,
    Outcome,
)
from wyld_actors import on


@pytest.fixture
def world() -> Iterator[World]:
    with World(atlas()) as world:
        yield world


def test_a_player_wakes_in_the_start_room_and_sees_it(world: World) -> None:
    ann = world.player("Ann")

    assert ann.view.name == "The Old Quay"
    assert [item.name for item in ann.view.items] == ["a brass lantern", "an anchor"]
    assert [item.count for item in ann.view.items] == [2, 1]
    assert ann.view.zone == "The Harbour"
    assert ann.view.occupants == ()


def test_others_see_who_appears_and_who_walks_in_and_out(world: World) -> None:
    ann = world.player("Ann")
    bob = world.player("Bob")

    assert ann.lines[-1] == "Bob appears."
    assert [occupant.name for occupant in bob.view.occupants] == ["Ann"]

    bob.types("east")
    assert ann.lines[-1] == "Bob leaves east."
    assert bob.view.name == "The Market"

    bob.types("w")
    assert ann.lines[-1] == "Bob arrives from the east."


def test_there_is_no_way_where_there_is_no_exit(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("up") == ["You cannot go up from here."]
    assert ann.state.room == "room:harbour/quay"


def test_a_closed_door_must_be_opened_before_one_walks_through(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("north") == ["The oak door is closed."]
    assert ann.types("open door") == ["You open the oak door."]
    assert ann.types("open north") == ["The oak door is already open."]
    assert "The Gilded Stag" in ann.types("north")[0]


def test_both_sides_of_a_door_agree_whichever_side_moves_it(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    ann.types("open door")
    ann.types("north")

    assert bob.types("look door") == ["North, through the open oak door, you see The Gilded Stag."]
    assert ann.types("close south") == ["You close the oak door."]
    assert bob.lines[-1] == "The oak door falls shut."
    assert bob.types("look north") == ["The oak door north is closed."]

    bob.types("open oak")
    assert ann.lines[-1] == "The oak door swings open."


def test_doors_that_are_not_there_cannot_be_opened(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("open window") == ["There is no 'window' to open or close here."]
    assert ann.types("close east") == ["There is no door east."]


def test_speech_is_heard_by_all_in_the_room_and_by_nobody_else(world: World) -> None:
    ann, bob, cid = world.player("Ann"), world.player("Bob"), world.player("Cid")
    cid.types("e")

    assert ann.types("say Hello!") == ["You exclaim, “Hello!”"]

    assert bob.lines[-1] == "Ann exclaims, “Hello!”"
    assert not cid.heard("Hello")


def test_an_emote_is_seen_by_all_with_the_same_words(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")

    assert ann.types(":smiles.") == ["Ann smiles."]
    assert bob.lines[-1] == "Ann smiles."
    assert ann.types(":'s eyes widen.") == ["Ann's eyes widen."]


def test_a_yell_carries_through_the_zone(world: World) -> None:
    ann, bob, cid = world.player("Ann"), world.player("Bob"), world.player("Cid")
    bob.types("open door")
    bob.types("north")
    cid.types("east")

    assert ann.types("yell Fire!") == ["You yell, “Fire!”"]

    assert bob.lines[-1] == "Ann yells, “Fire!”"
    assert not cid.heard("Fire")


def test_a_tell_reaches_one_player_anywhere(world: World) -> None:
    ann, bob, cid = world.player("Ann"), world.player("Bob"), world.player("Cid")
    bob.types("east")

    assert ann.types("tell bob meet me") == ["You tell Bob, “meet me”"]

    assert bob.lines[-1] == "Ann tells you, “meet me”"
    assert not cid.heard("meet me")
    assert ann.types("tell zoe hi") == ["Nobody called 'zoe' is in the world. Type 'who' to see who is."]


def test_who_lists_the_players_and_their_zones(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    bob.types("east")

    assert [line.split() for line in ann.types("who")] == [
        ["Ann", "The", "Harbour"],
        ["Bob", "The", "Town"],
        ["2", "players", "in", "the", "world."],
    ]


def test_a_thing_is_picked_up_carried_and_put_down(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")

    assert ann.types("get lantern") == ["You pick up a brass lantern."]
    assert bob.lines[-1] == "Ann picks up a brass lantern."
    assert ann.types("i") == [
        "You carry:",
        "  a brass lantern",
        "Weight 1 of 36.",
        "Your purse holds 20 coins.",
    ]

    ann.types("east")
    assert ann.types("drop lan") == ["You drop a brass lantern."]
    assert ann.types("i") == ["You carry nothing.", "Your purse holds 20 coins."]
    assert world.entity("room:town/market").state.things[-1].name == "a brass lantern"


def test_the_second_of_two_equal_things_is_found_by_its_number(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("get 3.lantern") == ["You see no '3.lantern' here."]
    ann.types("get 2.lantern")

    assert ann.state.things[0].id == "item:harbour/lantern#2"


def test_all_that_can_be_carried_is_taken_by_get_all(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("get all") == ["You pick up two brass lanterns."]
    assert ann.types("get all") == ["An anchor cannot be picked up."]
    assert ann.types("drop all") == ["You drop two brass lanterns."]
    assert ann.types("drop all") == ["You carry nothing."]
    assert ann.types("drop all mugs") == ["You carry no 'mugs'."]
    assert ann.types("get all mugs") == ["You see no 'mugs' here."]


def test_what_is_fixed_stays_where_it_is(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("get anchor") == ["An anchor cannot be picked up."]


def test_a_gift_changes_hands_and_the_room_sees_it(world: World) -> None:
    ann, bob, cid = world.player("Ann"), world.player("Bob"), world.player("Cid")
    ann.types("get lantern")

    assert ann.types("give lantern to bob") == ["You give a brass lantern to Bob."]

    assert bob.lines[-1] == "Ann gives you a brass lantern."
    assert cid.lines[-1] == "Ann gives a brass lantern to Bob."
    assert bob.thing_names == ["a brass lantern"]
    assert ann.thing_names == []


@pytest.mark.parametrize("line", ["give lantern bob", "give bob lantern", "give bob the brass lantern"])
def test_a_gift_may_be_named_before_or_after_who_gets_it(world: World, line: str) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    ann.types("get lantern")

    assert ann.types(line) == ["You give a brass lantern to Bob."]
    assert bob.thing_names == ["a brass lantern"]


def test_a_gift_to_nobody_stays_with_the_giver(world: World) -> None:
    ann = world.player("Ann")
    ann.types("get lantern")

    assert ann.types("give lantern to zoe") == ["There is nobody called 'zoe' here."]
    assert ann.types("give lantern to ann") == ["You pass it from one hand into the other."]
    assert ann.types("give rope to ann") == ["You carry no 'rope'."]
    assert ann.thing_names == ["a brass lantern"]


def test_an_npc_that_wants_nothing_gives_the_gift_back(world: World) -> None:
    ann = world.player("Ann")
    for line in ("get lantern", "open door", "n"):
        ann.types(line)

    assert ann.types("give lantern to innkeeper") == ["Marta does not want a brass lantern."]
    assert ann.thing_names == ["a brass lantern"]


def test_things_persons_and_oneself_can_be_looked_at(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob", background="thief")

    assert ann.types("look lantern") == ["It smells of oil."]
    assert ann.types("x bob") == ["Bob, a rooftop thief. They carry nothing that you can see."]
    assert bob.lines[-1] == "Ann looks at you."
    assert ann.types("look me") == ["You are Ann, a wanderer. You carry nothing."]
    assert ann.types("look moon") == ["You see no 'moon' here."]
    assert ann.types("look up") == ["There is no way up from here."]
    assert ann.types("look east") == ["East, you see The Market."]

    ann.types("get lanterns")
    assert bob.types("look ann") == ["Ann, a wanderer. They carry two brass lanterns."]
    assert ann.types("look ann") == ["You are Ann, a wanderer. You carry two brass lanterns."]
    assert ann.types("look lantern") == ["It smells of oil."]


def test_the_score_shows_the_nine_attributes(world: World) -> None:
    ann = world.player("Ann", background="dockhand")

    score = ann.types("score")

    assert score[0] == "Ann, Dockhand"
    assert score[1].split() == ["Body", "strength", "16", "dexterity", "13", "fortitude", "15"]
    assert score[-1] == "You are in The Old Quay."


def test_help_knows_commands_and_says_so_when_it_knows_nothing(world: World) -> None:
    ann = world.player("Ann")

    assert "give THING to SOMEBODY" in "\n".join(ann.types("help"))
    assert ann.types("help get") == ["Get", "get THING [from BAG]", "Pick something up.", "Also: take, g"]
    assert ann.types("help invent") == ann.types("help inventory")


def test_a_mistyped_command_is_answered_and_counts_as_performed(world: World) -> None:
    ann = world.player("Ann")

    assert ann.types("lok") == ["There is no command 'lok'. Did you mean 'look'?"]
    assert ann.types("") == []
    assert [(done.number, done.outcome) for done in world.performed] == [(1, Outcome.DONE), (2, Outcome.DONE)]


def test_quitting_leaves_the_room_saves_the_character_and_releases_the_session(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    ann.types("get lantern")
    ann.types("quit")

    assert bob.lines[-1] == "Ann fades away."
    assert not ann.is_in_play
    assert world.released[0].session == ann.number
    assert world.released[0].applied == 2
    assert world.performed[-1].number == 2
    assert [thing.name for thing in world.saved["character:ann"].things] == ["a brass lantern"]  # type: ignore[attr-defined]
    assert "Ann" not in "\n".join(bob.types("who"))


def test_who_comes_back_is_where_they_were_with_what_they_carried(world: World) -> None:
    ann = world.player("Ann")
    for line in ("get lantern", "east", "quit"):
        ann.types(line)
    saved = world.saved.pop("character:ann")

    again = world.enter(saved)  # type: ignore[arg-type]

    assert again.view.name == "The Market"
    assert again.thing_names == ["a brass lantern"]


def test_a_closed_session_takes_its_character_out_of_play(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    ann.leaves()

    assert bob.lines[-1] == "Ann fades away."
    assert not ann.is_in_play
    assert "character:ann" in world.saved


def test_a_second_session_takes_the_character_over_where_it_stands(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    bob.forgets()

    again = world.enter(ann.state)

    assert ann.outputs[-1].text == "Your character is being played from elsewhere now."  # type: ignore[union-attr]
    assert again.view.name == "The Old Quay"
    assert bob.lines == []
    bob.types("say Hello")
    assert again.lines[-1] == "Bob says, “Hello”"
    assert not ann.heard("Hello")


def test_lines_typed_ahead_are_performed_in_their_order(world: World) -> None:
    ann = world.player("Ann")
    for line in ("get lantern", "east", "drop lantern", "west", "i"):
        ann.begins(line)
    world.settle()

    assert ann.lines[-2:] == ["You carry nothing.", "Your purse holds 20 coins."]
    assert [done.number for done in world.performed] == [1, 2, 3, 4, 5]


def test_a_line_that_comes_twice_is_performed_once(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    ann.types("say Once")
    ann.typed = 0
    ann.types("say Once")

    assert bob.lines.count("Ann says, “Once”") == 1


class Smith(Npc):
    """Keeps what it is given, and talks about it."""

    accepts_gifts = True

    class State(Npc.State, frozen=True):
        heard: tuple[str, ...] = ()

    @on(Said)
    def listen(self, ctx: NpcContext, said: Said) -> None:
        self.state = self.state.replace(heard=(*self.state.heard, said.text))

    @on(Received)
    def thank(self, ctx: NpcContext, received: Received) -> None:
        ctx.say(f"Thank you, {received.who.name}.")
        ctx.give(received.thing, received.who)


class Deaf(Npc):
    """Handles nothing, so nothing is sent to it."""


def test_an_npc_is_told_only_what_it_handles() -> None:
    with World() as world:
        forge = world.room("forge")
        smith, deaf = world.spawn(Smith, forge), world.spawn(Deaf, forge)
        handled = deaf.ref.cell.handled
        ann = world.player("Ann", forge)
        ann.types("say Good morning")

        assert smith.state.heard == ("Good morning",)
        assert deaf.ref.cell.handled == handled


def test_an_npc_that_accepts_gifts_can_give_them_back() -> None:
    with World() as world:
        forge = world.room("forge")
        world.spawn(Smith, forge, "Hob the smith")
        world.item("horseshoe", forge)
        ann = world.player("Ann", forge)
        ann.types("get horseshoe")

        given, *thanks = ann.types("give horseshoe to hob")

        assert given == "You give a horseshoe to Hob the smith."
        assert sorted(thanks) == [
            "Hob the smith gives you a horseshoe.",
            "Hob the smith says, “Thank you, Ann.”",
        ]
        assert ann.thing_names == ["a horseshoe"]


class Wanderer(Npc):
    @on(Arrived)
    def follow_the_road(self, ctx: NpcContext, arrived: Arrived) -> None:
        ctx.walk(next(iter(self.around.atlas.rooms[self.plan.room].exits)))


def test_an_npc_walks_and_remembers_where_it_is_over_a_crash() -> None:
    with World() as world:
        field = world.room("field", east="wood")
        wood = world.room("wood", west=field)
        wanderer = world.spawn(Wanderer, field, "A wanderer")
        ann = world.player("Ann", field)

        assert ann.lines[-1] == "A wanderer leaves east."
        world.crash(wanderer)
        assert wanderer.state.room == wood.id
        assert wood.occupant_names == ["A wanderer"]


def test_a_session_that_comes_while_the_character_leaves_keeps_it_in_play(world: World) -> None:
    ann = world.player("Ann")
    ann.session.tell(CloseWorldSession())

    again = world.enter(ann.state)

    assert again.is_in_play
    assert again.types("look")[0] == "The Old Quay"
    world.advance(seconds=10)
    assert again.is_in_play


def test_a_session_whose_character_is_gone_is_released(world: World) -> None:
    ann = world.player("Ann")
    session = WorldSession.State(session=ann.number, character=7)
    ann.types("quit")

    world.system.spawn(WorldSession, world.around, ann.ref, state=session)
    world.settle()

    assert [(one.character, one.applied) for one in world.released][-1] == (7, 0)
    assert world.released[-1].text == LOST, "the world has room enough"


def carried(player: Player) -> list[tuple[str, ...]]:
    """What a client program was told of the inventory, each time."""
    updates = [body.update for body in player.outputs if isinstance(body, EntityStateChanged)]
    return [
        tuple(item.name for item in update.items) for update in updates if isinstance(update, InventoryUpdate)
    ]


def test_a_client_program_is_told_who_it_plays_and_what_is_carried_as_that_changes(world: World) -> None:
    ann, bob = world.player("Ann"), world.player("Bob")
    updates = [body.update for body in ann.outputs if isinstance(body, EntityStateChanged)]
    assert updates == [AttributesUpdate(ann.state.attributes), InventoryUpdate(())]
    ann.forgets()
    bob.forgets()

    ann.types("get lantern")
    ann.types("give bob lantern")

    assert [len(names) for names in carried(ann)] == [1, 0]
    assert [len(names) for names in carried(bob)] == [1]


def test_all_that_is_taken_at_once_is_told_once(world: World) -> None:
    ann = world.player("Ann")
    ann.forgets()

    ann.types("get all lanterns")

    assert [len(names) for names in carried(ann)] == [2]

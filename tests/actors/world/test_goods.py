"""Coins and bags: what changes hands, what goes into what, and that none of it is made or lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.world import Npc, NpcContext, Paid
from actors.world.character import Character
from actors.world.messages.playing import Answer, Perform
from actors.world.messages.subjects import Goods, Thing
from actors.world.messages.transfers import PassOn, PutIn, Receive, Returned, Take
from actors.world.messages.ways import Enter, Entered
from actors.world.saving import decode, encode
from actors.world.testing import EntityHandle, Player, RoomHandle, World
from tests.actors.world_kit import House
from wyld_actors import on

PURSE = "Your purse holds 20 coins."


class Bazaar:
    """A room with a bag, two gems and an anvil in it, and Ann and Bob."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.square: RoomHandle = world.room("square", east="lane")
        self.lane: RoomHandle = world.room("lane", west="square")
        self.bag = world.item("bag", self.square, container=5)
        self.gems = [world.item("gem", self.square) for _ in range(2)]
        self.anvil = world.item("anvil", self.square, weight=6, article="an")
        self.ann, self.bob = world.player("Ann", self.square), world.player("Bob", self.square)


@pytest.fixture
def bazaar() -> Iterator[Bazaar]:
    with World() as world:
        yield Bazaar(world)


# ------------------------------------------------------------------------------------------- coins


def test_a_new_character_has_a_purse(bazaar: Bazaar) -> None:
    assert bazaar.ann.types("i") == ["You carry nothing.", PURSE]
    assert PURSE in bazaar.ann.types("score")


def test_coins_are_given_by_number(bazaar: Bazaar) -> None:
    ann, bob = bazaar.ann, bazaar.bob

    assert ann.types("give 5 coins to bob") == ["You give five coins to Bob."]

    assert bob.lines[-1] == "Ann gives you five coins."
    assert (ann.state.coins, bob.state.coins) == (15, 25)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("give coin to bob", 19),
        ("give a coin to bob", 19),
        ("give coins to bob", 0),
        ("give all coins to bob", 0),
        ("give my money to bob", 0),
        ("give bob two coins", 18),
        ("give bob coins", 0),
    ],
)
def test_how_many_coins_are_meant(bazaar: Bazaar, line: str, left: int) -> None:
    bazaar.ann.types(line)

    assert (bazaar.ann.state.coins, bazaar.bob.state.coins) == (left, 40 - left)


def test_nobody_gives_what_they_do_not_have(bazaar: Bazaar) -> None:
    ann = bazaar.ann

    assert ann.types("give 21 coins to bob") == ["You have only 20 coins."]
    assert ann.types("give 0 coins to bob") == ["You carry no '0 coins'."]
    assert ann.types("give -5 coins to bob") == ["You carry no '-5 coins'."]
    assert ann.types("give 1.5 coins to bob") == ["You carry no '1.5 coins'."]
    assert ann.types("give 2.coins to bob") == ["You carry no '2.coins'."]
    assert ann.types("give 5 coins to zoe") == ["There is nobody called 'zoe' here."]
    assert ann.types("give 5 coins to ann") == ["You pass it from one hand into the other."]
    assert ann.state.coins == 20


def test_an_empty_purse_says_so(bazaar: Bazaar) -> None:
    ann = bazaar.ann
    ann.types("drop coins")

    assert ann.types("drop coins") == ["You carry no 'coins'."]
    assert ann.types("i")[-1] == "Your purse is empty."


def test_coins_lie_where_they_are_dropped_and_can_be_picked_up(bazaar: Bazaar) -> None:
    ann, bob = bazaar.ann, bazaar.bob

    assert ann.types("drop 3 coins") == ["You drop three coins."]
    assert bob.lines[-1] == "Ann drops three coins."
    bob.types("look")
    assert [(item.name, item.count) for item in bob.view.items][-1] == ("a coin", 3)
    assert bob.types("look coins") == ["You see three coins here."]
    assert bob.types("get 4 coins") == ["There are only three coins here."]
    assert bob.types("get coin") == ["You pick up a coin."]
    assert ann.lines[-1] == "Bob picks up a coin."
    assert bob.types("get 2 coins") == ["You pick up two coins."]
    assert bob.types("get coins") == ["You see no 'coins' here."]
    assert (ann.state.coins, bob.state.coins, bazaar.square.state.coins) == (17, 23, 0)


def test_all_takes_coins_from_the_floor_and_leaves_the_purse(bazaar: Bazaar) -> None:
    ann, bob = bazaar.ann, bazaar.bob
    ann.types("drop 3 coins")

    assert bob.types("get all") == ["You pick up a bag, two gems, an anvil and three coins."]
    assert bob.types("drop all") == ["You drop a bag, two gems and an anvil."]
    assert bob.state.coins == 23


def test_a_thing_may_be_called_a_coin_where_there_is_no_money(bazaar: Bazaar) -> None:
    bazaar.world.item("lucky coin", bazaar.lane)
    ann = bazaar.ann
    ann.types("e")

    assert ann.types("get coin") == ["You pick up a lucky coin."]
    ann.types("drop coins")
    assert ann.types("drop coin") == ["You drop a lucky coin."]


def test_coins_leave_with_the_character_and_come_back(bazaar: Bazaar) -> None:
    ann = bazaar.ann
    ann.types("give 5 coins to bob")
    ann.leaves()

    saved = bazaar.world.saved.pop("character:ann")
    assert isinstance(saved, Character.State)
    read = decode(encode(saved), Character)
    assert isinstance(read, Character.State)
    again = bazaar.world.enter(read)

    assert again.types("i")[-1] == "Your purse holds 15 coins."


class Toll(Npc):
    """Takes coins, and gives back all but one."""

    accepts_coins = True

    @on(Paid)
    def give_change(self, ctx: NpcContext, paid: Paid) -> None:
        ctx.pay(paid.coins - 1, paid.who)


def test_an_npc_takes_coins_if_it_wants_to_and_can_pay(bazaar: Bazaar) -> None:
    keeper, ann = bazaar.world.spawn(Toll, bazaar.square), bazaar.ann
    bazaar.world.spawn(Npc, bazaar.square, name="Hermit")

    assert ann.types("give 4 coins to toll") == [
        "You give four coins to Toll.",
        "Toll gives you three coins.",
    ]
    assert (ann.state.coins, keeper.state.coins) == (19, 1)
    assert ann.types("give 4 coins to hermit") == ["Hermit does not want four coins."]
    ann.types("get gem")
    assert ann.types("give gem to toll") == ["Toll does not want a gem."]
    assert (ann.state.coins, ann.thing_names) == (19, ["a gem"])


# ------------------------------------------------------------------------------------------- bags


def test_what_is_in_a_bag_goes_where_the_bag_goes(bazaar: Bazaar) -> None:
    ann, bob = bazaar.ann, bazaar.bob
    ann.types("get all")

    assert ann.types("put gem in bag") == ["You put a gem into a bag."]
    assert bob.lines[-1] == "Ann puts a gem into a bag."
    assert ann.types("i") == [
        "You carry:",
        "  a bag",
        "  a gem",
        "  an anvil",
        "A bag holds a gem.",
        "Weight 9 of 36.",
        PURSE,
    ]

    ann.types("give bag to bob")
    assert bob.types("look in bag") == ["A bag holds a gem."]
    assert bob.types("look bag") == ["It is a bag.", "A bag holds a gem."]
    bob.types("drop bag")
    assert ann.types("get gem from bag") == ["You take a gem out of a bag."]
    assert bob.lines[-1] == "Ann takes a gem out of a bag."
    assert ann.types("look in bag") == ["A bag is empty."]
    assert ann.types("get all from bag") == ["A bag is empty."]


def test_things_go_into_a_bag_that_lies_here_and_into_the_own_one_first(bazaar: Bazaar) -> None:
    ann, bob = bazaar.ann, bazaar.bob
    ann.types("get gems")

    assert ann.types("put all in bag") == ["You put two gems into a bag."]
    assert bob.lines[-1] == "Ann puts two gems into a bag."
    assert bob.types("get bag") == ["You pick up a bag."]
    assert bob.types("get two gems from bag") == ["You take two gems out of a bag."]
    assert ann.lines[-1] == "Bob takes two gems out of a bag."
    assert bob.thing_names == ["a bag", "a gem", "a gem"]


def test_a_bag_holds_no_more_than_fits(bazaar: Bazaar) -> None:
    ann = bazaar.ann
    ann.types("get all")

    assert ann.types("put anvil in bag") == ["There is no room for an anvil in a bag."]
    assert ann.types("put all in bag") == [
        "You put two gems into a bag. There is no room for an anvil in a bag."
    ]
    ann.types("drop bag")
    assert ann.types("put anvil in bag") == ["There is no room for an anvil in a bag."]
    assert ann.thing_names == ["an anvil"]


def test_what_cannot_be_put_or_taken_out_is_told(bazaar: Bazaar) -> None:
    ann = bazaar.ann
    bazaar.world.item("sack", bazaar.square, container=50)
    ann.types("get bag")
    ann.types("get gem")

    assert ann.types("put bag in sack") == ["A bag does not go into a sack."]
    assert ann.types("put bag in bag") == ["A bag does not go into a bag."]
    assert ann.types("put gem in anvil") == ["Nothing can be put into an anvil."]
    assert ann.types("put gem in gem") == ["Nothing can be put into a gem."]
    assert ann.types("put gem in chest") == ["You see no 'chest' here."]
    assert ann.types("put rope in bag") == ["You carry no 'rope'."]
    assert ann.types("put 5 coins in bag") == ["Coins are safest in your purse."]
    assert ann.types("get rope from bag") == ["There is no 'rope' in a bag."]
    assert ann.types("get gem from anvil") == ["There is nothing in an anvil."]
    assert ann.types("get gem from chest") == ["You see no 'chest' here."]
    assert ann.types("look in gem") == ["It is a gem."]
    assert ann.thing_names == ["a bag", "a gem"]


def test_a_full_bag_can_be_too_heavy(bazaar: Bazaar) -> None:
    world, ann = bazaar.world, bazaar.ann
    world.item("chest", bazaar.square, container=99)
    world.item("ingot", bazaar.square, weight=30, article="an")
    ann.types("get ingot")
    ann.types("put ingot in chest")
    ann.types("get all")

    assert ann.types("get chest") == ["A chest is too heavy for you."]
    assert ann.types("get ingot from chest") == ["An ingot would be too heavy for you."]


# ------------------------------------------------------------------------------------------- trade


def test_what_players_give_each_other_is_saved_soon(bazaar: Bazaar) -> None:
    world, ann = bazaar.world, bazaar.ann
    world.spawn(Toll, bazaar.square)

    for line in ("give coin to toll", "drop coin", "get coin", "give gem to bob", "give 99 coins to bob"):
        ann.types(line)
    assert world.records.trades == 0

    for line in ("get gem", "give gem to bob", "give coin to bob"):
        ann.types(line)
    assert world.records.trades == 2


def test_a_trade_is_in_the_database_before_the_next_checkpoint_is_due() -> None:
    with House() as house:
        ann, _ = house.signs_up("Ann"), house.signs_up("Bob")
        house.saves()

        ann.types("drop coin", "give 5 coins to bob")
        house.advance(0.2)

        saved = [_saved_coins(house, entity) for entity in ("character:ann", "character:bob")]
        assert saved == [14, 25]


def _saved_coins(house: House, entity: str) -> int:
    state = decode(house.vault.entities[entity].state, Character)
    assert isinstance(state, Character.State)
    return state.coins


# ------------------------------------------------------------------------------------------- crashes


@pytest.mark.parametrize("crash", [Take, Receive, PassOn, PutIn, Perform, Returned])
@pytest.mark.parametrize(
    "line", ["give 5 coins to bob", "drop 5 coins", "get 5 coins", "put gem in bag", "get gem from bag"]
)
def test_goods_outlast_a_crash_of_whoever_handles_them(bazaar: Bazaar, crash: type, line: str) -> None:
    world, ann, bob = bazaar.world, bazaar.ann, bazaar.bob
    for before in ("get gems", "put gem in bag", "drop 5 coins"):
        ann.types(before)
    things, coins = world.things(), world.coins()
    for one in (ann, bob, bazaar.square):
        if crash in one.ref.cell.instance.handlers:  # type: ignore[union-attr]
            world.crash_on(one, crash)

    ann.types(line)

    assert (world.things(), world.coins()) == (things, coins)


@settings(max_examples=40, stateful_step_count=30, deadline=None)
class Trading(RuleBasedStateMachine):
    """Whatever players do, and whoever crashes over it, coins and things are what they were."""

    @initialize()
    def open(self) -> None:
        self.world = World()
        self.bazaar = Bazaar(self.world)
        self.world.spawn(Toll, self.bazaar.square)
        self.players = [self.bazaar.ann, self.bazaar.bob]
        self.things, self.coins = self.world.things(), self.world.coins()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.__exit__()

    @rule(
        who=st.integers(0, 1),
        line=st.one_of(
            st.builds(
                "{} {} coins{}".format,
                st.sampled_from(["give", "drop", "get"]),
                st.integers(0, 25),
                st.sampled_from(["", " to ann", " to bob", " to toll", " from bag"]),
            ),
            st.sampled_from(
                [
                    *("get all", "drop all", "get gem", "get bag", "get gem from bag", "get all from bag"),
                    *("put gem in bag", "put all in bag", "put bag in bag", "give bag to bob"),
                    *("give gem to ann", "give all to toll", "drop bag", "e", "w", "quit", "get coins"),
                ]
            ),
        ),
        waits=st.booleans(),
    )
    def types(self, who: int, line: str, waits: bool) -> None:
        player = self.players[who]
        if not player.is_in_play:
            self.world.settle()
            player = self.players[who] = self._back(player)
        player.begins(line)
        if waits:
            self.world.settle()

    def _back(self, player: Player) -> Player:
        state = self.world.saved.pop(player.state.id)
        return self.world.enter(state)  # type: ignore[arg-type]

    @rule(
        victim=st.integers(0, 30),
        crash=st.sampled_from([Take, Receive, PassOn, PutIn, Returned, Perform, Answer, Enter, Entered]),
    )
    def crash(self, victim: int, crash: type) -> None:
        cells = [cell for cell in self.world.around.cells() if cell.instance is not None]
        able = [cell for cell in cells if crash in cell.instance.handlers]  # type: ignore[union-attr]
        if able:
            self.world.crash_on(EntityHandle(self.world, able[victim % len(able)].ref), crash)

    @rule()
    def rest(self) -> None:
        self.world.settle()
        assert (self.world.things(), self.world.coins()) == (self.things, self.coins)

    @invariant()
    def nothing_is_owed(self) -> None:
        if hasattr(self, "world"):
            assert all(getattr(cell.good_state, "coins", 0) >= 0 for cell in self.world.around.cells())


TestTrading = Trading.TestCase


def test_goods_are_nothing_without_things_and_coins() -> None:
    assert not Goods()
    assert Goods(coins=1)
    assert Goods((Thing("item:gem", "a gem"),))

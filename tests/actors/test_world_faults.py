"""Whatever goes wrong, and in whatever order: every line is run once and in order, and answered once.

Two players type; the world is saved and killed, its parts crash, connections break, batches are lost and
doubled. In the end the world is where the lines of the one who carries things lead, and each has read the
answer to each line once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.checkpoint.keeper import SaveNow, WorldKeeper
from actors.checkpoint.messages import Overdue
from actors.world.character import Character
from tests.actors.gateway_kit import Client
from tests.actors.world_kit import House
from wyld_actors import Actor, CellState, Context, Future, Message, Ref, on

pytestmark = pytest.mark.slow

# Of virtual time: for a supervisor to lose patience with a part and to try again, for a gateway to ask again.
LONG_SECONDS = 30.0

# For a world that gives up to end by itself.
FAREWELL = 2.0
# In the sample world: two lanterns, an anchor, a rope.
THINGS = 4
# What a new character has.
PURSE = 20
# What one may type ahead at the menu; more is refused, and said to be.
_BETWEEN_MENUS = 0.2


@dataclass
class Expected:
    """Where the lines of the one player lead, in a world in which nothing goes wrong."""

    room: str = "quay"
    held: int = 0
    floor: dict[str, int] = field(default_factory=lambda: {"quay": 2, "market": 0})
    purse: int = PURSE
    coins: dict[str, int] = field(default_factory=lambda: {"quay": 0, "market": 0})

    def performs(self, line: str) -> None:
        match line:
            case "get lantern" if self.floor[self.room]:
                self._moves(1)
            case "drop lantern" if self.held:
                self._moves(-1)
            case "drop 3 coins" if self.purse >= 3:
                self._pays(3)
            case "get coins":
                self._pays(-self.coins[self.room])
            case "east":
                self.room = "market"
            case "west":
                self.room = "quay"

    def _moves(self, count: int) -> None:
        self.held += count
        self.floor[self.room] -= count

    def _pays(self, coins: int) -> None:
        self.purse -= coins
        self.coins[self.room] += coins


class Story:
    """One run."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.players = [house.signs_up("Ann"), house.signs_up("Bob", "websocket")]
        self.numbers = itertools.count(1)
        self.said: list[list[str]] = [[], []]
        self.expected = Expected()

    # What players do

    def types(self, line: str) -> None:
        self.players[0].types(line)
        self.expected.performs(line)

    def says(self, player: int) -> None:
        word = f"word {sum(map(len, self.said))}"
        self.said[player].append(f"You say, “{word}”")
        if player:
            # A page, which numbers its lines and is not sure that they arrived.
            number = next(self.numbers)
            self.players[player].numbers(number, f"say {word}").numbers(number, f"say {word}")
        else:
            self.players[player].types(f"say {word}")

    def leaves_and_returns(self, player: int) -> None:
        self.players[player].types("quit", "1")
        self.house.advance(_BETWEEN_MENUS)

    # What goes wrong

    def saves(self) -> None:
        if self.house.current is not None:
            self.house.saves()

    def kills(self) -> None:
        if self.house.current is not None:
            self.house.dies()

    def begins(self) -> None:
        if self.house.current is None:
            self.house.begins()

    def crashes(self, part: str) -> None:
        if self.house.current is not None:
            self.house.crashes(part)
            self._notices_the_end()

    def _notices_the_end(self) -> None:
        """So many crashes in a moment are too many for the world: it gives up, and its launcher sees that."""
        root = self.house.system.find("/world")
        if root is None or root.cell.state is not CellState.RUNNING:
            self.house.advance(FAREWELL)
            self.house.dies()

    def gateway_link_crashes(self) -> None:
        ref = self.house.system.find("/gateway/link")
        assert ref is not None
        ref.cell.kill()
        self.house.settle()

    def cuts(self) -> None:
        link = self.house.link
        for identity in [one for one, dealer in link.dealers.items() if dealer.is_connected]:
            link.cut(identity)
        self.house.settle()

    def loses(self) -> None:
        for identity in list(self.house.link.dealers):
            self.house.link.lose(identity)

    def doubles(self) -> None:
        for identity in list(self.house.link.dealers):
            self.house.link.double(identity)

    def waits(self, seconds: float) -> None:
        self.house.advance(seconds)
        if self.house.current is not None:
            self._notices_the_end()

    # The end

    def ends_well(self) -> None:
        self.begins()
        self.house.advance(LONG_SECONDS)
        for player in (0, 1):
            self.says(player)
        self.house.advance(LONG_SECONDS)
        self.everybody_has_read_the_answers()
        self.ann_is_where_her_lines_lead()
        self.everything_is_there_once()

    def everybody_has_read_the_answers(self) -> None:
        for client, said in zip(self.players, self.said, strict=True):
            assert [line for line in client.lines if line.startswith("You say")] == said

    def ann_is_where_her_lines_lead(self) -> None:
        ann = self.house.half.system.registry.whereis("character:ann")
        assert ann is not None
        state = ann.cell.good_state
        assert isinstance(state, Character.State)
        expected = self.expected
        assert (state.room, len(state.things)) == (f"room:{home_of(expected.room)}", expected.held)
        assert state.coins == expected.purse

    def everything_is_there_once(self) -> None:
        holders = [cell.good_state for cell in self.house.half.around.cells()]
        assert sum(getattr(holder, "coins", 0) for holder in holders) == 2 * PURSE, "no coin is made or lost"
        things = [thing.id for holder in holders for thing in getattr(holder, "things", ())]
        assert len(set(things)) == len(things), "nothing is there twice"
        assert len(things) == THINGS, "nothing is lost"


def home_of(room: str) -> str:
    return "harbour/quay" if room == "quay" else "town/market"


_LINES = st.sampled_from(["get lantern", "drop lantern", "drop 3 coins", "get coins", "east", "west"])
_PLAYERS = st.sampled_from([0, 1])
_STEPS: st.SearchStrategy[tuple[str, *tuple[object, ...]]] = st.one_of(
    st.tuples(st.just("types"), _LINES),
    st.tuples(st.just("says"), _PLAYERS),
    st.tuples(st.just("leaves_and_returns"), _PLAYERS),
    st.tuples(st.just("crashes"), st.sampled_from(["link", "desk", "keeper", "characters", "sessions"])),
    st.tuples(st.just("waits"), st.sampled_from([0.06, 0.2, 1.0, 5.0])),
    st.sampled_from(
        [("saves",), ("kills",), ("begins",), ("gateway_link_crashes",), ("cuts",), ("loses",), ("doubles",)]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, max_size=25))
# The link is not up when the sessions are torn out of the world: it learns of it when it comes.
@example([("crashes", "link"), ("crashes", "link"), ("crashes", "sessions")])
@example([("crashes", "sessions"), ("crashes", "sessions"), ("crashes", "characters")])
@example(
    [("crashes", "sessions"), ("crashes", "sessions"), ("crashes", "characters"), ("crashes", "characters")]
)
def test_no_order_of_faults_loses_a_line_or_runs_one_twice(
    steps: Sequence[tuple[str, *tuple[object, ...]]],
) -> None:
    with House() as house:
        story = Story(house)
        for name, *arguments in steps:
            getattr(story, name)(*arguments)
        story.ends_well()


# A world that is never at rest --------------------------------------------------------------------------


class Hop(Message, frozen=True):
    """From one hopper to another and back, so often: everybody else has a turn each time."""

    other: Ref
    turns: int
    then: Callable[[], None]
    until: Callable[[], bool] = lambda: True


class Hopper(Actor):
    """Does something after so many turns of everybody, counted from when something holds."""

    @on(Hop)
    def hop(self, ctx: Context, hop: Hop) -> None:
        if not hop.until():
            ctx.tell(hop.other, Hop(ctx.ref, hop.turns, hop.then, hop.until))
        elif hop.turns:
            ctx.tell(hop.other, Hop(ctx.ref, hop.turns - 1, hop.then))
        else:
            hop.then()


def _cut_in_the_middle(house: House, typed: Sequence[tuple[Client, str]], before: int, after: int) -> None:
    """All type at once; some turns after the first line has come to the world a checkpoint begins, and after
    some more it can wait no longer."""
    half = house.half
    keeper, streams = half.ref("keeper"), half.link.streams
    hopper, other = half.system.spawn(Hopper), half.system.spawn(Hopper)
    answer: list[Future[None]] = []

    def is_busy() -> bool:
        return any(one.inbox.received > one.inbox.applied for one in streams)

    def begin() -> None:
        answer.append(keeper.ask(SaveNow(), block=False))
        hopper.tell(Hop(other, after, cut))

    def cut() -> None:
        instance = keeper.cell.instance
        assert isinstance(instance, WorldKeeper)
        keeper.tell(Overdue(instance._attempt))

    for client, line in typed:
        client.types_unseen(line)
    hopper.tell(Hop(other, before, begin, is_busy))
    house.settle()
    answer[0].get(timeout=1)


_HANDS = st.sampled_from(
    [
        "get lantern",
        "get all",
        "drop all",
        "give lantern to ann",
        "give lantern to bob",
        "give 5 coins to bob",
        "give coin to ann",
        "drop 3 coins",
        "get coins",
        "east",
        "west",
        "say x",
    ]
)
_ROUNDS = st.tuples(
    st.lists(st.tuples(_PLAYERS, _HANDS), min_size=1, max_size=6),
    st.integers(0, 8),
    st.integers(0, 12),
    st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_ROUNDS, min_size=1, max_size=4))
def test_a_world_that_is_cut_where_it_stands_loses_and_doubles_nothing(
    rounds: Sequence[tuple[Sequence[tuple[int, str]], int, int, bool]],
) -> None:
    with House() as house:
        story = Story(house)
        for lines, before, after, is_killed in rounds:
            typed = [(story.players[player], line) for player, line in lines]
            _cut_in_the_middle(house, typed, before, after)
            for player, line in lines:
                if line == "say x":
                    story.said[player].append("You say, “x”")
            if is_killed:
                house.restarts()
        house.advance(LONG_SECONDS)

        story.everybody_has_read_the_answers()
        story.everything_is_there_once()

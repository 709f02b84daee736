"""A page that sends again what it is not sure of, while network, gateway and world die around it: each of its
lines is run once and in order, by real actors in virtual time.

`Page` is what `transports/web/static` does, in a few lines: it keeps its lines until they are done, comes
again by its token or by the next one, whose secret it has made, and sends again what comes after `taken`,
under the same numbers.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.gateway.link_sessions import SAVED_SECONDS
from actors.world.character import Character
from tests.actors.gateway_kit import Client
from tests.actors.test_world_faults import THINGS, Expected, home_of
from tests.actors.world_kit import House

pytestmark = pytest.mark.slow

# Of virtual time: for parts to be restarted, and for a gateway to ask again.
LONG_SECONDS = 30.0
# For a token to be written.
TOKEN_SECONDS = 0.5


class Page:
    """One player's page, over all its connections."""

    def __init__(self, house: House, client: Client) -> None:
        self.kept: list[tuple[int, str]] = []
        self._house = house
        self._client: Client | None = client
        self._number = 1000
        self._token = ""
        # The secret of the token after that, as far as it has been said.
        self._next = ""
        self._may_be_used = False
        self._seen = 0
        self._is_heard = True
        self._read = 0
        # The first one is given when it is durable; who is cut off before has to log in.
        house.advance(TOKEN_SECONDS)
        self.hears()
        assert self._token

    @property
    def is_here(self) -> bool:
        return self._client is not None and self._client.is_open

    def types(self, line: str, *, in_haste: bool = False) -> None:
        self._number += 1
        self.kept.append((self._number, line))
        if self._client is None or not self.is_here or not self._is_heard:
            return
        if in_haste:
            self._client.numbers_unseen(self._number, line)
        else:
            self._sends((self._number, line))

    def is_cut(self) -> None:
        if self._client is not None:
            self._client.hangs_up()

    def comes_again(self) -> None:
        if self.is_here:
            return
        self._client, self._read, self._is_heard = self._house.client("websocket"), 0, False
        self._shows_token()

    def _shows_token(self) -> None:
        assert self._client is not None
        self._may_be_used = bool(self._next)
        self._next = self._next or secrets.token_urlsafe(32)
        shown = {"token": self._token, "seen": self._seen, "next": self._next}
        self._client.sends_data("session.resume", shown)
        self.hears()

    def _is_refused(self, reason: str, *, again: bool) -> None:
        if again:
            self.is_cut()
        else:
            assert (reason, self._may_be_used) == ("already_used", True)
            self._token, self._next = self._token[:12] + self._next, ""
            self._shows_token()

    def hears(self) -> None:
        """Take in what the server has said."""
        while self._client is not None and self._read < len(self._client.data):
            package, value = self._client.data[self._read]
            self._read += 1
            match package, value:
                case "session.token", Mapping():
                    self._token, self._next = value["token"], ""
                case "session.seq", int():
                    self._seen = value
                    self._client.sends_data("session.seen", value)
                case "session.done", int():
                    self.kept = [line for line in self.kept if line[0] > value]
                case "session.taken", int():
                    self._is_heard = True
                    self._sends(*(line for line in self.kept if line[0] > value))
                case "session.again", _:
                    self.is_cut()
                case "session.resume-failed", Mapping():
                    self._is_refused(value["reason"], again=value["again"])

    def _sends(self, *lines: tuple[int, str]) -> None:
        assert self._client is not None
        for number, line in lines:
            self._client.numbers(number, line)


class Story:
    """One run."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.page = Page(house, house.signs_up("Ann", "websocket"))
        self.expected = Expected()
        self.has_gateway = True

    def types(self, line: str) -> None:
        self.page.types(line)
        self.expected.performs(line)

    def types_in_haste(self, line: str, turns: int) -> None:
        """What comes next comes before the line has gone far."""
        self.page.types(line, in_haste=True)
        self.expected.performs(line)
        for _ in range(turns):
            self.house.works_a_little()

    def is_cut(self) -> None:
        self.page.is_cut()

    def comes_again(self) -> None:
        if self.has_gateway:
            self.page.comes_again()

    def saves(self) -> None:
        if self.house.current is not None:
            self.house.saves()

    def kills_world(self) -> None:
        if self.house.current is not None:
            self.house.dies()

    def begins_world(self) -> None:
        if self.house.current is None:
            self.house.begins()

    def kills_gateway(self) -> None:
        if self.has_gateway:
            self.has_gateway = False
            self.house.gateway_dies()

    def begins_gateway(self) -> None:
        if not self.has_gateway:
            self.has_gateway = True
            self.house.gateway_begins()

    def restarts_world(self) -> None:
        self.kills_world()
        self.begins_world()

    def restarts_gateway(self) -> None:
        self.kills_gateway()
        self.begins_gateway()
        self.page.comes_again()

    def waits(self, seconds: float) -> None:
        self.house.advance(seconds)

    def ends_well(self) -> None:
        self.begins_world()
        self.begins_gateway()
        for _ in range(3):
            self.house.advance(LONG_SECONDS)
            self.page.hears()
            self.page.comes_again()
        self.house.saves()
        self.house.advance(3 * SAVED_SECONDS)
        self.page.hears()
        assert self.page.kept == []
        ann = self.house.half.system.registry.whereis("character:ann")
        assert ann is not None
        state = ann.cell.good_state
        assert isinstance(state, Character.State)
        assert (state.room, len(state.things)) == (f"room:{home_of(self.expected.room)}", self.expected.held)
        holders = (cell.good_state for cell in self.house.half.around.cells())
        assert len([thing for one in holders for thing in getattr(one, "things", ())]) == THINGS


_LINES = st.sampled_from(["get lantern", "drop lantern", "east", "west"])
_STEPS: st.SearchStrategy[tuple[str, *tuple[object, ...]]] = st.one_of(
    st.tuples(st.just("types"), _LINES),
    st.tuples(st.just("types_in_haste"), _LINES, st.integers(0, 3)),
    st.tuples(st.just("waits"), st.sampled_from([0.02, 0.2, 1.0, 5.0])),
    st.sampled_from([("is_cut",), ("comes_again",), ("saves",)]),
    # The deaths that matter follow each other closely, and somebody is there in between.
    st.sampled_from([("restarts_world",), ("restarts_gateway",)]),
    st.sampled_from([("kills_world",), ("begins_world",), ("kills_gateway",), ("begins_gateway",)]),
)


_GONE_BEFORE_ITS_TOKEN: list[tuple[str, *tuple[object, ...]]] = [
    ("is_cut",),
    ("comes_again",),
    ("types", "get lantern"),
    ("is_cut",),
    ("comes_again",),
    ("types", "drop lantern"),
    ("is_cut",),
]


@example(_GONE_BEFORE_ITS_TOKEN)
@example([*_GONE_BEFORE_ITS_TOKEN, ("comes_again",), ("kills_gateway",), ("begins_gateway",)])
@settings(max_examples=40, deadline=None)
@given(st.lists(_STEPS, max_size=25))
# Both die over a line that neither has saved: chance seldom finds that.
@example([("types", "get lantern"), ("restarts_gateway",), ("restarts_world",)])
@example(
    [("saves",), ("types", "get lantern"), ("types", "east"), ("restarts_gateway",), ("restarts_world",)]
)
def test_whatever_dies_each_line_of_a_page_is_run_once_and_in_order(
    steps: Sequence[tuple[str, *tuple[object, ...]]],
) -> None:
    with House() as house:
        story = Story(house)
        for name, *arguments in steps:
            getattr(story, name)(*arguments)
            story.page.hears()
        story.ends_well()


def test_a_gateway_that_dies_before_it_has_written_who_plays_asks_for_the_character_again_and_no_more() -> (
    None
):
    with House() as house:
        player = house.signs_up("Ann", "websocket")
        player.types("quit")
        house.saves()
        house.advance(TOKEN_SECONDS)
        given = [value for package, value in player.data if package == "session.token"][-1]
        assert isinstance(given, Mapping)
        lines = ["get lantern", "say hello"]
        player.types("1").numbers(100, *lines)
        assert player.saw("You say, “hello”")

        house.gateway_dies()
        house.gateway_begins()
        again = house.client("websocket").sends_data("session.resume", {"token": given["token"], "seen": 0})
        assert again.prompt == "Which one? "
        again.types("1").numbers(100, *lines)
        again.numbers(102, "inventory")

        assert again.saw("a brass lantern"), "it has one"
        assert not again.saw("two brass lanterns")
        assert not again.saw("You say, “hello”"), "nothing is run twice"
        assert len(house.sessions()) == 1

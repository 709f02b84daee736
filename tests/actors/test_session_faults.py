"""Clients come and go, gateway and world are killed and stopped, in every order that a machine finds: each
line is run once, and each player has read everything once, over all its connections.

Between two faults a tenth of a second passes, in which the last confirmations travel, and what both processes
would lose together is saved before a gateway dies, or before a world does while somebody is away:
`docs/architecture.md` says what is lost or shown twice otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.actors.gateway_kit import PASSWORD, Client
from tests.actors.world_kit import House

pytestmark = pytest.mark.slow

NAMES = ("Ann", "Bob")
_A_MOMENT = 0.5
_LONG = 20.0


class History:
    """Two players in one room, who say words and hear each other."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.clients: dict[str, list[Client]] = {name: [house.signs_up(name)] for name in NAMES}
        self.said: dict[str, list[str]] = {name: [] for name in NAMES}
        # Of those who have come to log in, what they have said since.
        self.said_at_door: dict[Client, list[str]] = {}
        self.is_gateway_there = True
        for client in self._newest():
            client.forgets()
        house.advance(_A_MOMENT)

    def _newest(self) -> list[Client]:
        return [clients[-1] for clients in self.clients.values()]

    def does(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        getattr(self, name)(*arguments)
        self.house.advance(_A_MOMENT)

    # What happens

    def says(self, who: str) -> None:
        client = self.clients[who][-1]
        if client.is_open:
            word = f"{who}{len(self.said[who])}"
            self.said[who].append(word)
            self.said_at_door.get(client, []).append(word)
            client.types(f"say {word}")

    def hangs_up(self, who: str) -> None:
        client = self.clients[who][-1]
        if client.is_open:
            if client in self.said_at_door and not any(line.startswith("Welcome") for line in client.lines):
                # Nobody knows yet whose words these are: they go with the connection.
                self.said[who] = [word for word in self.said[who] if word not in self.said_at_door[client]]
            client.hangs_up()

    def comes_back(self, who: str) -> None:
        if self.is_gateway_there and not self.clients[who][-1].is_open:
            self._comes(who)

    def takes_over(self, who: str) -> None:
        if self.is_gateway_there:
            self._comes(who)

    def _comes(self, who: str) -> None:
        client = self.house.client().types(who, PASSWORD, "1")
        self.clients[who].append(client)
        self.said_at_door[client] = []

    def gateway_goes(self, *, is_killed: bool) -> None:
        if self.is_gateway_there and self.house.current is not None:
            self.house.saves()
            self.house.advance(_A_MOMENT)
            (self.house.gateway_dies if is_killed else self.house.gateway_stops)()
            self.is_gateway_there = False

    def gateway_comes(self) -> None:
        if not self.is_gateway_there:
            self.house.gateway_begins()
            self.is_gateway_there = True

    def world_goes(self) -> None:
        if self.house.current is not None:
            is_somebody_away = not all(client.is_open for client in self._newest())
            if is_somebody_away or not self.is_gateway_there:
                self.house.saves()
            self.house.dies()

    def world_comes(self) -> None:
        if self.house.current is None:
            self.house.begins()

    # The end

    def ends_well(self) -> None:
        self.world_comes()
        self.gateway_comes()
        self.house.advance(_LONG)
        for who in NAMES:
            self.comes_back(who)
        self.house.advance(_LONG)
        for who in NAMES:
            self.says(who)
        self.house.advance(_LONG)
        assert len(self.house.sessions()) == len(NAMES)
        for who, other in (NAMES, NAMES[::-1]):
            assert self._read(who, "You say") == self.said[who]
            assert self._read(who, f"{other} says") == self.said[other]

    def _read(self, who: str, beginning: str) -> list[str]:
        lines = [line for client in self.clients[who] for line in client.lines]
        return [line.partition("“")[2].rstrip("”") for line in lines if line.startswith(beginning)]


who = st.sampled_from(NAMES)
STEPS = st.one_of(
    st.tuples(st.just("says"), who),
    st.tuples(st.just("says"), who),
    st.tuples(st.just("hangs_up"), who),
    st.tuples(st.just("comes_back"), who),
    st.tuples(st.just("takes_over"), who),
    st.sampled_from([("world_goes",), ("world_comes",), ("gateway_comes",)]),
    st.sampled_from([("gateway_dies",), ("gateway_stops",)]),
)


# Bob had heard what a new world lets Ann say again.
@example([("says", "Ann"), ("hangs_up", "Bob"), ("world_goes",), ("world_comes",), ("gateway_dies",)])
# Bob is away for two lives of the gateway.
@example([("gateway_dies",), ("gateway_comes",), ("comes_back", "Ann"), ("says", "Ann"), ("gateway_dies",)])
# Ann gives up waiting for a world that is to let her in.
@example([("hangs_up", "Ann"), ("world_goes",), ("comes_back", "Ann"), ("says", "Ann"), ("hangs_up", "Ann")])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=14))
def test_no_order_of_comings_and_goings_loses_or_doubles_what_is_said(steps: list[tuple[Any, ...]]) -> None:
    with House() as house:
        history = History(house)
        for step in steps:
            match step:
                case ("gateway_dies",):
                    history.gateway_goes(is_killed=True)
                case ("gateway_stops",):
                    history.gateway_goes(is_killed=False)
                case _:
                    history.does(step)
        history.ends_well()


def test_what_somebody_away_has_missed_outlasts_the_world_and_then_the_gateway() -> None:
    with House() as house:
        history = History(house)
        history.does(("hangs_up", "Bob"))
        history.does(("says", "Ann"))
        house.saves()
        house.advance(_A_MOMENT)
        # After the checkpoint: the dead world has given a number more than the next one knows of.
        history.does(("says", "Ann"))
        house.dies()
        house.begins()
        history.gateway_goes(is_killed=True)

        history.ends_well()

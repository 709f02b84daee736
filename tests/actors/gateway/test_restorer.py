"""A gateway that was killed, or stopped, begins again with the sessions it had; nothing they missed is
lost."""

import re
from itertools import product

import pytest

from actors.gateway.messages.book import BookStatus, DescribeBook
from actors.gateway.restorer import name_of
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId
from actors.gateway.session_states import SessionState
from tests.actors.gateway.test_coming_back import data_of
from tests.actors.gateway_kit import PASSWORD, Client, GatewayBench
from transports.link.protocol import TextOutput


def playing(gateway: GatewayBench, account: str = "Ann") -> str:
    """Somebody plays, and is written down; the code to come back with."""
    player = gateway.client().logs_in(account)
    gateway.advance(1)
    return code_of(player)


def code_of(player: Client) -> str:
    found: list[str] = re.findall(r"“reconnect (\S+)”", "\n".join(player.lines))
    return found[-1]


@pytest.mark.parametrize("end", [GatewayBench.gateway_dies, GatewayBench.gateway_stops])
def test_a_session_outlasts_the_end_of_its_gateway(end: object) -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        code = playing(gateway)
        assert callable(end)
        end(gateway)

        gateway.gateway_begins()

        name = name_of(SessionId(7 << 32 | 1))
        assert gateway.sessions() == [name]
        record = gateway.record_of(name)
        assert (record.state, record.left) == (SessionState.DISCONNECTED, SessionState.PLAYING)
        assert world.closed == []
        assert world.away == set(world.places)
        again = gateway.client().types(f"reconnect {code}", "look")
        assert again.saw("You are back")
        assert again.saw("Brand does look.")


def test_what_a_killed_gateway_had_shown_to_nobody_is_shown_after_it() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        code = playing(gateway)
        world.tells(TextOutput("Seen."))
        gateway.advance(1)
        gateway._clients[0].hangs_up()
        world.tells(TextOutput("Arrived at the first gateway."))
        gateway.advance(1)
        gateway.gateway_dies()
        world.tells(TextOutput("Said while there was none."))

        gateway.gateway_begins()
        again = gateway.client().types(f"reconnect {code}")

        assert [line for line in again.lines if line.endswith(("Seen.", "gateway.", "none."))] == [
            "Arrived at the first gateway.",
            "Said while there was none.",
        ]


class Reader:
    """A page that reads "One" and "Two", says nothing of it, and misses "Three" as its gateway is killed."""

    def __init__(self, gateway: GatewayBench) -> None:
        self._gateway = gateway
        self.world = gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        (session,) = self.world.places
        for text in ("One.", "Two."):
            self.world.shows(session, TextOutput(text))
            gateway.settle()
        self._token = data_of(page, "session.token")[-1]["token"]
        self._seen = data_of(page, "session.seq")[-1]
        gateway.gateway_dies()
        self.world.shows(session, TextOutput("Three."))

    def comes_back(self) -> Client:
        page = self._gateway.client("websocket").forgets()
        return page.sends_data("session.resume", {"token": self._token, "seen": self._seen})


def read_by(page: Client) -> list[str]:
    return [line for line in page.lines if line in ("One.", "Two.", "Three.")]


def test_of_what_the_world_sends_a_new_gateway_a_page_is_shown_only_what_is_not_on_it() -> None:
    with GatewayBench() as gateway:
        reader = Reader(gateway)
        gateway.gateway_begins()

        assert read_by(reader.comes_back()) == ["Three."]


def test_where_the_world_died_as_well_a_page_is_rather_shown_something_twice_than_never() -> None:
    with GatewayBench() as gateway:
        reader = Reader(gateway)
        reader.world.saves()
        gateway.kills_world()
        gateway.gateway_begins()
        page = reader.comes_back()

        gateway.starts_world(remembering=reader.world)

        assert read_by(page) == ["One.", "Two.", "Three."]


def test_what_nobody_has_seen_outlasts_more_than_one_gateway() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        code = playing(gateway)
        gateway.gateway_dies()
        gateway.gateway_begins()
        world.tells(TextOutput("Said to the second gateway."))
        gateway.advance(1)
        gateway.gateway_dies()

        gateway.gateway_begins()

        assert gateway.client().types(f"reconnect {code}").saw("Said to the second gateway.")


def test_commands_go_on_after_those_of_the_life_before() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.client().logs_in()
        gateway.advance(1)
        player.types("one", "two", "three")
        gateway.gateway_dies()

        gateway.gateway_begins()
        gateway.client().types("ann", PASSWORD, "1", "four")

        assert world.ran_by("Brand") == ["one", "two", "three", "four"]
        assert len(world.places) == 1


def test_the_time_to_come_back_begins_anew_with_the_gateway() -> None:
    with GatewayBench(session=SessionOptions(link_dead_seconds=60)) as gateway:
        world = gateway.starts_world()
        playing(gateway)
        gateway.gateway_dies()
        gateway.advance(300)
        gateway.gateway_begins()

        gateway.advance(50)
        assert len(gateway.sessions()) == 1
        gateway.advance(20)

        assert gateway.sessions() == []
        assert len(world.closed) == 1


def test_a_database_that_is_away_keeps_nobody_out_and_the_sessions_come_when_it_answers() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        code = playing(gateway)
        gateway.gateway_dies()
        gateway.session_vault.away = "it rests"
        gateway.gateway_begins()
        gateway.advance(5)
        assert gateway.client().logs_in("Bob").types("look").saw("Cora does look.")
        assert len(gateway.sessions()) == 1

        gateway.session_vault.away = ""
        gateway.advance(10)

        assert len(gateway.sessions()) == 2
        assert gateway.client().types(f"reconnect {code}", "look").saw("Brand does look.")


def test_a_session_that_the_world_has_forgotten_meanwhile_comes_back_into_it() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        code = playing(gateway)
        gateway.gateway_dies()
        gateway.kills_world()
        world = gateway.starts_world()

        gateway.gateway_begins()
        again = gateway.client().types(f"reconnect {code}", "look")

        assert again.saw("Brand does look.")
        assert world.ran_by("Brand") == ["look"]


def test_a_client_that_comes_back_before_the_world_does_has_its_lines_kept() -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        code = playing(gateway)
        first.saves()
        gateway.settle()
        gateway.gateway_dies()
        gateway.kills_world()
        gateway.gateway_begins()
        again = gateway.client().types(f"reconnect {code}", "one", "two")
        assert again.saw("The world holds its breath.")

        world = gateway.starts_world(remembering=first)

        assert world.ran_by("Brand") == ["one", "two"]


@pytest.mark.slow
def test_a_thousand_sessions_are_back_before_the_doors_open() -> None:
    with GatewayBench(max_sessions=2000) as gateway:
        gateway.starts_world()
        # Names have letters only.
        for name in map("".join, product("X", "abcdefghij", "abcdefghij", "klmnopqrst")):
            gateway.table.add(name, PASSWORD)
            gateway.client().types(name, PASSWORD)
        gateway.advance(1)
        gateway.gateway_dies()

        gateway.gateway_begins()

        assert len(gateway.sessions()) == 1000
        status = gateway.ask("session_book", DescribeBook())
        assert isinstance(status, BookStatus)
        assert status.restored == 0
        assert status.by_state["disconnected"] == 1000

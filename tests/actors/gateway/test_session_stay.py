"""A session without a client, and one whose player does nothing."""

import pytest

from actors.gateway.session_options import SessionOptions
from actors.gateway.session_states import SessionState
from tests.actors.gateway_kit import PASSWORD, GatewayBench
from transports.link.protocol import TextOutput

# Without a client


def test_a_character_stays_in_the_world_when_its_client_is_gone_and_the_world_knows() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()

        gateway.playing().hangs_up()

        record = gateway.record_of()
        assert (record.state, record.left) == (SessionState.DISCONNECTED, SessionState.PLAYING)
        assert world.away == set(world.places)
        assert world.closed == []


def test_what_a_client_typed_before_it_hung_up_is_still_run() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        world.performs = False

        player.types("drop sword", "say bye").hangs_up()
        world.goes_on()
        gateway.settle()

        assert world.ran_by("Brand") == ["drop sword", "say bye"]
        assert gateway.record_of().state is SessionState.DISCONNECTED


def test_a_client_that_does_not_come_back_in_time_has_left_the_world() -> None:
    with GatewayBench(session=SessionOptions(link_dead_seconds=900)) as gateway:
        world = gateway.starts_world()
        gateway.playing().hangs_up()

        gateway.advance(890)
        assert len(gateway.sessions()) == 1
        gateway.advance(20)

        assert gateway.sessions() == []
        assert len(world.closed) == 1


def test_who_was_at_the_menu_may_come_back_to_it_for_as_long() -> None:
    with GatewayBench(session=SessionOptions(link_dead_seconds=900)) as gateway:
        world = gateway.starts_world()
        gateway.client().types("ann", PASSWORD).hangs_up()

        record = gateway.record_of()
        assert (record.state, record.left) == (SessionState.DISCONNECTED, SessionState.CHARACTER_SELECTION)
        assert world.away == set()
        gateway.advance(910)
        assert gateway.sessions() == []


def test_a_character_that_was_chosen_by_a_client_which_is_gone_waits_for_it_in_the_world() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.client().types("ann", PASSWORD)
        world.answers = False
        player.types("1").hangs_up()

        world.goes_on()
        gateway.settle()

        record = gateway.record_of()
        assert (record.state, record.left) == (SessionState.DISCONNECTED, SessionState.PLAYING)
        assert world.away == set(world.places)


def test_a_world_that_began_anew_is_told_again_that_nobody_looks() -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        gateway.playing().hangs_up()
        first.saves()
        gateway.settle()
        gateway.kills_world()

        world = gateway.starts_world(remembering=first)

        assert world.away == set(world.places)


def test_a_character_that_a_new_world_has_forgotten_comes_back_without_its_client() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        gateway.playing().types("one").hangs_up()
        gateway.kills_world()

        world = gateway.starts_world()

        assert world.ran_by("Brand") == ["one"]
        assert world.away == set(world.places)


def test_the_world_keeps_what_nobody_has_seen() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("look")
        (session,) = world.places
        gateway.advance(1)
        assert world.places[session].tail.unacked == 0

        player.hangs_up()
        world.tells(TextOutput("A bell rings."), session)
        gateway.advance(1)

        assert world.places[session].tail.unacked == 1


# Idleness


def test_a_login_that_takes_too_long_is_closed_with_a_word() -> None:
    with GatewayBench(session=SessionOptions(login_timeout_seconds=60)) as gateway:
        gateway.starts_world()
        player = gateway.client()
        for _ in range(5):
            gateway.advance(11)
            player.types("help")
        assert player.is_open

        gateway.advance(6)

        assert player.saw("at the door for a long time")
        assert player.closed_for == "idle"


def test_who_waits_for_an_absent_world_is_not_idle() -> None:
    with GatewayBench(session=SessionOptions(login_timeout_seconds=60)) as gateway:
        player = gateway.client().types("ann", PASSWORD)

        gateway.advance(300)

        assert player.is_open
        gateway.starts_world()
        assert player.saw("Welcome, Ann!")


def test_a_player_who_does_nothing_for_long_is_let_go_and_one_who_does_is_not() -> None:
    with GatewayBench(session=SessionOptions(playing_idle_seconds=100)) as gateway:
        gateway.starts_world()
        idle, busy = gateway.playing("Ann"), gateway.playing("Bob")

        for _ in range(3):
            gateway.advance(40)
            busy.types("look")

        assert idle.closed_for == "idle"
        assert busy.is_open


@pytest.mark.parametrize("protocol", ["telnet", "websocket"])
def test_a_line_counts_as_activity_on_every_protocol_and_so_does_what_a_program_says_for_its_player(
    protocol: str,
) -> None:
    with GatewayBench(session=SessionOptions(playing_idle_seconds=100)) as gateway:
        gateway.starts_world()
        gateway.table.add("Cid", PASSWORD, "Dora")
        idle, types, keeps_alive = (gateway.playing(name, protocol) for name in ("Ann", "Bob", "Cid"))

        for _ in range(3):
            gateway.advance(40)
            idle.sends_data("Core.Ping")
            types.types("look")
            keeps_alive.sends_data("Core.KeepAlive")

        assert [player.is_open for player in (idle, types, keeps_alive)] == [False, True, True]


def test_who_chooses_no_character_for_long_is_let_go_and_one_who_says_something_is_not() -> None:
    with GatewayBench(session=SessionOptions(selection_idle_seconds=100)) as gateway:
        gateway.starts_world()
        idle, busy = (gateway.client().types(name, PASSWORD) for name in ("ann", "bob"))

        for _ in range(3):
            gateway.advance(40)
            busy.types("list")

        assert idle.closed_for == "idle"
        assert busy.is_open

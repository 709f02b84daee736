"""A player comes, talks and goes, and a session crashes over it: through real actors in virtual time."""

import logging
from typing import cast

import pytest

from actors.gateway.messages.client import Speak
from actors.gateway.messages.link import Incoming
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_states import SessionState
from actors.rendering import Delivery
from supervisors import LogEvent
from tests.actors.gateway_kit import PASSWORD, Client, GatewayBench
from transports.adapter import Capabilities, Colour, Rendering
from transports.link.protocol import DisconnectReason, DisconnectSession, Performed, TextOutput

PROTOCOLS = ["telnet", "websocket"]


# Coming in


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_player_logs_in_and_plays(protocol: str) -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.client(protocol)
        assert player.saw("Wyld Actors")

        player.types("ann", PASSWORD, "1").types("look")

        assert player.saw("Welcome, Ann!")
        assert player.saw("Brand does look.")
        assert player.prompt == "1> "
        assert world.ran == [("Brand", "look")]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_new_player_makes_an_account_and_a_character(protocol: str) -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()

        gateway.client(protocol).types("new", "eve", PASSWORD, PASSWORD, "Evita", "sailor", "look")

        assert world.ran == [("Evita", "look")]


def test_a_password_is_typed_unseen() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client()

        assert player.types("ann").echoes is False
        assert player.types(PASSWORD).echoes is True
        assert not player.saw(PASSWORD)


def test_a_wrong_password_is_said_and_the_third_closes_the_client() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client().types("ann", "wrong")
        assert player.saw("do not match")
        assert player.is_open

        player.types("ann", "wrong", "ann", "wrong")

        assert player.saw("one wrong password too many")
        assert player.closed_for == "quit"
        assert gateway.sessions() == []


def test_a_taken_account_name_is_said() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()

        player = gateway.client().types("new", "ann", PASSWORD, PASSWORD)

        assert player.saw("That name is taken")


def test_the_states_of_a_session_follow_the_player() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client()
        states = [gateway.record_of().state]
        for lines in (["ann", PASSWORD], ["1"], ["quit"]):
            player.types(*lines)
            states.append(gateway.record_of().state)

        assert states == [
            SessionState.AUTHENTICATING,
            SessionState.CHARACTER_SELECTION,
            SessionState.PLAYING,
            SessionState.CHARACTER_SELECTION,
        ]


def test_a_session_knows_who_it_is_and_from_where() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing()
        gateway.advance(5)
        player.types("look").changes(
            Capabilities(Rendering("telnet", Colour.ANSI256, "utf-8"), terminal="XTERM", columns=132)
        )

        record = gateway.record_of()

        assert record.account is not None
        assert record.character is not None
        assert (record.account.name, record.character.name) == ("Ann", "Brand")
        assert record.peer == player.peer
        assert record.touched_at == gateway.system.now()
        assert (record.metadata.terminal, record.metadata.columns) == ("XTERM", 132)
        assert (record.metadata.colour, record.metadata.charset) == ("ansi256", "utf-8")


# Going out


def test_quit_leads_to_character_selection_and_then_out() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("quit")
        assert player.saw("You fall asleep.")
        assert player.saw("Your characters:")
        assert player.is_open

        player.types("quit")

        assert player.saw("Farewell")
        assert player.closed_for == "quit"
        assert gateway.sessions() == []
        assert len(world.closed) == 1


def test_lines_typed_ahead_of_a_quit_are_for_the_menu() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()

        player = gateway.playing().types("look", "quit", "1", "dance")

        assert world.ran_by("Brand") == ["look", "quit", "dance"]
        assert player.is_open


def test_a_client_that_hangs_up_before_it_has_logged_in_is_forgotten() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()

        gateway.client().types("ann").hangs_up()

        assert gateway.sessions() == []


def test_a_player_who_has_quit_and_hung_up_is_out_of_the_world_and_forgotten() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        world.performs = False
        player.types("quit").hangs_up()

        world.goes_on()
        gateway.settle()

        assert world.ran_by("Brand") == ["quit"]
        assert len(world.closed) == 1
        assert gateway.sessions() == []


def test_the_world_can_send_a_player_away() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()

        (session,) = world.places
        out = DisconnectSession(DisconnectReason.KICKED, "Out!")
        world.shows(session, TextOutput("A shadow falls."), out)
        gateway.settle()

        assert player.lines == ["A shadow falls.", "Out!"]
        assert player.closed_for == "kicked"
        assert gateway.sessions() == []


# Crashes


def poison() -> Incoming:
    return Incoming([Delivery(Performed(99, ""))], 1)


def test_a_session_that_crashes_leaves_the_connection_with_one_line_of_story() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("one").forgets()

        gateway.crash("sessions/1", poison())

        assert len(player.lines) == 1
        assert player.saw("Everything swims before your eyes")
        player.types("two")
        assert world.ran_by("Brand") == ["one", "two"]
        assert player.saw("Brand does two.")


def test_a_session_that_crashes_tells_its_program_anew_how_the_world_is() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing(protocol="websocket")

        gateway.crash("sessions/1", poison())

        assert player.data[-1] == ("status", {"world": "up"})


def test_lines_accepted_before_a_crash_of_the_session_are_run_once() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        world.performs = False
        player.types("one", "two")

        gateway.crash("sessions/1", poison())
        player.types("three")
        world.goes_on()
        gateway.settle()

        assert world.ran_by("Brand") == ["one", "two", "three"]


def test_a_crash_in_the_middle_of_a_login_goes_on_at_the_same_question() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client().types("ann")

        gateway.crash("sessions/1", poison())

        assert player.types(PASSWORD).saw("Welcome, Ann!")


def test_the_restart_log_says_whose_session_or_connection_crashed() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing()
        gateway.crash("sessions/1", poison())
        gateway.crash("connections/1", Speak(cast(str, b"no text")))

        crashed = [one for one in gateway.log.recent() if one.event is LogEvent.CHILD_TERMINATED]
        who = {
            "players": 1,
            "names": ["Brand"],
            "sessions": [7 << 32 | 1],
            "peer": player.peer,
            "protocol": "telnet",
            "state": "playing",
        }
        assert [(one.path, one.affected) for one in crashed] == [
            ("/gateway/sessions/1", who),
            ("/gateway/connections/1", who),
        ]


def test_the_restart_log_counts_who_was_there_when_a_part_crashed() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        gateway.playing("Ann")
        gateway.playing("Bob")
        pool = gateway.system.find("/gateway/pool")
        assert pool is not None
        pool.cell.kill()
        gateway.settle()

        assert gateway.log.recent()[0].affected == {"players": 2}


def test_the_log_names_a_command_that_failed_in_the_world_as_the_worlds_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with GatewayBench() as gateway, caplog.at_level(logging.DEBUG):
        gateway.starts_world()
        gateway.playing().types("stumble over the box")

        [failed] = [one for one in caplog.records if "failed in the world" in one.getMessage()]
        [sent] = [one for one in caplog.records if "is sent" in one.getMessage()]
        assert failed.trace == sent.trace == f"{7 << 32 | 1}-1"  # type: ignore[attr-defined]
        assert "over the box" not in caplog.text


def test_a_connection_that_crashes_closes_its_socket_and_its_session_waits_for_another() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, other = gateway.playing("Ann"), gateway.playing("Bob")

        gateway.crash("connections/1", Speak(cast(str, b"no text")))

        assert not player.is_open
        assert other.types("look").saw("Cora does look.")
        assert gateway.record_of().state is SessionState.DISCONNECTED
        assert world.closed == []


def test_nothing_is_left_unread_when_everybody_has_gone() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        clients: list[Client] = [gateway.playing("Ann"), gateway.playing("Bob"), gateway.client()]
        clients[0].types("quit", "quit")
        for client in clients[1:]:
            client.hangs_up()
        gateway.advance(SessionOptions().link_dead_seconds + 1)

        assert gateway.sessions() == []
        assert not gateway.system.dead_letters

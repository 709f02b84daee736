"""A player's stay from the first byte to the last, through real actors in virtual time."""

import logging
from typing import cast

import pytest

from actors.gateway.messages.book import DescribeSession
from actors.gateway.messages.client import Speak
from actors.gateway.messages.link import Incoming
from actors.gateway.pace import Pace
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionRecord
from actors.gateway.session_states import SessionState
from actors.rendering import Delivery
from supervisors import LogEvent
from tests.actors.gateway_kit import PASSWORD, Client, GatewayBench
from transports.adapter import Capabilities, Colour, Rendering
from transports.link.protocol import DisconnectReason, DisconnectSession, Performed, TextOutput
from transports.link.streams import CommandLimits

PROTOCOLS = ["telnet", "websocket"]


def record_of(gateway: GatewayBench, name: str = "1") -> SessionRecord:
    record = gateway.ask(f"sessions/{name}", DescribeSession())
    assert isinstance(record, SessionRecord)
    return record


def done(player: Client) -> list[object]:
    return [value for package, value in player.data if package == "session.done"]


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

        assert player.saw("third wrong password")
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
        states = [record_of(gateway).state]
        for lines in (["ann", PASSWORD], ["1"], ["quit"]):
            player.types(*lines)
            states.append(record_of(gateway).state)

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

        record = record_of(gateway)

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


# Without a client


def test_a_character_stays_in_the_world_when_its_client_is_gone_and_the_world_knows() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()

        gateway.playing().hangs_up()

        record = record_of(gateway)
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
        assert record_of(gateway).state is SessionState.DISCONNECTED


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

        record = record_of(gateway)
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

        record = record_of(gateway)
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


# The world goes and comes


def test_a_login_waits_for_a_world_that_is_away() -> None:
    with GatewayBench() as gateway:
        player = gateway.client().types("ann", PASSWORD)
        assert player.saw("holds its breath")
        assert not player.saw("Welcome, Ann!")

        gateway.starts_world()

        assert player.saw("Welcome, Ann!")


def test_a_world_that_dies_over_a_login_is_asked_again() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world().answers = False
        player = gateway.client().types("ann", PASSWORD)
        gateway.kills_world()
        assert player.saw("holds its breath")

        gateway.starts_world()

        assert player.saw("Welcome, Ann!")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_lines_typed_while_the_world_is_away_are_run_once_and_in_order(protocol: str) -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        player = gateway.playing(protocol=protocol).types("look")
        first.saves()
        gateway.settle()
        gateway.kills_world()
        assert player.saw("The world holds its breath.")

        player.types("one").types("two", "three")
        world = gateway.starts_world(remembering=first)

        assert world.ran_by("Brand") == ["one", "two", "three"]
        assert player.is_open
        assert player.saw("The world breathes again.")


def test_a_program_is_told_when_its_lines_go_to_the_game_and_when_not() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client(protocol="websocket")
        assert player.data == [("session", {"playing": False})]

        player.logs_in().types("quit")

        told = [value for package, value in player.data if package == "session"]
        assert told == [{"playing": False}, {"playing": True}, {"playing": False}]


def test_a_program_is_told_that_the_world_is_away_and_that_it_is_back() -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        player = gateway.playing(protocol="websocket")
        first.saves()
        gateway.settle()

        gateway.kills_world()
        gateway.starts_world(remembering=first)

        told = [value for package, value in player.data if package == "status"]
        assert told == [{"world": "away"}, {"world": "up"}]


def test_a_program_that_comes_while_the_world_is_away_is_told_so() -> None:
    with GatewayBench() as gateway:
        player = gateway.client(protocol="websocket")
        assert ("status", {"world": "away"}) in player.data

        gateway.starts_world()

        assert player.data[-1] == ("status", {"world": "up"})


def test_commands_on_their_way_to_a_dying_world_are_not_lost() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world().performs = False
        player = gateway.playing().types("one", "two")
        gateway.kills_world()

        world = gateway.starts_world()

        assert world.ran_by("Brand") == ["one", "two"]
        assert player.is_open


def test_a_world_that_goes_back_to_its_checkpoint_runs_again_what_came_after_it_unseen() -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        player = gateway.playing().types("one")
        first.saves()
        gateway.settle()
        player.types("two", "three").forgets()
        gateway.kills_world()

        world = gateway.starts_world(remembering=first)

        assert world.ran_by("Brand") == ["two", "three"]
        assert not player.saw("Brand does two.")
        assert player.types("four").saw("Brand does four.")


def test_a_world_that_never_heard_of_the_session_runs_again_all_that_was_lost_with_the_other() -> None:
    """The first world died before its first checkpoint."""
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing().types("one", "two").forgets()
        gateway.kills_world()

        world = gateway.starts_world()

        assert world.ran_by("Brand") == ["one", "two"]
        assert not player.saw("Brand does one.")
        assert player.types("three").saw("Brand does three.")


def test_a_second_stay_is_run_again_too_for_a_world_that_never_heard_of_the_session() -> None:
    """The numbers of its lines go on from the first stay, which the new world does not know either."""
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        player = gateway.playing().types("one", "quit")
        first.saves()
        gateway.settle()
        player.types("1", "two", "three").forgets()
        gateway.kills_world()
        player.types("four")

        world = gateway.starts_world()

        assert world.ran_by("Brand") == ["two", "three", "four"]
        assert not player.saw("Brand does three.")
        assert player.saw("Brand does four.")


def test_a_line_of_a_page_that_is_sent_again_is_run_once() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing(protocol="websocket")

        player.numbers(41, "one", "two").numbers(41, "one", "two", "three")

        assert world.ran_by("Brand") == ["one", "two", "three"]
        assert [command.client for command in world.commands] == [41, 42, 43]


def test_a_page_is_told_which_of_its_lines_are_durable() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing(protocol="websocket").numbers(41, "one", "two")
        assert done(player) == []

        world.saves()
        gateway.settle()
        player.numbers(43, "three")

        assert done(player) == [42]


def test_what_a_page_had_typed_is_done_when_its_character_leaves_play() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()

        player = gateway.playing(protocol="websocket").numbers(41, "one", "quit", "dance")

        assert done(player) == [43]


def test_a_link_that_is_cut_and_mended_loses_nothing_and_doubles_nothing() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("one")
        (identity,) = gateway.link.dealers

        gateway.link.cut(identity)
        gateway.settle()
        player.types("two")
        gateway.advance(3)

        assert world.ran_by("Brand") == ["one", "two"]
        assert player.lines.count("Brand does one.") == 1
        assert player.lines.count("Brand does two.") == 1


def test_outputs_lost_on_the_way_are_asked_for_again() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        (session,) = world.places
        (identity,) = gateway.link.dealers

        gateway.link.lose(identity)
        world.shows(session, TextOutput("first"))
        gateway.settle()
        world.shows(session, TextOutput("second"))
        gateway.advance(3)

        assert [line for line in player.lines if line in ("first", "second")] == ["first", "second"]


def test_too_many_lines_for_an_absent_world_are_refused_aloud_and_the_rest_is_kept() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing()
        gateway.kills_world()

        player.types(*[f"line {count}" for count in range(260)])
        world = gateway.starts_world()

        assert sum("too many of your lines" in line for line in player.lines) == 4
        assert world.ran_by("Brand") == [f"line {count}" for count in range(256)]


def test_how_many_lines_may_wait_is_an_option() -> None:
    with GatewayBench(session=SessionOptions(lines=CommandLimits(waiting_lines=2))) as gateway:
        gateway.starts_world()
        player = gateway.playing()
        gateway.kills_world()

        player.types("one", "two", "three")

        assert sum("too many of your lines" in line for line in player.lines) == 1


def test_who_pastes_more_than_the_world_works_off_is_read_later_and_refused_nothing() -> None:
    with GatewayBench(pace=Pace(lines_at_once=10_000, lines_per_second=1e6)) as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        world.performs = False
        book = [f"line {count}" for count in range(1_000)]

        player.types(*book)
        waiting = len(world.waiting)
        world.goes_on()
        gateway.advance(1.0)

        assert waiting == world.credit
        assert world.ran_by("Brand") == book
        assert not player.saw("Not taken")


def test_no_more_commands_are_on_their_way_than_the_world_lets() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        world.performs = False

        player.types(*[f"line {count}" for count in range(200)])

        assert len(world.waiting) == world.credit
        world.goes_on()
        gateway.settle()
        assert world.ran_by("Brand") == [f"line {count}" for count in range(200)]


def test_what_arrived_is_confirmed_to_the_world() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        gateway.playing().types("look", "look")
        (session,) = world.places

        gateway.advance(1)

        assert world.acked[session] == world.places[session].tail.last


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
        assert record_of(gateway).state is SessionState.DISCONNECTED
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

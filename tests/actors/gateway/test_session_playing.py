"""Lines go to the world once and in order, outputs come back, and a program is told how that stands."""

from actors.gateway.pace import Pace
from tests.actors.gateway_kit import Client, GatewayBench
from transports.link.protocol import TextOutput


def done(player: Client) -> list[object]:
    return [value for package, value in player.data if package == "session.done"]


def test_a_program_is_told_when_its_lines_go_to_the_game_and_when_not() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client(protocol="websocket")
        assert player.data == [("session", {"playing": False})]

        player.logs_in().types("quit")

        told = [value for package, value in player.data if package == "session"]
        assert told == [{"playing": False}, {"playing": True}, {"playing": False}]


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

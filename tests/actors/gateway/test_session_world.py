"""The world goes and comes back: who stays, what is kept, what is run again and what is shown."""

import pytest

from actors.gateway.session_options import SessionOptions
from tests.actors.gateway_kit import PASSWORD, GatewayBench
from transports.link.streams import CommandLimits

PROTOCOLS = ["telnet", "websocket"]


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

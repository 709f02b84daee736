"""The link actor keeps the sessions' streams whole, whatever happens to the world, the wire or itself."""

from string import ascii_lowercase

import pytest

from actors.gateway.messages.link import DescribeLink, Join, Leave, LinkStatus
from actors.gateway.session_options import SessionOptions
from actors.gateway.world_line import Batch
from tests.actors.gateway_kit import PASSWORD, GatewayBench, ScriptedWorld
from transports.link.protocol import (
    CloseSession,
    DisconnectReason,
    Performed,
    Positions,
    QueueStatistics,
    Request,
    TextOutput,
)
from wyld_actors import Exited, ExitKind, ExitReason


def status(gateway: GatewayBench) -> LinkStatus:
    found = gateway.ask("link", DescribeLink())
    assert isinstance(found, LinkStatus)
    return found


def test_a_gateway_without_a_world_keeps_trying_and_lets_players_in() -> None:
    with GatewayBench() as gateway:
        player = gateway.client()
        gateway.advance(30)
        assert not status(gateway).is_up
        assert player.is_open

        gateway.starts_world()

        assert status(gateway).is_up
        assert status(gateway).world == "world"


def test_a_world_with_another_key_is_not_trusted() -> None:
    with GatewayBench(key=b"another key") as gateway:
        gateway.starts_world()

        assert not status(gateway).is_up


def test_a_silent_world_is_given_up_and_found_again() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        (identity,) = gateway.link.dealers

        gateway.link.stall(identity)
        gateway.advance(4)
        assert status(gateway).is_up
        gateway.advance(2)

        assert player.saw("holds its breath")
        gateway.advance(2)
        assert player.saw("breathes again")
        player.types("look")
        assert world.ran_by("Brand") == ["look"]


def test_a_sentence_that_many_hear_crosses_once_and_reaches_all() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        players = [gateway.playing("Ann"), gateway.playing("Bob", "websocket")]

        players[0].types("say Ahoy")

        assert [player.lines for player in players] == [["Brand says, “Ahoy”"]] * 2


def test_all_that_one_turn_of_the_world_brings_a_session_is_written_at_once() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        (session,) = world.places

        world.shows(session, *[TextOutput(f"line {count}") for count in range(10)], Performed(0, "> "))
        gateway.settle()

        assert len(player.writes) == 1
        assert player.lines == [f"line {count}" for count in range(10)]
        assert player.prompt == "> "


def test_a_crash_of_the_link_disconnects_nobody_and_loses_nothing() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("one")
        world.performs = False
        player.types("two")

        gateway.crash("link", Join(0, None))  # type: ignore[arg-type]
        player.types("three")
        gateway.advance(3)
        world.goes_on()
        gateway.advance(1)

        assert world.ran_by("Brand") == ["one", "two", "three"]
        assert player.is_open
        assert [player.lines.count(f"Brand does {word}.") for word in ("one", "two", "three")] == [1, 1, 1]


def test_outputs_of_a_batch_over_which_the_link_crashes_are_sent_again() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        (session,) = world.places
        attempt = status(gateway).attempts

        output = world.places[session].tail.output(0, TextOutput("A bell rings."))
        gateway.crash("link", Batch(attempt, [output, None]))  # type: ignore[list-item]
        gateway.advance(3)

        assert player.lines.count("A bell rings.") == 1


def test_they_are_sent_again_also_to_whom_the_crash_makes_the_link_tell_what_is_saved() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("one")
        (place,) = world.places.values()
        attempt = status(gateway).attempts
        gateway.advance(5)
        world.saves()
        gateway.settle()

        output = place.tail.output(0, TextOutput("A bell rings."))
        gateway.crash("link", Batch(attempt, [output, Positions(None)]))  # type: ignore[arg-type]
        gateway.advance(3)

        assert player.lines.count("A bell rings.") == 1


def test_what_a_world_had_applied_before_a_crash_of_the_link_is_not_said_of_the_next_world() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("one")
        ((session, place),) = world.places.items()
        world.saves()
        gateway.advance(5)
        player.types("two", "three")
        world.router.send(place.peer, Positions({session: place.inbox.position}))
        gateway.settle()

        link = gateway.system.find("/gateway/link")
        assert link is not None
        link.tell(Join(0, None))  # type: ignore[arg-type]
        gateway.kills_world()
        again = gateway.starts_world(remembering=world, credit=1, performs=False)
        gateway.advance(5)
        again.goes_on()
        gateway.advance(1)

        assert again.ran_by("Brand") == ["two", "three"]


def test_a_request_under_way_outlasts_a_crash_of_the_link() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        world.answers = False
        player = gateway.client().types("ann", PASSWORD)

        gateway.crash("link", Join(0, None))  # type: ignore[arg-type]
        world.answers = True
        gateway.advance(3)

        assert player.saw("Welcome, Ann!")


def test_a_world_that_does_not_answer_a_request_in_time_is_reported() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        world.answers = False
        player = gateway.client().types("ann", PASSWORD)

        gateway.advance(gateway.options.link.request_seconds + 1)

        assert player.saw("took too long to answer")
        assert len({frame.id for _, frame in world.waiting}) == 1  # type: ignore[union-attr]


def test_a_session_that_is_given_up_is_closed_in_the_world() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        session = gateway.system.find("/gateway/sessions/1")
        assert session is not None

        gateway.crash("link", Exited(session, ExitReason(ExitKind.KILLED)))

        assert len(set(world.closed)) == 1
        assert player.is_open


def test_what_is_of_an_earlier_attempt_is_dropped() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.playing()
        (session,) = world.places

        output = world.places[session].tail.output(0, TextOutput("too late"))
        link = gateway.system.find("/gateway/link")
        assert link is not None
        link.tell(Batch(status(gateway).attempts - 1, [output]))
        gateway.settle()

        assert not player.saw("too late")


def test_what_a_session_had_asked_is_cancelled_when_it_ends() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        world.answers = False
        player = gateway.client().types("ann", PASSWORD)
        ((_, request),) = world.waiting

        player.hangs_up()

        assert isinstance(request, Request)
        assert world.cancelled == [request.id]
        assert status(gateway).requests_waiting == 0


def reasons(world: ScriptedWorld) -> list[DisconnectReason]:
    """Why sessions were closed in the world."""
    return [request.body.reason for request in world.requests if isinstance(request.body, CloseSession)]


def test_the_world_is_told_why_a_session_has_ended() -> None:
    with GatewayBench(session=SessionOptions(playing_idle_seconds=60.0)) as gateway:
        world = gateway.starts_world()
        names = [f"Ann{letter}" for letter in ascii_lowercase]
        for name in names:
            gateway.table.add(name, PASSWORD, f"{name}brand")
            gateway.playing(name)

        # Many at once: the news of the ends overtakes what the sessions have said before.
        gateway.advance(70)

        assert reasons(world) == [DisconnectReason.IDLE] * len(names)


def test_a_session_that_ends_while_a_character_is_brought_into_play_takes_it_along() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player = gateway.client().types("ann", PASSWORD)
        world.answers = False
        player.types("1")
        ((_, request),) = world.waiting
        assert isinstance(request, Request)
        link = gateway.system.find("/gateway/link")
        assert link is not None
        link.tell(Leave(request.session, DisconnectReason.SESSION_LOST))
        gateway.settle()
        world.goes_on()
        gateway.advance(30)

        assert world.cancelled == [request.id]
        assert not world.places
        assert len(set(world.closed)) == 1


def test_an_operator_is_told_why_there_is_no_world() -> None:
    with GatewayBench(key=b"another key") as gateway:
        gateway.starts_world()

        assert "give gateway and world the same link key" in status(gateway).trouble

    with GatewayBench() as gateway:
        gateway.advance(30)
        assert "nobody answers at link.address" in status(gateway).trouble
        gateway.starts_world()
        assert status(gateway).trouble == ""


def test_the_same_trouble_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    with GatewayBench(key=b"another key") as gateway:
        gateway.starts_world()
        gateway.advance(50)

        assert caplog.text.count("no way into the world") == 1


def test_what_waits_in_the_world_is_asked_for_when_somebody_looks() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        gateway.playing()
        assert status(gateway).queues is None

        gateway.settle()
        assert status(gateway).queues == QueueStatistics(sessions=1)
        asked = len(world.requests)
        status(gateway)
        gateway.settle()

        assert len(world.requests) == asked

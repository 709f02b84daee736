"""Sessions at the world's end of the link: they come up, are shown things, and are over, whatever dies."""

import pytest

from actors.world.outlet import EmitTo, EmitToMany
from actors.world_link.messages import AnswerRequest, SessionUp
from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.protocol import (
    CharacterReleased,
    CloseSession,
    Command,
    DisconnectReason,
    FailureCode,
    Multicast,
    Outcome,
    Performed,
    Reply,
    SessionClosed,
    TextOutput,
)

ANN, BOB, CYD = 7, 8, 9
BELL = TextOutput("A bell rings.")


@pytest.fixture
def gateway(bench: WorldBench) -> RawGateway:
    """With a session that plays Ann."""
    gateway = bench.gateway()
    gateway.selects(bench.account("Ann"), 1, ANN)
    return gateway


# Outputs -----------------------------------------------------------------------------------------------


def test_what_many_see_crosses_once_for_each_gateway(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.selects(bench.account("Bob"), 2, BOB)
    west = bench.gateway("west")
    west.selects(bench.account("Cyd"), 3, CYD)

    bench.half.ref("link").tell(EmitToMany((ANN, BOB, CYD), 0, BELL))
    bench.settle()

    assert [frame.sessions for frame in gateway.of(Multicast) if frame.body == BELL] == [[ANN, BOB]]
    assert [frame.sessions for frame in west.of(Multicast) if frame.body == BELL] == [[CYD]]


def test_outputs_for_nobody_are_nothing(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.frames.clear()

    bench.half.ref("link").tell(EmitTo(CYD, 0, BELL))
    bench.half.ref("link").tell(EmitToMany((CYD,), 0, BELL))
    bench.settle()

    assert gateway.frames == []


# Coming up ---------------------------------------------------------------------------------------------


def test_a_session_that_comes_up_for_nobody_leaves_again(bench: WorldBench, gateway: RawGateway) -> None:
    """Its client left while its character came into play."""
    ref = bench.half.ref(f"sessions/session-{ANN}")
    bench.half.link.streams.close(ANN)

    answer = AnswerRequest("gateway:1", Reply(99, SessionClosed()))
    bench.half.ref("link").tell(SessionUp(ANN, ref, "character:ann", 1, answer))
    bench.advance(0.2)

    assert not bench.half.has(f"sessions/session-{ANN}")
    assert not bench.half.has("characters/character:ann")


def test_a_session_that_comes_up_too_late_leaves_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    number = gateway.selects(account, 1, ANN, seconds=3.0)
    # Let the clerk go on to where only the entering is left, and the time pass there.
    while len(bench.vault.asked) < 3:
        bench.vault.waiting.pop(0)()
        bench.settle()
    bench.half.link.requests.overdue(1e9)
    bench.vault.hurries(bench)
    bench.advance(0.2)

    assert gateway.answers(number) == []
    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


# Ending ------------------------------------------------------------------------------------------------


def test_a_session_that_closes_is_forgotten_when_its_character_is_out(
    bench: WorldBench, gateway: RawGateway
) -> None:
    number = gateway.asks(CloseSession(DisconnectReason.QUIT), ANN)
    bench.advance(0.2)

    assert gateway.answers(number) == [SessionClosed()]
    assert bench.half.link.streams.get(ANN) is None
    assert not bench.half.has("characters/character:ann")
    assert ANN not in bench.vault.positions


def test_a_session_that_has_closed_cannot_come_into_play(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.asks(CloseSession(DisconnectReason.QUIT), ANN)
    bench.advance(0.2)

    assert gateway.answers(gateway.selects(1, 1, ANN)) == [FailureCode.NO_SUCH_SESSION]


def test_closing_a_session_that_plays_nobody_is_answered_as_well(
    bench: WorldBench, gateway: RawGateway
) -> None:
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)

    number = gateway.asks(CloseSession(DisconnectReason.QUIT), ANN)

    assert gateway.answers(number) == [SessionClosed()]
    assert bench.half.link.streams.get(ANN) is None


def test_a_session_that_is_given_up_lets_its_player_choose_again(
    bench: WorldBench, gateway: RawGateway
) -> None:
    bench.gives_up(f"sessions/session-{ANN}")
    bench.advance(3.0)

    assert any(isinstance(body, CharacterReleased) for body in gateway.shown(ANN))
    assert not bench.half.has("characters/character:ann")
    assert gateway.answers(gateway.selects(1, 1, ANN))


def test_a_crash_of_a_session_keeps_its_player_in_play(bench: WorldBench, gateway: RawGateway) -> None:
    bench.crashes(f"sessions/session-{ANN}")

    gateway.sends(Command(ANN, 1, "look"))

    done = [body for body in gateway.shown(ANN) if isinstance(body, Performed)]
    assert [(one.number, one.outcome) for one in done] == [(1, Outcome.DONE)]


def test_a_crash_of_the_link_does_not_forget_who_watches_whom(bench: WorldBench, gateway: RawGateway) -> None:
    bench.crashes("link")
    gateway.connects({ANN: 0})

    bench.gives_up(f"sessions/session-{ANN}")
    bench.advance(3.0)

    assert any(isinstance(body, CharacterReleased) for body in gateway.shown(ANN))


def test_lines_that_came_to_a_link_that_crashed_come_again(bench: WorldBench, gateway: RawGateway) -> None:
    streams = bench.half.link.streams.get(ANN)
    assert streams is not None
    # Taken in, and lost with the handler that was to hand it on.
    streams.inbox.received = 1

    bench.crashes("link")
    gateway.connects({ANN: 0})
    gateway.sends(Command(ANN, 1, "look"))

    assert [body.number for body in gateway.shown(ANN) if isinstance(body, Performed)] == [1]

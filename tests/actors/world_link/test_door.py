"""The door of the world's link, as a gateway meets it: who is let in, who is shown out, who is waited for."""

import pytest

from actors.world_link.messages import PeerMistaken
from tests.actors.world_kit import RawGateway, WorldBench
from tests.actors.world_link.playing import ANN, BOB, performed, playing, said
from transports.link.codec import PROTOCOL_VERSION
from transports.link.errors import LinkError, VersionMismatch, WrongName
from transports.link.handshake import routing_id
from transports.link.protocol import (
    Authenticate,
    Authenticated,
    ChangePassword,
    Claim,
    Command,
    DisconnectReason,
    EndSessions,
    FailureCode,
    Goodbye,
    Heartbeat,
    PasswordChanged,
    Refuse,
    RefuseCode,
    SessionsEnded,
    Welcome,
)

CID = 9

# Handshake ---------------------------------------------------------------------------------------------


def test_a_gateway_without_a_handshake_is_shown_the_door(bench: WorldBench) -> None:
    rogue = RawGateway(bench, "rogue", 1).dials()

    rogue.sends(Command(ANN, 1, "look"))

    (bye,) = rogue.of(Goodbye)
    assert bye.reason == DisconnectReason.PROTOCOL_VIOLATED


def test_an_older_life_of_a_gateway_is_refused_and_disturbs_nothing(bench: WorldBench) -> None:
    gateway = bench.gateway(epoch=2)
    gateway.selects(bench.account("Ann"), 1, ANN)

    old = bench.gateway(epoch=1)

    assert not old.is_welcome
    assert [refuse.code for refuse in old.of(Refuse)] == [RefuseCode.STALE_EPOCH]
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_frames_of_an_older_life_that_is_still_connected_count_no_more(bench: WorldBench) -> None:
    old = playing(bench)
    bench.gateway(epoch=2)
    old.frames.clear()

    old.sends(Command(ANN, 1, "say I am still here"))

    assert [bye.reason for bye in old.of(Goodbye)] == [DisconnectReason.PROTOCOL_VIOLATED]
    assert said(old) == []


def test_a_silent_gateway_is_given_up_and_may_come_back(bench: WorldBench) -> None:
    gateway = playing(bench)

    bench.advance(10.0)
    assert bench.half.link.gateways.peers() == []

    gateway.connects({ANN: 0})
    assert gateway.positions == {ANN: (0, 0)}


def test_heartbeats_keep_a_gateway_there(bench: WorldBench) -> None:
    gateway = playing(bench)

    for number in range(1, 20):
        gateway.sends(Heartbeat(number, 0))
        bench.advance(1.0)

    assert len(bench.half.link.gateways.peers()) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VersionMismatch(PROTOCOL_VERSION, 9), RefuseCode.VERSION),
        (WrongName("west", "gateway"), RefuseCode.NAME),
    ],
)
def test_who_cannot_come_in_is_told_why_also_before_the_first_hello(
    bench: WorldBench, error: LinkError, code: RefuseCode
) -> None:
    gateway = RawGateway(bench, "gateway", 1).dials()
    peer = routing_id("gateway", 1, 1)

    bench.half.ref("link").tell(PeerMistaken(1, peer, error))
    bench.settle()

    (refuse,) = gateway.of(Refuse)
    assert refuse.code is code
    assert str(error) == refuse.text


def test_who_is_refused_again_and_again_is_logged_once_a_minute(
    bench: WorldBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.gateway(epoch=2)

    for _ in range(10):
        bench.gateway(epoch=1)

    assert caplog.text.count("gateway 'gateway' is not let in") == 1


# Gone --------------------------------------------------------------------------------------------------


def test_the_sessions_of_a_gateway_that_is_gone_wait_for_it(bench: WorldBench) -> None:
    playing(bench).disconnects()

    bench.advance(290.0)
    assert bench.half.has(f"sessions/session-{ANN}")

    bench.advance(20.0)
    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_session_that_was_given_up_is_not_known_to_the_gateway_that_comes_back(bench: WorldBench) -> None:
    gateway = playing(bench).disconnects()
    bench.advance(310.0)

    gateway.connects({ANN: 1})

    assert gateway.positions == {}


def test_the_sessions_of_a_gateway_that_takes_its_leave_wait_for_its_next_life(bench: WorldBench) -> None:
    playing(bench).sends(Goodbye(DisconnectReason.GATEWAY_STOPPED))
    bench.advance(60.0)

    again = bench.gateway(epoch=2)
    again.sends(Claim({ANN: 0}))

    assert bench.half.has(f"sessions/session-{ANN}")
    assert ANN in again.of(Welcome)[-1].positions


# Another password ---------------------------------------------------------------------------------------


def test_another_password_ends_the_other_sessions_of_the_account_at_all_gateways(bench: WorldBench) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    account = bench.vault.create_account("Ann", "old password").id

    east.asks(ChangePassword("Ann", "old password", "new password"), ANN)
    east.asks(ChangePassword("Ann", "wrong password", "my password"), BOB)

    assert east.of(EndSessions) == west.of(EndSessions) == [EndSessions(1, account, ANN)]


def test_a_gateway_that_was_cut_off_hears_of_it_until_it_says_so(bench: WorldBench) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    bench.vault.create_account("Ann", "old password")
    west.disconnects()
    east.asks(ChangePassword("Ann", "old password", "new password"), ANN)

    assert len(west.connects().of(EndSessions)) == 1
    west.disconnects()
    assert len(west.connects().of(EndSessions)) == 1
    west.sends(SessionsEnded(1)).disconnects()
    assert west.connects().of(EndSessions) == []


def test_a_login_with_the_old_password_that_is_still_being_answered_is_refused(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.create_account("Ann", "old password")
    bench.vault.is_slow = True
    login = gateway.asks(Authenticate("Ann", "old password"), BOB)
    bench.vault.waiting.pop(0)()
    bench.settle()

    gateway.asks(ChangePassword("Ann", "old password", "new password"), ANN)
    bench.vault.waiting.pop()()
    bench.settle()
    bench.vault.hurries(bench)

    assert len(gateway.of(EndSessions)) == 1
    assert gateway.answers(login) == [FailureCode.BAD_CREDENTIALS]


def test_logins_after_another_password_and_to_other_accounts_are_answered(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.create_account("Ann", "old password")
    bench.vault.create_account("Bob", "his password")
    bench.vault.is_slow = True
    others = gateway.asks(Authenticate("Bob", "his password"), BOB)
    change = gateway.asks(ChangePassword("Ann", "old password", "new password"), ANN)
    bench.vault.waiting.pop()()
    bench.settle()
    after = gateway.asks(Authenticate("Ann", "new password"), CID)
    bench.vault.hurries(bench)

    assert gateway.answers(change) == [PasswordChanged()]
    answers = [*gateway.answers(others), *gateway.answers(after)]
    assert [type(answer) for answer in answers] == [Authenticated, Authenticated]


def test_a_login_of_which_nobody_has_heard_when_the_password_is_changed_is_asked_for_in_vain(
    bench: WorldBench,
) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    bench.vault.create_account("Ann", "old password")
    login = west.asks(Authenticate("Ann", "old password"), BOB)
    west.disconnects()

    east.asks(ChangePassword("Ann", "old password", "new password"), ANN)
    west.connects().repeats(login)

    assert len(west.of(EndSessions)) == 1
    assert west.answers(login) == [FailureCode.BAD_CREDENTIALS]

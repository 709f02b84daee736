"""The handshake: only a peer with the key, a common version and the newest epoch gets through."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.link.errors import (
    HandshakeError,
    HandshakeOutOfOrder,
    NoCommonVersion,
    StaleEpoch,
    WrongKey,
    WrongName,
)
from transports.link.handshake import (
    PENDING_LIMIT,
    SUPPORTED_VERSIONS,
    Admitted,
    Doorkeeper,
    GatewayHandshake,
    HandshakeState,
    choose_version,
    refusal,
    routing_id,
    welcome,
)
from transports.link.protocol import Confirm, Hello, Refuse, RefuseCode

KEY = b"the shared key"
PEER = routing_id("gateway", 5)
THIEF = routing_id("gateway", 5, 9)
NONCE, OTHER_NONCE = b"g" * 32, b"w" * 32


def gateway(*, epoch: int = 5, key: bytes = KEY, newest_epoch: int = 0) -> GatewayHandshake:
    return GatewayHandshake("gateway", epoch, key, nonce=NONCE, newest_epoch=newest_epoch)


def world(*, epoch: int = 2, key: bytes = KEY) -> Doorkeeper:
    return Doorkeeper("world", epoch, key)


def admit(doorkeeper: Doorkeeper, peer: bytes, epoch: int) -> Admitted:
    handshake = gateway(epoch=epoch)
    challenge = doorkeeper.hello(peer, handshake.hello(), nonce=OTHER_NONCE)
    return doorkeeper.confirm(peer, handshake.challenged(challenge, {}))


def test_both_sides_that_know_the_key_come_together() -> None:
    doorkeeper, handshake = world(), gateway()

    challenge = doorkeeper.hello(PEER, handshake.hello(), nonce=OTHER_NONCE)
    admitted = doorkeeper.confirm(PEER, handshake.challenged(challenge, {7: 40}))
    handshake.welcomed(welcome(16, {7: (3, 2)}))

    assert (admitted.name, admitted.epoch, admitted.sessions) == ("gateway", 5, {7: 40})
    assert (handshake.state, handshake.world_epoch, handshake.credit) == (HandshakeState.WELCOME, 2, 16)


def test_the_key_never_crosses() -> None:
    doorkeeper, handshake = world(), gateway()
    challenge = doorkeeper.hello(PEER, handshake.hello(), nonce=OTHER_NONCE)
    frames = (handshake.hello(), challenge, handshake.challenged(challenge, {}))

    assert all(KEY not in msgspec.msgpack.encode(frame) for frame in frames)


def test_a_gateway_without_the_key_is_refused() -> None:
    doorkeeper, handshake = world(), gateway()
    challenge = doorkeeper.hello(PEER, handshake.hello(), nonce=OTHER_NONCE)

    with pytest.raises(WrongKey, match="gateway 'gateway'"):
        doorkeeper.confirm(PEER, Confirm(b"\0" * 32))
    with pytest.raises(HandshakeOutOfOrder):
        doorkeeper.confirm(PEER, handshake.challenged(challenge, {}))


def test_a_world_without_the_key_is_not_believed() -> None:
    handshake = gateway()
    challenge = world(key=b"another").hello(PEER, handshake.hello(), nonce=OTHER_NONCE)

    with pytest.raises(WrongKey, match="world 'world'"):
        handshake.challenged(challenge, {})


def test_the_world_cannot_be_played_back_its_own_proof() -> None:
    doorkeeper, handshake = world(), gateway()
    challenge = doorkeeper.hello(PEER, handshake.hello(), nonce=OTHER_NONCE)

    with pytest.raises(WrongKey):
        doorkeeper.confirm(PEER, Confirm(challenge.proof))


def test_a_recorded_confirmation_is_of_no_use_with_a_new_nonce() -> None:
    doorkeeper, handshake = world(), gateway()
    challenge = doorkeeper.hello(PEER, handshake.hello(), nonce=OTHER_NONCE)
    recorded = handshake.challenged(challenge, {})
    doorkeeper.confirm(PEER, recorded)

    doorkeeper.hello(THIEF, handshake.hello(), nonce=b"n" * 32)
    with pytest.raises(WrongKey):
        doorkeeper.confirm(THIEF, recorded)


@given(st.sampled_from(["name", "epoch", "version", "nonce"]), st.data())
def test_whatever_is_changed_on_the_way_breaks_the_proof(field: str, data: st.DataObject) -> None:
    handshake = gateway()
    challenge = world().hello(PEER, handshake.hello(), nonce=OTHER_NONCE)
    value = data.draw({"name": st.text(), "nonce": st.binary()}.get(field, st.integers(0, 99)))
    changed = msgspec.structs.replace(challenge, **{field: value})

    if changed != challenge:
        with pytest.raises(HandshakeError):
            handshake.challenged(changed, {})


def test_the_best_common_version_is_chosen() -> None:
    assert choose_version((3, 2, 1), (4, 2, 1)) == 2


def test_no_common_version_is_refused_with_both_sides_named() -> None:
    with pytest.raises(NoCommonVersion, match=r"here 1, there 7 or 8") as caught:
        world().hello(PEER, Hello("gateway", 5, (7, 8), NONCE), nonce=OTHER_NONCE)

    refuse = refusal(caught.value)
    assert (refuse.code, refuse.versions) == (RefuseCode.VERSION, SUPPORTED_VERSIONS)


def test_a_gateway_cannot_say_hello_under_the_name_of_another() -> None:
    with pytest.raises(WrongName, match="'west' came under the name 'gateway'") as caught:
        world().hello(routing_id("west", 5), gateway().hello(), nonce=OTHER_NONCE)

    assert refusal(caught.value).code is RefuseCode.NAME


def test_an_older_life_of_a_gateway_is_fenced_off_also_after_the_newer_has_left() -> None:
    doorkeeper = world()
    admit(doorkeeper, routing_id("gateway", 6), 6)
    doorkeeper.left(routing_id("gateway", 6))

    with pytest.raises(StaleEpoch, match="epoch 5 is fenced off, epoch 6 has been here"):
        doorkeeper.hello(PEER, gateway(epoch=5).hello(), nonce=OTHER_NONCE)


def test_an_unproved_epoch_fences_nobody_off() -> None:
    doorkeeper = world()
    doorkeeper.hello(routing_id("gateway", 99), gateway(epoch=99).hello(), nonce=OTHER_NONCE)

    assert admit(doorkeeper, PEER, 5).epoch == 5


def test_a_life_that_was_overtaken_between_hello_and_confirm_is_refused() -> None:
    doorkeeper, old = world(), gateway(epoch=5)
    challenge = doorkeeper.hello(PEER, old.hello(), nonce=OTHER_NONCE)
    admit(doorkeeper, routing_id("gateway", 6), 6)

    with pytest.raises(StaleEpoch):
        doorkeeper.confirm(PEER, old.challenged(challenge, {}))


def test_a_new_connection_of_a_gateway_takes_the_place_of_its_old_one() -> None:
    doorkeeper = world()
    first, second = routing_id("gateway", 5, 0), routing_id("gateway", 5, 1)
    admit(doorkeeper, first, 5)

    assert admit(doorkeeper, second, 5).superseded == first


def test_a_gateway_of_another_name_stays() -> None:
    doorkeeper = world()
    admit(doorkeeper, PEER, 5)
    other = GatewayHandshake("another", 1, KEY, nonce=NONCE)
    challenge = doorkeeper.hello(routing_id("another", 1), other.hello(), nonce=OTHER_NONCE)

    assert doorkeeper.confirm(routing_id("another", 1), other.challenged(challenge, {})).superseded is None


def test_a_gateway_does_not_go_back_to_an_older_world() -> None:
    handshake = gateway(newest_epoch=3)
    challenge = world(epoch=2).hello(PEER, handshake.hello(), nonce=OTHER_NONCE)

    with pytest.raises(StaleEpoch):
        handshake.challenged(challenge, {})


def test_a_welcome_before_the_world_has_proved_itself_is_not_believed() -> None:
    handshake = gateway()
    handshake.hello()

    with pytest.raises(HandshakeOutOfOrder):
        handshake.welcomed(welcome(16, {}))


def test_knocking_without_end_takes_no_more_than_a_bounded_memory() -> None:
    doorkeeper, handshake = world(), gateway()
    first = routing_id("gateway", 5, -1)
    challenge = doorkeeper.hello(first, handshake.hello(), nonce=OTHER_NONCE)
    for number in range(PENDING_LIMIT):
        doorkeeper.hello(routing_id("gateway", 5, number), handshake.hello(), nonce=OTHER_NONCE)

    with pytest.raises(HandshakeOutOfOrder):
        doorkeeper.confirm(first, handshake.challenged(challenge, {}))


@pytest.mark.parametrize("code", RefuseCode)
def test_a_refusal_says_whether_trying_again_can_help(code: RefuseCode) -> None:
    error = gateway().refused(Refuse(code, "because"))

    hopeless = {RefuseCode.VERSION, RefuseCode.KEY, RefuseCode.NAME, RefuseCode.STALE_EPOCH}
    assert error.hopeless is (code in hopeless)
    assert "because" in str(error)


def test_what_is_not_a_handshake_error_is_no_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        refusal(ZeroDivisionError())

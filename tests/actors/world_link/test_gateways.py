"""Who is let in, over which connection, and for how long."""

import pytest

from actors.world_link.gateways import Admission, Gateways
from transports.link.errors import HandshakeOutOfOrder, StaleEpoch, WrongKey
from transports.link.handshake import NONCE_BYTES, Doorkeeper, GatewayHandshake, routing_id
from transports.link.liveness import LivenessOptions
from transports.link.protocol import Confirm, OutputNumber, SessionId

KEY = b"k" * 32
LIVENESS = LivenessOptions(interval_seconds=1.0, suspect_after_seconds=2.0, down_after_seconds=5.0)


class Door:
    """Gateways that come to one world."""

    def __init__(self) -> None:
        self.gateways = Gateways(Doorkeeper("world", 3, KEY))

    def enters(
        self,
        epoch: int = 1,
        attempt: int = 1,
        *,
        name: str = "gateway",
        key: bytes = KEY,
        sessions: dict[SessionId, OutputNumber] | None = None,
        now: float = 0.0,
    ) -> Admission:
        """A gateway says Hello, and proves its key."""
        peer = routing_id(name, epoch, attempt)
        handshake = GatewayHandshake(name, epoch, KEY, nonce=peer.ljust(NONCE_BYTES))
        challenge = self.gateways.greet(peer, handshake.hello(), nonce=b"w" * NONCE_BYTES)
        confirm = handshake.challenged(challenge, sessions or {})
        if key != KEY:
            confirm = Confirm(b"x" * len(confirm.proof), confirm.sessions)
        return self.gateways.admit(peer, confirm, now, LIVENESS)


def peer(epoch: int = 1, attempt: int = 1) -> bytes:
    return routing_id("gateway", epoch, attempt)


def test_a_gateway_is_nobody_before_it_has_proved_the_key() -> None:
    door = Door()

    with pytest.raises(WrongKey):
        door.enters(key=b"another")

    assert door.gateways.get(peer()) is None
    assert door.gateways.peers() == []


def test_a_proof_without_a_greeting_is_refused() -> None:
    with pytest.raises(HandshakeOutOfOrder):
        Door().gateways.admit(peer(), Confirm(b"proof", {}), 0.0, LIVENESS)


def test_a_gateway_that_is_let_in_says_which_sessions_it_has() -> None:
    admission = Door().enters(sessions={7: 33})

    assert admission.sessions == {7: 33}
    assert admission.gateway.client == "gateway:1"
    assert admission.superseded is None
    assert admission.former == ()


def test_the_next_connection_of_a_life_takes_the_place_of_the_one_before() -> None:
    door = Door()
    door.enters(attempt=1)

    admission = door.enters(attempt=2)

    assert admission.superseded == peer(attempt=1)
    assert admission.former == ()
    assert door.gateways.peer_of("gateway:1") == peer(attempt=2)


def test_the_end_of_a_superseded_connection_does_not_take_the_new_one_with_it() -> None:
    door = Door()
    door.enters(attempt=1)
    door.enters(attempt=2)

    door.gateways.forget(peer(attempt=1))

    assert door.gateways.peer_of("gateway:1") == peer(attempt=2)
    assert door.gateways.get(peer(attempt=2)) is not None


def test_a_new_life_of_a_gateway_ends_what_was_remembered_of_the_old_one() -> None:
    door = Door()
    door.enters(epoch=1)

    admission = door.enters(epoch=2)

    assert admission.former == ("gateway:1",)
    assert admission.superseded == peer(epoch=1)


def test_an_older_life_stays_outside_also_when_the_newer_one_is_gone() -> None:
    door = Door()
    door.enters(epoch=2)
    door.gateways.forget(peer(epoch=2))

    with pytest.raises(StaleEpoch):
        door.enters(epoch=1)


def test_an_older_life_that_was_greeted_first_is_not_let_in_after_the_newer_one() -> None:
    door = Door()
    handshake = GatewayHandshake("gateway", 1, KEY, nonce=b"n" * NONCE_BYTES)
    challenge = door.gateways.greet(peer(epoch=1), handshake.hello(), nonce=b"w" * NONCE_BYTES)
    door.enters(epoch=2)

    with pytest.raises(StaleEpoch):
        door.gateways.admit(peer(epoch=1), handshake.challenged(challenge, {}), 0.0, LIVENESS)


def test_gateways_of_other_names_do_not_disturb_each_other() -> None:
    door = Door()
    door.enters(epoch=5, name="east")

    admission = door.enters(epoch=1, name="west")

    assert admission.superseded is None
    assert len(door.gateways.all()) == 2


def test_a_connection_that_is_silent_for_too_long_counts_as_gone() -> None:
    door = Door()
    door.enters(now=0.0)
    door.enters(now=4.0, name="west")

    beats, silent = door.gateways.beat(5.0)

    assert silent == [peer()]
    assert [beaten for beaten, _ in beats] == [routing_id("west", 1, 1)]


def test_who_has_gone_has_no_connection() -> None:
    door = Door()
    door.enters()

    gone = door.gateways.forget(peer())

    assert gone is not None
    assert gone.client == "gateway:1"
    assert door.gateways.peer_of("gateway:1") is None
    assert door.gateways.forget(peer()) is None

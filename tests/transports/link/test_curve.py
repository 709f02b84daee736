"""Encrypted ends over real sockets: who has the right keys comes in, everybody else is told why not."""

from collections.abc import Iterator

import gevent
import pytest
import zmq
from gevent import socket

from tests.transports.link.test_endpoint import PEER, Context, Log
from transports.link.curve import (
    GatewayCurve,
    KeyPair,
    WorldCurve,
    gateway_names,
    key_pair,
    make_secret,
    parse_key,
)
from transports.link.dealer import DealerEndpoint
from transports.link.errors import ConnectionFailed, WrongName
from transports.link.handshake import routing_id
from transports.link.protocol import Heartbeat
from transports.link.router import RouterEndpoint


def new_pair() -> KeyPair:
    return key_pair(make_secret())


class Place:
    """An encrypted world that lets in `east` and `west`, and whatever gateways come to it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.pair, self.east, self.west = new_pair(), new_pair(), new_pair()
        self.log = Log()
        curve = WorldCurve(self.pair, {self.east.public: "east", self.west.public: "west"})
        self.router = RouterEndpoint(context, "tcp://127.0.0.1:0", self.log.router_callbacks(), curve=curve)
        self.dealers: list[DealerEndpoint] = []

    def gateway(
        self, name: str, pair: KeyPair | None, *, world: bytes | None = None
    ) -> tuple[DealerEndpoint, Log]:
        log = Log()
        curve = None if pair is None else GatewayCurve(pair, world or self.pair.public)
        callbacks, peer = log.dealer_callbacks(), routing_id(name, 1)
        dealer = DealerEndpoint(self.context, self.router.address, peer, callbacks, curve=curve)
        self.dealers.append(dealer)
        return dealer, log

    def close(self) -> None:
        for dealer in self.dealers:
            dealer.close()
        self.router.close()


@pytest.fixture
def place(context: Context) -> Iterator[Place]:
    made = Place(context)
    yield made
    made.close()


def reason_of(log: Log) -> str:
    log.wait(lambda: bool(log.errors))
    assert isinstance(log.errors[0], ConnectionFailed)
    assert not log.events
    return str(log.errors[0])


def wait_for_warning(place: Place, caplog: pytest.LogCaptureFixture, words: str) -> None:
    # Any callback wakes the log, the belt of the router at the latest.

    with gevent.Timeout(5.0):
        while words not in caplog.text:
            gevent.sleep(0.005)


def test_a_secret_makes_the_same_pair_each_time() -> None:
    secret = make_secret()

    assert key_pair(secret) == key_pair(secret)
    assert key_pair(secret).public != key_pair(make_secret()).public
    assert secret not in repr(key_pair(secret))


@pytest.mark.parametrize("text", ["", "12", "xyz", "é" * 64, "00" * 33])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"digits|hexadecimal"):
        parse_key(text)


def test_a_gateway_may_have_two_keys_while_they_are_changed() -> None:
    old, new = "00" * 32, "11" * 32

    assert gateway_names([f"east={old}", f"east={new}"]) == {bytes(32): "east", b"\x11" * 32: "east"}


def test_gateways_with_the_right_keys_come_in_and_are_told_apart(place: Place) -> None:
    for name, pair in (("east", place.east), ("west", place.west)):
        dealer, _ = place.gateway(name, pair)
        dealer.send(Heartbeat(1))
    place.log.wait(lambda: len(place.log.frames) == 2)

    assert place.log.peers == {b"east:1:0", b"west:1:0"}
    assert not place.log.errors


def test_the_world_answers_encrypted_gateways(place: Place) -> None:
    dealer, log = place.gateway("east", place.east)
    dealer.send(Heartbeat(1))
    place.log.wait(lambda: bool(place.log.frames))
    place.router.send(b"east:1:0", Heartbeat(2))
    log.wait(lambda: log.frames == [Heartbeat(2)])


def test_a_gateway_with_an_unknown_key_is_refused_and_both_sides_name_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = new_pair()
    _, log = place.gateway("east", stranger)

    assert f"link.curve.gateways of the world, NAME={stranger.public.hex()}" in reason_of(log)
    wait_for_warning(place, caplog, f"at 127.0.0.1 with the public key {stranger.public.hex()} is not let in")
    assert place.router.statistics.peers_refused
    assert not place.log.peers


def test_a_gateway_without_keys_is_refused_and_both_sides_say_so(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    _, log = place.gateway("east", None)

    assert "the world wants CURVE keys" in reason_of(log)
    wait_for_warning(place, caplog, f"set link.curve.world there to {place.pair.public.hex()}")


def test_a_gateway_that_has_the_wrong_key_of_the_world_is_told_which(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = new_pair().public
    _, log = place.gateway("east", place.east, world=wrong)

    assert f"its public key is not {wrong.hex()}" in reason_of(log)
    wait_for_warning(place, caplog, f"link.curve.world of its gateways must be {place.pair.public.hex()}")


def test_a_world_without_keys_and_a_gateway_with_them_both_say_so(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(context)
    place.router.close()
    place.router = RouterEndpoint(context, "tcp://127.0.0.1:0", place.log.router_callbacks())
    _, log = place.gateway("east", place.east)

    assert "the world has no CURVE keys" in reason_of(log)
    wait_for_warning(place, caplog, "this world has none: set link.curve.gateways here")
    place.close()


def test_a_gateway_under_the_name_of_another_gets_nothing_through(place: Place) -> None:
    dealer, _ = place.gateway("east", place.west)
    dealer.send(Heartbeat(1))
    place.log.wait(lambda: bool(place.log.errors))

    error = place.log.errors[0]
    assert isinstance(error, WrongName)
    assert (error.own, error.used) == ("west", "east")
    assert not place.log.frames


def test_an_id_that_has_become_free_does_not_serve_another_key(place: Place) -> None:
    first, _ = place.gateway("east", place.east)
    first.send(Heartbeat(1))
    place.log.wait(lambda: len(place.log.frames) == 1)
    first.close()
    with gevent.Timeout(5.0):
        while "unreachable" not in place.log.events:
            place.router.send(b"east:1:0", Heartbeat(2))
            gevent.sleep(0.001)

    thief, _ = place.gateway("east", place.west)
    thief.send(Heartbeat(3))
    place.log.wait(lambda: bool(place.log.errors))

    assert isinstance(place.log.errors[0], WrongName)
    assert place.log.frames == [Heartbeat(1)]


def test_a_world_that_opens_again_at_once_lets_its_gateways_in_again(place: Place, context: Context) -> None:
    curve = WorldCurve(place.pair, {place.east.public: "east"})
    for _ in range(3):
        place.router.close()
        place.router = RouterEndpoint(context, "tcp://127.0.0.1:0", place.log.router_callbacks(), curve=curve)
    dealer, _ = place.gateway("east", place.east)
    dealer.send(Heartbeat(1))
    place.log.wait(lambda: place.log.frames == [Heartbeat(1)])


def test_a_client_that_speaks_something_else_does_no_harm(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:

    host, port = place.router.address.removeprefix("tcp://").rsplit(":", 1)
    with socket.create_connection((host, int(port))) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: there\r\n\r\n" + b"x" * 200)
        wait_for_warning(place, caplog, "")
    dealer, _ = place.gateway("east", place.east)
    dealer.send(Heartbeat(1))
    place.log.wait(lambda: place.log.frames == [Heartbeat(1)])


def test_plain_tcp_on_this_machine_is_still_allowed(context: Context) -> None:
    log, far = Log(), Log()
    router = RouterEndpoint(context, "tcp://[::1]:0", log.router_callbacks())
    dealer = DealerEndpoint(context, router.address, PEER, far.dealer_callbacks())
    dealer.send(Heartbeat(1))
    log.wait(lambda: log.frames == [Heartbeat(1)])

    dealer.close()
    router.close()


def test_this_libzmq_has_curve() -> None:
    assert zmq.has("curve"), "libzmq was built without libsodium: install pyzmq from its wheels"

"""The real endpoints, both in this process, over real sockets."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import gevent
import pytest
import zmq
from gevent.event import Event

from transports.link.codec import decode, encode
from transports.link.dealer import DealerEndpoint
from transports.link.endpoint import EndpointOptions
from transports.link.errors import AddressRefused, EndpointClosed, ForeignBatch, LinkError, Unencodable
from transports.link.interface import Dealer, DealerCallbacks, Peer, Router, RouterCallbacks
from transports.link.protocol import Command, Frame, Heartbeat, Output, TextOutput
from transports.link.router import KNOWN_PEERS_LIMIT, RouterEndpoint

Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"

PEER = b"gateway:1:0"
DEADLINE_SECONDS = 5.0


class Log:
    """Everything that an endpoint told, and a way to wait for more of it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.events: list[str] = []
        self.errors: list[LinkError] = []
        self.peers: set[Peer] = set()
        self._news = Event()

    def note(self, change: Callable[[], object]) -> None:
        change()
        self._news.set()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds; fail if it does not before the deadline."""
        with gevent.Timeout(DEADLINE_SECONDS):
            while not condition():
                self._news.clear()
                self._news.wait()

    def dealer_callbacks(self) -> DealerCallbacks:
        return DealerCallbacks(
            lambda frames: self.note(lambda: self.frames.extend(frames)),
            lambda error: self.note(lambda: self.errors.append(error)),
            lambda: self.note(lambda: self.events.append("connected")),
            lambda: self.note(lambda: self.events.append("disconnected")),
        )

    def router_callbacks(self) -> RouterCallbacks:
        def frames(peer: Peer, frames: list[Frame]) -> None:
            self.peers.add(peer)
            self.note(lambda: self.frames.extend(frames))

        return RouterCallbacks(
            frames,
            lambda peer, error: self.note(lambda: self.errors.append(error)),
            lambda peer: self.note(lambda: self.events.append("unreachable")),
        )


class Ends:
    """A dealer that is connected to a router."""

    def __init__(self, context: Context, address: str, options: EndpointOptions) -> None:
        self.context = context
        self.options = options
        self.world, self.gateway = Log(), Log()
        self.router = RouterEndpoint(context, address, self.world.router_callbacks(), options=options)
        self.address = self.router.address
        self.dealer = DealerEndpoint(
            context, self.address, PEER, self.gateway.dealer_callbacks(), options=options
        )
        self.gateway.wait(lambda: self.gateway.events == ["connected"])

    def meet(self) -> None:
        """A router can only send to a peer that it knows."""
        self.dealer.send(Heartbeat(1))
        self.world.wait(lambda: bool(self.world.frames))
        self.world.frames.clear()

    def close(self) -> None:
        self.dealer.close()
        self.router.close()


@pytest.fixture
def ends(context: Context, address: str) -> Iterator[Ends]:
    made = Ends(context, address, EndpointOptions())
    yield made
    made.close()


def commands(count: int, first: int = 1) -> list[Frame]:
    return [Command(7, number, "look") for number in range(first, first + count)]


def test_frames_cross_in_both_directions(ends: Ends) -> None:
    ends.dealer.send(Command(7, 1, "look"))
    ends.world.wait(lambda: ends.world.frames == [Command(7, 1, "look")])
    ends.router.send(PEER, Heartbeat(1))
    ends.gateway.wait(lambda: ends.gateway.frames == [Heartbeat(1)])

    assert ends.world.peers == {PEER}


def test_tcp_on_this_machine_works_and_port_0_becomes_a_real_one(context: Context) -> None:
    ends = Ends(context, "tcp://127.0.0.1:0", EndpointOptions())
    ends.dealer.send(Heartbeat(1))
    ends.world.wait(lambda: ends.world.frames == [Heartbeat(1)])

    assert not ends.address.endswith(":0")
    ends.close()


def test_what_is_sent_in_one_turn_crosses_as_one_batch(ends: Ends) -> None:
    for frame in commands(100):
        ends.dealer.send(frame)
    ends.world.wait(lambda: len(ends.world.frames) == 100)

    assert ends.dealer.statistics.batches_sent == 1
    assert ends.router.statistics.batches_received == 1


def test_ten_thousand_frames_each_way_in_many_turns_arrive_in_order(ends: Ends) -> None:
    ends.meet()
    for turn in range(100):
        for frame in commands(100, first=turn * 100):
            ends.dealer.send(frame)
            ends.router.send(PEER, frame)
        gevent.idle()
    ends.world.wait(lambda: len(ends.world.frames) == 10_000)
    ends.gateway.wait(lambda: len(ends.gateway.frames) == 10_000)

    assert ends.world.frames == ends.gateway.frames == commands(10_000, first=0)
    assert not ends.world.errors
    assert not ends.gateway.errors


def test_a_world_that_goes_is_noticed_at_once_and_a_new_one_is_connected_to(ends: Ends) -> None:
    ends.router.close()
    ends.gateway.wait(lambda: ends.gateway.events == ["connected", "disconnected"])
    assert not ends.dealer.is_connected

    ends.router = RouterEndpoint(ends.context, ends.address, ends.world.router_callbacks())
    ends.gateway.wait(lambda: ends.gateway.events[2:] == ["connected"])
    ends.dealer.send(Heartbeat(2))

    ends.world.wait(lambda: ends.world.frames == [Heartbeat(2)])


def test_what_was_meant_for_a_world_that_is_gone_can_be_discarded(ends: Ends) -> None:
    ends.router.close()
    ends.gateway.wait(lambda: "disconnected" in ends.gateway.events)
    with gevent.Timeout(DEADLINE_SECONDS):
        while not ends.dealer.is_congested:
            ends.dealer.send(Command(7, 1, "stale"))
            gevent.idle()

    ends.dealer.discard()
    ends.router = RouterEndpoint(ends.context, ends.address, ends.world.router_callbacks())
    ends.gateway.wait(lambda: ends.gateway.events[2:] == ["connected"])
    ends.dealer.send(Heartbeat(2))

    ends.world.wait(lambda: ends.world.frames == [Heartbeat(2)])


def test_a_peer_that_is_not_there_is_reported_and_what_was_queued_is_dropped(ends: Ends) -> None:
    ends.router.send(b"nobody", Heartbeat(1))
    ends.world.wait(lambda: ends.world.events == ["unreachable"])

    assert ends.router.statistics.frames_dropped == 1


def test_strangers_under_any_number_of_names_are_forgotten_again(ends: Ends) -> None:
    for number in range(KNOWN_PEERS_LIMIT + 10):
        ends.router._received([f"stranger {number}".encode(), b"hello"])
        ends.router.send(f"stranger {number}".encode(), Heartbeat(1))
        ends.router._flush()

    assert len(ends.router._intakes) <= KNOWN_PEERS_LIMIT
    assert len(ends.router._outboxes) <= KNOWN_PEERS_LIMIT


def test_bytes_that_are_no_batch_are_reported_and_the_next_batch_is_read(
    ends: Ends, context: Context
) -> None:
    stranger = context.socket(zmq.DEALER)
    stranger.connect(ends.address)
    stranger.send(b"hello")
    stranger.send_multipart([b"two", b"parts"])
    stranger.send(encode([Heartbeat(1)]))

    ends.world.wait(lambda: ends.world.frames == [Heartbeat(1)])

    assert [type(error) for error in ends.world.errors] == [ForeignBatch, ForeignBatch]
    assert ends.router.statistics.batches_refused == 2
    stranger.close(linger=0)


def test_a_frame_that_cannot_be_encoded_is_reported_and_the_others_are_sent(ends: Ends) -> None:
    ends.meet()
    ends.router.send(PEER, Output(7, 1, 0, TextOutput("\ud800")))
    ends.router.send(PEER, Heartbeat(1))

    ends.gateway.wait(lambda: ends.gateway.frames == [Heartbeat(1)])

    assert [type(error) for error in ends.world.errors] == [Unencodable]
    assert ends.router.statistics.frames_unencodable == 1


@pytest.mark.parametrize("kind", ["dealer", "router"])
def test_a_peer_that_does_not_read_gets_everything_in_order_once_it_does(
    context: Context, address: str, kind: str
) -> None:
    log, options = Log(), EndpointOptions(high_water_mark=2)
    large = "x" * 100_000
    raw = context.socket(zmq.ROUTER if kind == "dealer" else zmq.DEALER)
    raw.set(zmq.RCVHWM, 2)
    end: DealerEndpoint | RouterEndpoint
    if kind == "dealer":
        raw.bind(address)
        end = DealerEndpoint(context, address, PEER, log.dealer_callbacks(), options=options)
        log.wait(lambda: log.events == ["connected"])
    else:
        end = RouterEndpoint(context, address, log.router_callbacks(), options=options)
        raw.set(zmq.ROUTING_ID, PEER)
        raw.connect(address)
        raw.send(encode([Heartbeat(1)]))
        log.wait(lambda: bool(log.frames))

    sent = [Command(7, number, large) for number in range(60)]
    for frame in sent:
        assert end.send(frame) if isinstance(end, DealerEndpoint) else end.send(PEER, frame)
        gevent.idle()
    assert end.is_congested if isinstance(end, DealerEndpoint) else end.is_congested(PEER)
    assert end.statistics.blocked > 0

    received: list[Frame] = []
    with gevent.Timeout(DEADLINE_SECONDS):
        while len(received) < len(sent):
            gevent.idle()
            while raw.poll(0):
                received += decode(raw.recv_multipart()[-1])

    assert received == sent
    end.close()
    raw.close(linger=0)


def test_a_missed_edge_costs_one_tick_of_the_belt(context: Context, address: str) -> None:
    ends = Ends(context, address, EndpointOptions(belt_seconds=0.01))
    edge, _belt = ends.router._watchers[-2:]
    edge.stop()

    ends.dealer.send(Heartbeat(1))
    ends.world.wait(lambda: ends.world.frames == [Heartbeat(1)])

    assert ends.router.statistics.missed_edges >= 1
    ends.close()


def test_many_batches_at_once_are_read_over_several_turns(context: Context, address: str) -> None:
    ends = Ends(context, address, EndpointOptions(receive_per_turn=1))
    for frame in commands(20):
        ends.dealer.send(frame)
        gevent.idle()

    ends.world.wait(lambda: len(ends.world.frames) == 20)

    assert ends.world.frames == commands(20)
    ends.close()


def test_a_callback_that_raises_does_not_stop_the_reading(
    context: Context, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log()

    def frames(peer: Peer, frames: list[Frame]) -> None:
        log.note(lambda: log.frames.extend(frames))
        if len(log.frames) == 1:
            raise ValueError("a mistake of the owner")

    callbacks = RouterCallbacks(frames, lambda peer, error: None, lambda peer: None)
    router = RouterEndpoint(context, address, callbacks)
    raw = context.socket(zmq.DEALER)
    raw.connect(address)
    for number in (1, 2, 3):
        raw.send(encode([Heartbeat(number)]))

    log.wait(lambda: len(log.frames) == 3)

    assert "a mistake of the owner" in capsys.readouterr().err
    router.close()
    raw.close(linger=0)


def test_closing_is_final_and_may_be_repeated(ends: Ends) -> None:
    ends.close()
    ends.close()

    with pytest.raises(EndpointClosed):
        ends.dealer.send(Heartbeat(1))
    with pytest.raises(EndpointClosed):
        ends.router.send(PEER, Heartbeat(1))
    gevent.idle()


def test_an_endpoint_may_be_closed_in_its_own_callback(context: Context, address: str) -> None:
    closed = Event()

    def frames(peer: Peer, frames: list[Frame]) -> None:
        router.close()
        closed.set()

    router = RouterEndpoint(
        context, address, RouterCallbacks(frames, lambda peer, error: None, lambda peer: None)
    )
    raw = context.socket(zmq.DEALER)
    raw.connect(address)
    raw.send(encode([Heartbeat(1)]))
    raw.send(encode([Heartbeat(2)]))

    assert closed.wait(DEADLINE_SECONDS)
    raw.close(linger=0)


def test_an_address_in_use_is_refused_with_the_reason(ends: Ends, context: Context) -> None:
    tcp = RouterEndpoint(context, "tcp://127.0.0.1:0", ends.world.router_callbacks())

    with pytest.raises(AddressRefused, match="in use"):
        RouterEndpoint(context, tcp.address, ends.world.router_callbacks())
    tcp.close()


def test_the_endpoints_are_what_the_interface_says(ends: Ends) -> None:
    dealer: Dealer = ends.dealer
    router: Router = ends.router

    assert not dealer.is_congested
    assert not router.is_congested(PEER)


def test_a_gateway_of_another_version_is_told_from_a_broken_one(ends: Ends) -> None:
    other = ends.context.socket(zmq.DEALER)
    other.set(zmq.ROUTING_ID, b"gateway:2:0")
    other.connect(ends.address)
    other.send(encode([Heartbeat(1)], version=9))
    ends.world.wait(lambda: bool(ends.world.errors))

    assert str(ends.world.errors[0]).startswith(
        "the peer speaks link protocol version 9, this process speaks version"
    )
    other.close(linger=0)

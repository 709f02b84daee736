"""The proxy that cuts, stalls and slows connections, and changes no byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import gevent
import pytest

from tests.chaos.faults import Cut
from tests.chaos.tcp_proxy import Proxy

LIMIT_SECONDS = 5.0


class Place:
    """A server that keeps its connections, and a proxy before it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.proxy = Proxy(lambda: int(self.listener.getsockname()[1]))

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """Both ends."""
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=LIMIT_SECONDS)
        server, _ = self.listener.accept()
        server.settimeout(LIMIT_SECONDS)
        return client, server


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.proxy.close()
    place.listener.close()


def read_all(end: socket.socket) -> bytes:
    """What comes until the end; a reset is an end."""
    found = b""
    try:
        while data := end.recv(1024):
            found += data
    except ConnectionResetError:
        pass
    return found


def test_bytes_pass_in_both_directions(place: Place) -> None:
    client, server = place.connect()

    client.sendall(b"ask")
    assert server.recv(1024) == b"ask"
    server.sendall(b"answer")
    assert client.recv(1024) == b"answer"

    client.close()
    assert server.recv(1024) == b""
    server.close()


@pytest.mark.parametrize("cut", [Cut.CLOSED, Cut.RESET])
def test_it_cuts_after_so_many_bytes_and_no_other(place: Place, cut: Cut) -> None:
    client, server = place.connect()
    assert place.proxy.newest is not None

    place.proxy.newest.cut_after(4, cut)
    client.sendall(b"a long line")

    assert read_all(server) in ({b"a lo"} if cut is Cut.CLOSED else {b"a lo", b""})
    assert read_all(client) == b""
    assert place.proxy.newest.was_cut
    assert not place.proxy.newest.has_ended
    client.close()
    server.close()


def test_of_a_half_open_connection_the_server_hears_nothing(place: Place) -> None:
    client, server = place.connect()
    assert place.proxy.newest is not None

    place.proxy.newest.cut_after(0, Cut.HALF_OPEN)

    assert read_all(client) == b""
    server.settimeout(0.05)
    with pytest.raises(TimeoutError):
        server.recv(1024)
    client.close()
    server.close()


def test_what_is_stalled_flows_on_afterwards(place: Place) -> None:
    client, server = place.connect()

    place.proxy.traffic.flows.clear()
    client.sendall(b"patience")
    server.settimeout(0.05)
    with pytest.raises(TimeoutError):
        server.recv(1024)
    place.proxy.traffic.flows.set()

    server.settimeout(LIMIT_SECONDS)
    assert server.recv(1024) == b"patience"
    client.close()
    server.close()


def test_while_it_refuses_nobody_gets_through_and_then_everybody(place: Place) -> None:
    place.proxy.refuses = True
    with socket.create_connection(("127.0.0.1", place.proxy.port), timeout=LIMIT_SECONDS) as client:
        assert read_all(client) == b""

    place.proxy.refuses = False
    client, server = place.connect()

    client.close()
    server.close()


def test_who_hangs_up_is_not_one_who_was_cut(place: Place) -> None:
    client, server = place.connect()
    pipe = place.proxy.newest
    assert pipe is not None

    server.close()

    assert read_all(client) == b""
    assert not pipe.was_cut
    assert pipe.has_ended
    client.close()
    gevent.sleep(0)

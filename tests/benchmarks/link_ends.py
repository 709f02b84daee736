"""One link between two processes, measured: ours, bare `zmq.green`, or a bare gevent TCP echo.

`python -m tests.benchmarks.link_ends measure NAME` prints its figures as JSON. It starts the other process,
which echoes. *Round trip*: one message at a time. *Messages a second*: windows of so many messages, sent
together and echoed, with several windows under way, so that both processes always have something to do.

Our link decodes each message into its record and encodes it again, at both ends, and numbers its batches. The
client of bare zmq.green does the same with one record a message, and the other end hands it back unread. The
TCP echo moves bytes.
"""

from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402 - patched before anything else is imported
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import zmq
import zmq.green
from gevent.event import Event
from gevent.server import StreamServer

from transports.link.codec import decode, encode
from transports.link.curve import GatewayCurve, WorldCurve, key_pair
from transports.link.dealer import DealerEndpoint
from transports.link.interface import DealerCallbacks, Peer, RouterCallbacks
from transports.link.protocol import Command, Frame
from transports.link.router import RouterEndpoint

FRAME = Command((5 << 32) + 7, 1234, "look at the lantern")
ROUND_TRIPS = 2_000
WINDOWS = (1, 10, 100)
WINDOWS_UNDER_WAY = 4
SECONDS = 1.0
# Any two will do, but both processes need the same.
_WORLD, _GATEWAY = key_pair("11" * 32), key_pair("22" * 32)


# The process that echoes ------------------------------------------------------------------------------


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _raise(error: Exception) -> None:
    raise error


def _serve_link(address: str, *, curve: WorldCurve | None = None) -> None:
    def echo(peer: Peer, frames: list[Frame]) -> None:
        for frame in frames:
            router.send(peer, frame)

    callbacks = RouterCallbacks(echo, lambda peer, error: _raise(error), lambda peer: None)
    router = RouterEndpoint(zmq.Context(), address, callbacks, curve=curve)
    _say_ready()
    Event().wait()


def _serve_curve(address: str) -> None:
    _serve_link(address, curve=WorldCurve(_WORLD, {_GATEWAY.public: "bench"}))


def _serve_green(address: str) -> None:
    router = zmq.green.Context().socket(zmq.ROUTER)
    router.bind(address)
    _say_ready()
    while True:
        router.send_multipart(router.recv_multipart())


def _serve_tcp(address: str) -> None:
    def echo(connection: socket.socket, _: object) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(65536):
            connection.sendall(data)

    host, port = address.removeprefix("tcp://").split(":")
    server = StreamServer((host, int(port)), echo)
    server.start()
    _say_ready()
    server.serve_forever()


# The process that measures ----------------------------------------------------------------------------


class _Client(Protocol):
    def exchange(self, count: int, under_way: int = 0) -> None:
        """Send so many messages; return when all but `under_way` of all that were sent are back."""


class _LinkClient:
    def __init__(self, address: str, *, curve: GatewayCurve | None = None) -> None:
        self.received = self.sent = self.wanted = 0
        self.enough = Event()
        connected = Event()
        callbacks = DealerCallbacks(self._frames, _raise, connected.set, connected.clear)
        self.dealer = DealerEndpoint(zmq.Context(), address, b"bench:1:0", callbacks, curve=curve)
        assert connected.wait(10)

    def _frames(self, frames: list[Frame]) -> None:
        self.received += len(frames)
        if self.received >= self.wanted:
            self.enough.set()

    def exchange(self, count: int, under_way: int = 0) -> None:
        for _ in range(count):
            self.dealer.send(FRAME)
        self.sent += count
        self.wanted = self.sent - under_way
        self.enough.clear()
        if self.received < self.wanted:
            self.enough.wait()


def _curve_client(address: str) -> _LinkClient:
    return _LinkClient(address, curve=GatewayCurve(_GATEWAY, _WORLD.public))


class _GreenClient:
    """One record, one message: what a program without batches does."""

    def __init__(self, address: str) -> None:
        self.socket = zmq.green.Context().socket(zmq.DEALER)
        self.socket.connect(address)
        self.sent = self.received = 0

    def exchange(self, count: int, under_way: int = 0) -> None:
        for _ in range(count):
            self.socket.send(encode([FRAME]))
        self.sent += count
        while self.received < self.sent - under_way:
            decode(self.socket.recv())
            self.received += 1


class _TcpClient:
    """Raw bytes of the same size."""

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("tcp://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = encode([FRAME])
        self.sent = self.received = 0

    def exchange(self, count: int, under_way: int = 0) -> None:
        self.socket.sendall(self.data * count)
        self.sent += count * len(self.data)
        while self.received < self.sent - under_way * len(self.data):
            self.received += len(self.socket.recv(65536))


_SERVERS: dict[str, Callable[[str], None]] = {
    "link": _serve_link,
    "curve": _serve_curve,
    "green": _serve_green,
    "tcp": _serve_tcp,
}

# The echoing end, the measuring end, and over what.
PAIRS: dict[str, tuple[str, Callable[[str], _Client], str]] = {
    "link": ("link", _LinkClient, "ipc"),
    "link_tcp": ("link", _LinkClient, "tcp"),
    "curve": ("curve", _curve_client, "tcp"),
    "green": ("green", _GreenClient, "ipc"),
    "tcp": ("tcp", _TcpClient, "tcp"),
}


def _measured(name: str) -> dict[str, float]:
    kind, connect, over = PAIRS[name]
    with _echo(kind, over) as address:
        client = connect(address)
        client.exchange(100)
        figures = _round_trips(client)
        for window in WINDOWS:
            figures[f"messages a second and back, {window} at a time"] = _rate(client, window)
    return figures


def _round_trips(client: _Client) -> dict[str, float]:
    trips = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        client.exchange(1)
        trips.append((time.perf_counter() - began) * 1e6)
    trips.sort()
    return {
        "round trip of one message, p50 us": statistics.median(trips),
        "round trip of one message, p99 us": trips[int(len(trips) * 0.99)],
    }


def _rate(client: _Client, window: int) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        client.exchange(window, under_way=window * (WINDOWS_UNDER_WAY - 1))
        count += window
    client.exchange(0)
    return count / (time.perf_counter() - began)


@contextmanager
def _echo(kind: str, over: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="wyld-bench-") as folder:
        address = f"ipc://{Path(folder) / 'link'}" if over == "ipc" else f"tcp://127.0.0.1:{_free_port()}"
        command = [sys.executable, "-m", "tests.benchmarks.link_ends", "echo", kind, address]
        server = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            yield address
        finally:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        _SERVERS[sys.argv[2]](sys.argv[3])
    else:
        sys.stdout.write(json.dumps(_measured(sys.argv[2])))

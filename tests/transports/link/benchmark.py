"""The endpoints against bare `zmq.green` and a bare gevent TCP echo, in one run.

`python -m tests.transports.link.benchmark` prints a table.
The other process echoes. *Round trip*: one frame at a time. *Throughput*: windows of N frames queued in one
turn and echoed, several windows under way, so that both processes always have something to do.
"""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import socket  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
import zmq  # noqa: E402
import zmq.green  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

from transports.link.codec import decode, encode  # noqa: E402
from transports.link.dealer import DealerEndpoint  # noqa: E402
from transports.link.interface import DealerCallbacks, Peer, RouterCallbacks  # noqa: E402
from transports.link.protocol import Command, Frame  # noqa: E402
from transports.link.router import RouterEndpoint  # noqa: E402

FRAME = Command((5 << 32) + 7, 1234, "look at the lantern")
ROUND_TRIPS = 2_000
WINDOWS_UNDER_WAY = 4
SECONDS = 2.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def raise_error(error: Exception) -> None:
    raise error


def serve_endpoint(address: str) -> None:
    def echo(peer: Peer, frames: list[Frame]) -> None:
        for frame in frames:
            router.send(peer, frame)

    callbacks = RouterCallbacks(echo, lambda peer, error: raise_error(error), lambda peer: None)
    router = RouterEndpoint(zmq.Context(), address, callbacks)
    say("ready")
    Event().wait()


def serve_green(address: str) -> None:
    router = zmq.green.Context().socket(zmq.ROUTER)
    router.bind(address)
    say("ready")
    while True:
        router.send_multipart(router.recv_multipart())


def serve_tcp(address: str) -> None:
    def echo(connection: socket.socket, _: object) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(65536):
            connection.sendall(data)

    server = StreamServer(("127.0.0.1", int(address)), echo)
    server.start()
    say("ready")
    server.serve_forever()


class EndpointClient:
    """Counts what came back; `wait(n)` returns when n frames did."""

    def __init__(self, address: str) -> None:
        self.received = self.sent = self.wanted = 0
        self.enough = Event()
        connected = Event()
        callbacks = DealerCallbacks(self._frames, raise_error, connected.set, connected.clear)
        self.context = zmq.Context()
        self.dealer = DealerEndpoint(self.context, address, b"bench:1:0", callbacks)
        connected.wait(10)

    def _frames(self, frames: list[Frame]) -> None:
        self.received += len(frames)
        if self.received >= self.wanted:
            self.enough.set()

    def exchange(self, count: int, under_way: int = 0) -> None:
        """Send `count` frames; return when all but `under_way` of all that were ever sent have come back."""
        for _ in range(count):
            self.dealer.send(FRAME)
        self.sent += count
        self.wanted = self.sent - under_way
        self.enough.clear()
        if self.received < self.wanted:
            self.enough.wait()


class GreenClient:
    """One frame, one message: what a program without batches does."""

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


class TcpClient:
    """Raw bytes of the same size."""

    def __init__(self, address: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(address)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = encode([FRAME])
        self.sent = self.received = 0

    def exchange(self, count: int, under_way: int = 0) -> None:
        self.socket.sendall(self.data * count)
        self.sent += count * len(self.data)
        while self.received < self.sent - under_way * len(self.data):
            self.received += len(self.socket.recv(65536))


SERVERS: dict[str, Callable[[str], None]] = {
    "endpoint": serve_endpoint,
    "green": serve_green,
    "tcp": serve_tcp,
}
CLIENTS: dict[str, Callable[[str], "EndpointClient | GreenClient | TcpClient"]] = {
    "endpoint": EndpointClient,
    "green": GreenClient,
    "tcp": TcpClient,
}


def measure(kind: str, address: str, label: str) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.transports.link.benchmark", "--serve", kind, "--address", address],
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    server.stdout.readline()
    client = CLIENTS[kind](address)
    client.exchange(100)
    trips = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        client.exchange(1)
        trips.append((time.perf_counter() - began) * 1e6)
    trips.sort()
    p50, p99 = statistics.median(trips), trips[int(len(trips) * 0.99)]
    say(f"{label:20} round trip, one frame: p50 {p50:.0f} us, p99 {p99:.0f} us")
    for batch in (1, 10, 100):
        began, spent, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - began < SECONDS:
            client.exchange(batch, under_way=batch * (WINDOWS_UNDER_WAY - 1))
            count += batch
        client.exchange(0)
        elapsed = time.perf_counter() - began
        cpu = (time.process_time() - spent) / elapsed * 100
        rate = count / elapsed
        say(f"{label:20} {batch:3} at a time: {rate:9.0f} frames/s and back, client {cpu:.0f} % of a core")
    server.kill()
    server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", choices=SERVERS)
    parser.add_argument("--address", default="")
    arguments = parser.parse_args()
    if arguments.serve:
        SERVERS[arguments.serve](arguments.address)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure("endpoint", f"ipc://{Path(folder) / 'a'}", "endpoint, ipc")
        measure("endpoint", f"tcp://127.0.0.1:{free_port()}", "endpoint, tcp")
        measure("green", f"ipc://{Path(folder) / 'b'}", "bare zmq.green, ipc")
        measure("tcp", str(free_port()), "bare gevent tcp")


if __name__ == "__main__":
    main()
    gevent.sleep(0)

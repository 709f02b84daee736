"""A listener on a free port with sessions that remember, and clients that wait with a deadline."""

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import socket
from gevent.event import Event as Signal

from transports.adapter import Adapter, Disconnected, Event, LineReceived, Sink
from transports.telnet import TelnetListener, TelnetOptions

# Everything here happens within milliseconds; this is for a machine that does something else as well.
DEADLINE_SECONDS = 10.0


class Session:
    """A sink that keeps its events. `on_event` is called with each, and may block or raise."""

    def __init__(self, adapter: Adapter, on_event: Callable[[Adapter, Event], None] | None = None) -> None:
        self.adapter = adapter
        self.events: list[Event] = []
        self.ended = Signal()
        self._on_event = on_event

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Disconnected):
            self.ended.set()
        if self._on_event is not None:
            self._on_event(self.adapter, event)

    @property
    def lines(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, LineReceived)]

    @property
    def endings(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Disconnected)]

    def wait_for_end(self) -> str:
        assert self.ended.wait(DEADLINE_SECONDS), "no Disconnected came"
        return self.endings[0]

    def wait_for_lines(self, count: int) -> list[str]:
        wait_until(lambda: len(self.lines) >= count)
        return self.lines


class Client:
    """A client that keeps what it has read."""

    def __init__(self, address: tuple[str, int], wrap: Callable[[Any], Any] | None = None) -> None:
        plain = socket.create_connection(address, timeout=DEADLINE_SECONDS)
        self.socket: Any = plain if wrap is None else wrap(plain)
        self.read = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, wanted: bytes) -> bytes:
        """Everything read so far, as soon as the wanted bytes are in it; then it begins anew behind them."""
        while wanted not in self.read:
            data = self.socket.recv(65_536)
            assert data, f"the server closed before {wanted!r}; it sent {self.read!r}"
            self.read += data
        before, _, self.read = self.read.partition(wanted)
        return before + wanted

    def read_to_end(self) -> bytes:
        while data := self.socket.recv(65_536):
            self.read += data
        return self.read

    def close(self) -> None:
        self.socket.close()


class Server:
    """A listener with the sessions it made."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.on_event: Callable[[Adapter, Event], None] | None = None
        self.clients: list[Client] = []
        self.listener: TelnetListener
        self.address: tuple[str, int]

    def start(self, options: TelnetOptions, **more: Any) -> None:
        self.listener = TelnetListener(options, self.accept, **more)
        self.address = self.listener.start()

    def accept(self, adapter: Adapter) -> Sink:
        session = Session(adapter, self.on_event)
        self.sessions.append(session)
        return session

    def visit(self) -> Client:
        """A client that may never become a session."""
        client = Client(self.address)
        self.clients.append(client)
        return client

    def connect(self, wrap: Callable[[Any], Any] | None = None) -> tuple[Client, Session]:
        """A client and its session; the offers have been read away."""
        before = len(self.sessions)
        client = Client(self.address, wrap)
        self.clients.append(client)
        wait_until(lambda: len(self.sessions) > before)
        client.read_until(b"\xff\xfb\xc9")
        return client, self.sessions[-1]


def wait_until(condition: Callable[[], bool]) -> None:
    """Let others run until the condition holds."""
    with gevent.Timeout(DEADLINE_SECONDS):
        while not condition():
            gevent.idle()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is not started yet; at the end everything is closed."""
    made = Server()
    yield made
    for client in made.clients:
        client.close()
    made.listener.stop()


@pytest.fixture
def running(server: Server) -> Server:
    """A server with the usual options on a free port."""
    server.start(TelnetOptions(port=0))
    return server

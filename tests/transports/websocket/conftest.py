"""A listener on a free port, a sink that records, and clients over real sockets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import gevent
import pytest
from gevent.queue import Queue
from websockets.sync.client import ClientConnection, connect

from transports.adapter import Adapter, Event, Sink
from transports.websocket import JSON_SUBPROTOCOL, JsonAdapter, RawAdapter, WebListener, WebOptions

# Nothing here takes long: this only ends a test that would hang.
DEADLINE_SECONDS = 10.0


class Game:
    """Accepts connections, keeps the adapters and records the events."""

    def __init__(self) -> None:
        self.adapters: Queue[Adapter] = Queue()
        self.events: Queue[Event] = Queue()
        self.on_event: Callable[[Adapter, Event], None] = lambda *_: None

    def accept(self, adapter: Adapter) -> Sink:
        self.adapters.put(adapter)

        def sink(event: Event) -> None:
            self.events.put(event)
            self.on_event(adapter, event)

        return sink

    def adapter(self) -> JsonAdapter | RawAdapter:
        adapter = self.adapters.get(timeout=DEADLINE_SECONDS)
        assert isinstance(adapter, JsonAdapter | RawAdapter)
        return adapter

    def event(self) -> Event:
        return self.events.get(timeout=DEADLINE_SECONDS)


class Site:
    """A listener and how to reach it."""

    def __init__(self, options: WebOptions, game: Game) -> None:
        self.options = options
        self.listener = WebListener(options, game.accept)
        self.host, self.port = self.listener.start()
        self.clients = ExitStack()

    def connect(self, *, compression: str | None = None, path: str = "/ws") -> ClientConnection:
        json = [JSON_SUBPROTOCOL] if self.options.subprotocols else None
        connecting = connect(
            f"ws://{self.host}:{self.port}{path}",
            subprotocols=json,  # type: ignore[arg-type]
            compression=compression,
            ping_interval=None,
            close_timeout=1,
            max_size=None,
        )
        return self.clients.enter_context(connecting)

    def close(self) -> None:
        self.listener.stop()
        self.clients.close()
        with gevent.Timeout(DEADLINE_SECONDS):
            while self.listener.connection_count:
                gevent.idle()


@pytest.fixture
def game() -> Game:
    return Game()


@pytest.fixture
def serve(game: Game) -> Iterator[Callable[..., Site]]:
    """Serve with these options; the port is free, and everything is closed after the test."""
    sites: list[Site] = []

    def serve(**options: object) -> Site:
        sites.append(Site(replace(WebOptions(port=0), **options), game))  # type: ignore[arg-type]
        return sites[-1]

    yield serve
    for site in sites:
        site.close()

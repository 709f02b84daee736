"""The web listener: one port for the page, its files and the websocket.

Connections outlive the listener: `stop` closes the port and keeps them, because they belong to their
sessions; `close_connections` ends them. From `stop` on a connection that is closed is asked to come again
(close code 1012), since it is the server that goes and not the player.
"""

import errno
import logging
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any

import gevent
from gevent import Greenlet
from gevent.socket import AI_PASSIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, gaierror, getaddrinfo, socket

from transports.adapter import Accept, Capabilities, Colour, Rendering
from transports.websocket.adapter import JsonAdapter, RawAdapter
from transports.websocket.codec import clean
from transports.websocket.connection import Connection
from transports.websocket.errors import ListenFailed, PortInUse
from transports.websocket.handshake import peer_of
from transports.websocket.http import Upgrade
from transports.websocket.keepalive import sweep_seconds
from transports.websocket.options import WebOptions
from transports.websocket.receipts import Receipts
from transports.websocket.server import HttpServer, WsgiApplication

__all__ = ["JSON_RENDERING", "WebListener"]

logger = logging.getLogger(__name__)

# The one rendering of all JSON clients: the page decides on looks, so one encoding serves everybody.
JSON_RENDERING = Rendering("json", Colour.TRUECOLOR, "utf-8")

# Connections waiting to be accepted; a restart brings everybody back at once. The kernel caps it (somaxconn).
_BACKLOG = 1024
_USER_AGENT_LIMIT = 200
# Connections looked at between two turns of the loop.
_SWEEP_BATCH = 200
# A sweep this much later than planned means that the whole process stood still, and heard nobody.
_STALL_SECONDS = 1.0


class WebListener:
    """Serves `app` and gives each accepted websocket to `accept`."""

    def __init__(self, options: WebOptions, accept: Accept, app: WsgiApplication | None = None) -> None:
        """Without an app every path but the websocket's answers 404."""
        self._options = options
        self._accept = accept
        self._app = app or _nothing
        self._server: HttpServer | None = None
        self._sweeper: Greenlet[[], None] | None = None
        self._connections: set[Connection] = set()
        self._receipts = Receipts()

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    def start(self) -> tuple[str, int]:
        """Listen. Returns host and port as they are. Raises ListenFailed, or PortInUse."""
        listening = _listen(self._options.host, self._options.port)
        self._server = HttpServer(listening, self._app, self._options, self._connection, self._serve)
        self._server.start()
        if self._sweeper is None:
            self._sweeper = gevent.spawn(self._sweep)
        host, port = listening.getsockname()[:2]
        logger.info("web listener on %s port %s", host, port)
        return str(host), int(port)

    def stop(self) -> None:
        """Close the port. Open websockets stay."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            server.hang_up()
        for connection in self._connections:
            connection.comes_again = True
        self._rest()

    def close_connections(self, reason: str) -> None:
        """Say goodbye to every open websocket; each is cut when it does not answer in time."""
        for connection in list(self._connections):
            connection.close(reason)

    def _serve(self, connection: Connection, ended: Callable[[], None]) -> None:
        self._connections.add(connection)
        connection.run(self._accept, partial(self._part, connection, ended))

    def _part(self, connection: Connection, ended: Callable[[], None]) -> None:
        self._connections.discard(connection)
        self._rest()
        ended()

    def _connection(self, upgrade: Upgrade, sock: socket, address: tuple[str, int]) -> Connection:
        session, headers = upgrade.accepted.session, upgrade.accepted.headers
        peer = peer_of(address, headers, self._options)
        capabilities = Capabilities(
            rendering=JSON_RENDERING,
            gmcp=bool(self._options.subprotocols),
            user_agent=clean(" ".join(headers.get_all("User-Agent")))[:_USER_AGENT_LIMIT],
            compression="permessage-deflate" if session.is_compressed else "",
        )
        given = (sock, session, self._options)
        if not self._options.subprotocols:
            return RawAdapter(*given, peer=peer, capabilities=capabilities, early_data=upgrade.early_data)
        return JsonAdapter(
            *given,
            peer=peer,
            capabilities=capabilities,
            receipts=self._receipts,
            early_data=upgrade.early_data,
        )

    def _sweep(self) -> None:
        options = self._options
        pause = sweep_seconds(
            options.ping_interval_seconds, options.client_timeout_seconds, options.close_timeout_seconds
        )
        while True:
            planned = monotonic() + pause
            gevent.sleep(pause)
            may_end = monotonic() - planned < _STALL_SECONDS
            for count, connection in enumerate(list(self._connections), start=1):
                connection.sweep(monotonic(), may_end=may_end)
                if count % _SWEEP_BATCH == 0:
                    gevent.sleep(0)

    def _rest(self) -> None:
        """End the sweep with the last connection of a stopped listener."""
        if self._server is None and not self._connections and self._sweeper is not None:
            sweeper, self._sweeper = self._sweeper, None
            sweeper.kill(block=False)


def _listen(host: str, port: int) -> socket:
    try:
        family, _, _, _, address = getaddrinfo(host, port, type=SOCK_STREAM, flags=AI_PASSIVE)[0]
        listening = socket(family, SOCK_STREAM)
    except (gaierror, OSError) as error:
        raise ListenFailed(host, port, str(error.strerror or error)) from error
    try:
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise ListenFailed(host, port, str(error.strerror or error)) from error
    listening.setblocking(False)
    return listening


def _nothing(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "10")])
    return [b"not found\n"]

"""gevent's WSGI server, counting connections and passing upgraded sockets on.

Each TCP connection has one greenlet. It serves HTTP requests until the connection ends or is upgraded; then
it ends with handler and request, and who reads the websocket is `connection`'s to say.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, cast

import gevent
from gevent.pywsgi import WSGIServer
from gevent.socket import IPPROTO_TCP, SHUT_RDWR, SHUT_WR, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY, socket

from transports.websocket.connection import Connection
from transports.websocket.handshake import limits_of
from transports.websocket.http import Upgrade, UpgradeHandler
from transports.websocket.options import WebOptions

__all__ = ["HttpServer", "WsgiApplication"]

logger = logging.getLogger(__name__)

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Makes of an upgrade what serves it, and serves it: at its end the second argument is called.
Open = Callable[[Upgrade, socket, tuple[str, int]], Connection]
Serve = Callable[[Connection, Callable[[], None]], None]

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 22\r\n\r\ntoo many connections.\n"
)
# A client turned away has this long to take it; nothing of it is kept meanwhile but a greenlet.
_BUSY_SECONDS = 1.0
_BUSY_READ_BYTES = 16_384


class HttpServer(WSGIServer):
    """Serves `application`; what `open_upgrade` makes of an upgraded socket is given to `serve`."""

    def __init__(
        self,
        listening: socket,
        application: WsgiApplication,
        options: WebOptions,
        open_upgrade: Open,
        serve: Serve,
    ) -> None:
        self.options = options
        self.limits = limits_of(options)
        self.logger = logging.getLogger("transports.websocket.http")  # gevent-websocket's handler asks for it
        self._open_upgrade = open_upgrade
        self._serve = serve
        # Open TCP connections, by address and in all.
        self._connections: Counter[str] = Counter()
        self._total = 0
        self._requests: set[socket] = set()
        super().__init__(
            listening,
            application,
            spawn=cast(Any, gevent.spawn_raw),  # a Greenlet for each connection would cost another KiB
            log=None,
            error_log=self.logger,
            handler_class=UpgradeHandler,
            environ={"SERVER_NAME": options.host},  # or pywsgi asks the name service, which may take seconds
        )

    def handle(self, sock: socket, address: Any) -> None:
        """Serve requests; an upgraded connection goes on without this greenlet, and keeps its place."""
        host = address[0]
        if not self._admits(host):
            logger.warning("connection from %s refused: too many", host)
            _turn_away(sock)
            sock.close()
            return
        self._enter(host)
        connection = None
        try:
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
            connection = self._serve_requests(sock, address)
        finally:
            if connection is None:
                self._part(sock, host)
            else:
                gevent.spawn_raw(self._serve, connection, partial(self._part, sock, host))

    def do_close(self, sock: socket, *_: Any) -> None:
        """Overrides gevent's, which would close the socket behind `handle`: that is done there, or later."""

    def _part(self, sock: socket, host: str) -> None:
        self._leave(host)
        sock.close()

    def _enter(self, host: str) -> None:
        self._connections[host] += 1
        self._total += 1

    def _leave(self, host: str) -> None:
        self._total -= 1
        self._connections[host] -= 1
        if not self._connections[host]:
            del self._connections[host]

    def hang_up(self) -> None:
        """End the connections that are still plain HTTP; upgraded ones are their owner's."""
        for sock in list(self._requests):
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)

    def _admits(self, host: str) -> bool:
        options = self.options
        if self._total >= options.connection_limit:
            return False
        return host in options.trusted_proxies or self._connections[host] < options.connections_per_address

    def _serve_requests(self, sock: socket, address: tuple[str, int]) -> Connection | None:
        """What is left to do after the requests. Handler and request do not outlive this call."""
        handler = UpgradeHandler(sock, address, self)
        self._requests.add(sock)
        try:
            handler.handle()
        finally:
            self._requests.discard(sock)
        return None if handler.upgrade is None else self._open_upgrade(handler.upgrade, sock, address)


def _turn_away(sock: socket) -> None:
    """Answer before the request is read; reading one piece keeps the answer from being lost in a reset."""
    with suppress(OSError):
        sock.settimeout(_BUSY_SECONDS)
        sock.sendall(_BUSY)
        sock.shutdown(SHUT_WR)
        sock.recv(_BUSY_READ_BYTES)

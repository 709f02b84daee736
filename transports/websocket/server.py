"""gevent's WSGI server, counting connections and passing upgraded sockets on.

Each TCP connection has one greenlet. It serves HTTP requests until the connection ends or is upgraded; then
the handler with its request is dropped and the same greenlet reads the websocket.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

import gevent
from gevent.pywsgi import WSGIServer
from gevent.socket import IPPROTO_TCP, SHUT_RDWR, SHUT_WR, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY, socket

from transports.websocket.handshake import limits_of
from transports.websocket.http import Upgrade, UpgradeHandler
from transports.websocket.options import WebOptions

__all__ = ["HttpServer", "WsgiApplication"]

logger = logging.getLogger(__name__)

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Serve = Callable[[Upgrade, socket, tuple[str, int]], None]

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 22\r\n\r\ntoo many connections.\n"
)
# A client turned away has this long to take it; nothing of it is kept meanwhile but a greenlet.
_BUSY_SECONDS = 1.0
_BUSY_READ_BYTES = 16_384


class HttpServer(WSGIServer):
    """Serves `application`, and calls `serve` with each upgraded socket, in its greenlet."""

    def __init__(
        self, listening: socket, application: WsgiApplication, options: WebOptions, serve: Serve
    ) -> None:
        self.options = options
        self.limits = limits_of(options)
        self.logger = logging.getLogger("transports.websocket.http")  # gevent-websocket's handler asks for it
        self._serve = serve
        self._connections: Counter[str] = Counter()
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
        host = address[0]
        if not self._admits(host):
            logger.warning("connection from %s refused: too many", host)
            _turn_away(sock)
            return
        self._connections[host] += 1
        try:
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
            upgrade = self._serve_requests(sock, address)
            if upgrade is not None:
                self._serve(upgrade, sock, address)
        finally:
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
        if self._connections.total() >= options.connection_limit:
            return False
        return host in options.trusted_proxies or self._connections[host] < options.connections_per_address

    def _serve_requests(self, sock: socket, address: tuple[str, int]) -> Upgrade | None:
        handler = UpgradeHandler(sock, address, self)
        self._requests.add(sock)
        try:
            handler.handle()
        finally:
            self._requests.discard(sock)
        return handler.upgrade


def _turn_away(sock: socket) -> None:
    """Answer before the request is read; reading one piece keeps the answer from being lost in a reset."""
    with suppress(OSError):
        sock.settimeout(_BUSY_SECONDS)
        sock.sendall(_BUSY)
        sock.shutdown(SHUT_WR)
        sock.recv(_BUSY_READ_BYTES)

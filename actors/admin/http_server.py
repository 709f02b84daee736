"""The HTTP server below the operators' interface: gevent's, with limits on everything from outside.

A request has those that it has with players (`transports.http_requests`). So that the bound on connections is
no way to lock operators out, no more than half of them may be waiting for a request: whoever has waited
longest makes room, and an operator's request is here long before its turn.
"""

import logging
from contextlib import suppress
from typing import Any

from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.socket import AI_PASSIVE, SHUT_RDWR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

from actors.admin.options import AdminOptions
from transports.http_requests import LimitedHandler, RequestLimits
from transports.websocket.server import WsgiApplication

logger = logging.getLogger(__name__)


class AdminHttpServer(WSGIServer):
    """Listens from `start` to `stop`."""

    def __init__(self, options: AdminOptions, app: WsgiApplication) -> None:
        """Takes the port. Raises OSError when it cannot be had."""
        self.options = options
        self.listening_socket = _listen(options.host, options.port)
        super().__init__(
            self.listening_socket,
            app,
            spawn=Pool(options.max_connections),
            handler_class=_Handler,
            log=None,
            error_log=logger,
        )
        # Oldest first.
        self._waiting: dict[_Handler, None] = {}
        self._waiting_limit = options.max_connections // 2

    def waits(self, handler: "_Handler") -> None:
        """This connection has no whole request yet."""
        self._waiting[handler] = None
        while len(self._waiting) > self._waiting_limit:
            oldest = next(iter(self._waiting))
            self.waits_no_more(oldest)
            oldest.cut_off()

    def waits_no_more(self, handler: "_Handler") -> None:
        """Its request is here, or it has ended."""
        self._waiting.pop(handler, None)


def _listen(host: str, port: int) -> socket:
    family, kind, protocol, _, address = getaddrinfo(host, port, type=SOCK_STREAM, flags=AI_PASSIVE)[0]
    sock = socket(family, kind, protocol)
    try:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


class _Handler(LimitedHandler):
    @property
    def limits(self) -> RequestLimits:
        options: AdminOptions = self.server.options
        return RequestLimits(options.request_seconds, options.header_limit_bytes, options.body_limit_bytes)

    def handle(self) -> None:
        try:
            super().handle()
        finally:
            self.server.waits_no_more(self)

    def cut_off(self) -> None:
        """Let it find the end of its input."""
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)

    def handle_one_request(self) -> Any:
        self.server.waits(self)
        return super().handle_one_request()

    def read_request(self, raw_requestline: str) -> bool:
        accepted = super().read_request(raw_requestline)
        self.server.waits_no_more(self)
        return accepted

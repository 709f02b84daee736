"""The HTTP server below the operators' interface: gevent's, with limits on everything from outside.

As `transports.websocket.http` does for players: one deadline and one allowance for the head of a request,
another for its body. Idle connections end after the same time. So that the bound on connections is no way to
lock operators out, no more than half of them may be waiting for a request: whoever has waited longest makes
room, and an operator's request is here long before its turn.
"""

import logging
from contextlib import suppress
from http.client import HTTPException
from time import monotonic
from typing import Any

from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.socket import AI_PASSIVE, SHUT_RDWR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

from actors.admin.options import AdminOptions
from transports.websocket.http import RequestReader
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


# The stubs describe another pywsgi: `rfile` is missing, and what is passed has other types.
_Base: Any = WSGIHandler


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


class _Handler(_Base):  # type: ignore[misc]  # see above
    ignored_socket_errors = (*_Base.ignored_socket_errors, "timed out")

    socket: Any
    server: Any
    content_length: Any

    def __init__(self, sock: socket, address: tuple[str, int], server: Any) -> None:
        self.requests = RequestReader(sock)
        super().__init__(sock, address, server, rfile=self.requests)

    @property
    def options(self) -> AdminOptions:
        options: AdminOptions = self.server.options
        return options

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
        self.requests.begin(monotonic() + self.options.request_seconds, self.options.header_limit_bytes)
        return super().handle_one_request()

    def read_request(self, raw_requestline: str) -> bool:
        accepted: bool = super().read_request(raw_requestline)
        self.server.waits_no_more(self)
        if (self.content_length or 0) > self.options.body_limit_bytes:
            raise RequestTooLarge
        self.requests.begin(monotonic() + self.options.request_seconds, self.options.body_limit_bytes)
        self.socket.settimeout(self.options.request_seconds)
        return accepted

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        """Overrides pywsgi's, which knows one answer only and prints a traceback for most."""
        match ex:
            case TimeoutError():
                return _refusal(408, "Request Timeout")
            case RequestTooLarge():
                return _refusal(413, "Content Too Large")
            case OSError() | HTTPException():
                return _refusal(431, "Request Header Fields Too Large")
            case _:
                return _refusal(400, "Bad Request")

    def log_request(self) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", self.format_request())


class RequestTooLarge(OSError):
    """A body above its limit. pywsgi takes an OSError for the client's fault."""


def _refusal(code: int, phrase: str) -> tuple[str, bytes]:
    head = f"HTTP/1.1 {code} {phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    return str(code), head.encode("ascii")

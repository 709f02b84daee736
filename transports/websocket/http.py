"""The HTTP side: gevent's WSGI server with limits and deadlines, and the hand-off of a socket on an upgrade.

gevent.pywsgi reads a request without a deadline and reads headers without a bound on their sum; both are put
in here, below it, in the file object it reads from. `UpgradeHandler` is gevent-websocket's handler with its
protocol replaced: the request is judged by `handshake`, and an accepted socket leaves the HTTP server. The
greenlet goes on as that connection's reader, with the request, its headers and the handler gone.

gevent-websocket's own framing is not used: it has no size limits and fails conformance.
"""

import logging
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from typing import Any

from gevent.pywsgi import WSGIHandler
from gevent.socket import socket
from geventwebsocket.handler import WebSocketHandler
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.http11 import Request

from transports.websocket.handshake import Accepted, Rejected, open_session
from transports.websocket.options import WebOptions

__all__ = ["RequestReader", "Upgrade", "UpgradeHandler"]

logger = logging.getLogger(__name__)

_READ_BYTES = 8_192


class RequestTooLargeError(OSError):
    """Head or body of a request exceeds its limit. pywsgi takes an OSError for the client's fault."""


class RequestReader:
    """What pywsgi reads requests from: a buffered file with one deadline and one allowance for each part."""

    __slots__ = ("_allowance", "_buffer", "_deadline", "_socket", "closed")

    def __init__(self, sock: socket) -> None:
        self._socket = sock
        self._buffer = bytearray()
        self._deadline = 0.0
        self._allowance = 0
        self.closed = False

    def begin(self, deadline: float, allowance_bytes: int) -> None:
        """From here on: no more than this many bytes, and nothing after the deadline."""
        self._deadline = deadline
        self._allowance = allowance_bytes

    def readline(self, limit: int = -1) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched) + 1) == 0:
            searched = len(self._buffer)
            if 0 <= limit <= searched or not self._fill():
                break
        return self._take(end or len(self._buffer), limit)

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._buffer) < size) and self._fill():
            pass
        return self._take(len(self._buffer), size)

    def take_buffer(self) -> bytes:
        """What was read beyond the request."""
        taken, self._buffer = bytes(self._buffer), bytearray()
        return taken

    def close(self) -> None:
        self.closed = True

    def _take(self, end: int, limit: int) -> bytes:
        if 0 <= limit < end:
            end = limit
        self._allowance -= end
        if self._allowance < 0:
            raise RequestTooLargeError("request too large")
        taken = bytes(self._buffer[:end])
        del self._buffer[:end]
        return taken

    def _fill(self) -> bool:
        """Read once; False at the end of the stream. Raises TimeoutError past the deadline."""
        if len(self._buffer) > self._allowance:
            raise RequestTooLargeError("request too large")
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        data = self._socket.recv(_READ_BYTES)
        self._buffer += data
        return bool(data)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An accepted handshake, on its way from the HTTP server to the websocket transport."""

    accepted: Accepted
    # Bytes that came in the same read as the request.
    early_data: bytes


class UpgradeHandler(WebSocketHandler):  # type: ignore[misc]  # gevent-websocket has no types
    """Serves HTTP; leaves in `upgrade` what became a websocket. One for each TCP connection."""

    # A client that stops reading a page is no error of ours; "timed out" is what gevent's sendall says.
    ignored_socket_errors = (*WSGIHandler.ignored_socket_errors, "timed out")

    # pywsgi and gevent-websocket set and clear these as they go.
    socket: Any
    websocket: Any

    def __init__(self, sock: socket, address: tuple[str, int], server: Any) -> None:
        self.upgrade: Upgrade | None = None
        self.requests = RequestReader(sock)
        super().__init__(sock, address, server, rfile=self.requests)

    @property
    def options(self) -> WebOptions:
        options: WebOptions = self.server.options
        return options

    # Reading requests

    def handle_one_request(self) -> Any:
        seconds = self.options.handshake_timeout_seconds
        self.requests.begin(monotonic() + seconds, self.options.header_limit_bytes)
        return super().handle_one_request()

    def read_request(self, raw_requestline: str) -> bool:
        accepted: bool = super().read_request(raw_requestline)
        if (self.content_length or 0) > self.options.body_limit_bytes:
            raise RequestTooLargeError("body too large")
        seconds = self.options.handshake_timeout_seconds
        self.requests.begin(monotonic() + seconds, self.options.body_limit_bytes)
        self.socket.settimeout(seconds)
        return accepted

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        """Overrides pywsgi's, which knows one answer only and prints a traceback for most."""
        logger.debug("bad request from %s: %s", self.client_address, ex)
        match ex:
            case TimeoutError():
                return _refusal(408, "Request Timeout")
            case RequestTooLargeError() | HTTPException():
                return _refusal(431, "Request Header Fields Too Large")
            case _:
                return _refusal(400, "Bad Request")

    def log_request(self) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", self.format_request())

    # Upgrading

    def upgrade_websocket(self) -> list[bytes] | None:
        """Overrides gevent-websocket's: None without a status leaves the request to the application."""
        if "websocket" not in self.environ.get("HTTP_UPGRADE", "").lower():
            return None
        if self.options.websocket_path not in ("", self.environ["PATH_INFO"]):
            return None
        if self.content_length or "HTTP_TRANSFER_ENCODING" in self.environ:
            return self._answer("400 Bad Request", [("Connection", "close")], b"An upgrade has no body.\n")
        try:
            request = self._handshake_request()
        except InvalidHeader as error:
            logger.info("handshake of %s refused: %s", self.client_address, error)
            return self._answer("400 Bad Request", [("Connection", "close")], b"Invalid header.\n")
        match open_session(request, self.options, self.server.limits):
            case Rejected(response, reason):
                logger.info("handshake of %s refused: %s", self.client_address, reason)
                status = f"{response.status_code} {response.reason_phrase}"
                return self._answer(status, list(response.headers.raw_items()), bytes(response.body))
            case Accepted() as accepted:
                # gevent-websocket's `run_application` calls `run_websocket` when this attribute is there.
                self.websocket = accepted
        return None

    def run_websocket(self) -> None:
        """Overrides gevent-websocket's: let go of the socket; the HTTP server neither reads nor closes it."""
        self.upgrade = Upgrade(self.websocket, self.requests.take_buffer())
        self.socket.settimeout(None)
        self.socket = self.websocket = None
        self.close_connection = True

    def _handshake_request(self) -> Request:
        headers = Headers()
        for name, value in self.headers.items():
            headers[name] = str(value).strip()
        return Request(self.path, headers, self.command, self.request_version)

    def _answer(self, status: str, headers: list[tuple[str, str]], body: bytes) -> list[bytes]:
        self.start_response(status, headers)
        return [body]


def _refusal(code: int, phrase: str) -> tuple[str, bytes]:
    head = f"HTTP/1.1 {code} {phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    return str(code), head.encode("ascii")

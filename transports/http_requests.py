"""Requests over gevent's WSGI server with limits and deadlines, for players and for operators.

gevent.pywsgi reads a request without a deadline and reads headers without a bound on their sum; both are put
in here, below it, in the file object it reads from. There is one deadline and one allowance for the head of a
request, another for its body.
"""

import logging
from abc import abstractmethod
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from typing import Any

from gevent.pywsgi import WSGIHandler
from gevent.socket import socket

__all__ = ["LimitedHandler", "RequestLimits", "RequestReader"]

logger = logging.getLogger(__name__)

_READ_BYTES = 8_192

# The stubs describe another pywsgi: `rfile` is missing, and what is passed has other types.
_Base: Any = WSGIHandler


class RequestTooLarge(OSError):
    """A request exceeds its limit. pywsgi takes an OSError for the client's fault."""


class BodyTooLarge(RequestTooLarge):
    """The body does, by what its head says."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """`seconds` are for the head, and once more for the body; an idle connection ends after them."""

    seconds: float
    header_bytes: int
    body_bytes: int


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
            raise RequestTooLarge("request too large")
        taken = bytes(self._buffer[:end])
        del self._buffer[:end]
        return taken

    def _fill(self) -> bool:
        """Read once; False at the end of the stream. Raises TimeoutError past the deadline."""
        if len(self._buffer) > self._allowance:
            raise RequestTooLarge("request too large")
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        data = self._socket.recv(_READ_BYTES)
        self._buffer += data
        return bool(data)


class LimitedHandler(_Base):  # type: ignore[misc]  # see above
    """Serves HTTP within limits. One for each TCP connection."""

    # A client that stops reading a page is no error of ours; "timed out" is what gevent's sendall says.
    ignored_socket_errors = (*_Base.ignored_socket_errors, "timed out")

    # pywsgi sets and clears these as it goes.
    socket: Any
    server: Any
    content_length: Any

    def __init__(self, sock: socket, address: tuple[str, int], server: Any) -> None:
        self.requests = RequestReader(sock)
        super().__init__(sock, address, server, rfile=self.requests)

    @property
    @abstractmethod
    def limits(self) -> RequestLimits:
        """What holds for each request of this connection."""

    def handle_one_request(self) -> Any:
        limits = self.limits
        self.requests.begin(monotonic() + limits.seconds, limits.header_bytes)
        return super().handle_one_request()

    def read_request(self, raw_requestline: str) -> bool:
        accepted: bool = super().read_request(raw_requestline)
        limits = self.limits
        if (self.content_length or 0) > limits.body_bytes:
            raise BodyTooLarge("body too large")
        self.requests.begin(monotonic() + limits.seconds, limits.body_bytes)
        self.socket.settimeout(limits.seconds)
        return accepted

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        """Overrides pywsgi's, which knows one answer only and prints a traceback for most."""
        logger.debug("bad request from %s: %s", self.client_address, ex)
        match ex:
            case TimeoutError():
                return _refusal(408, "Request Timeout")
            case BodyTooLarge():
                return _refusal(413, "Content Too Large")
            case RequestTooLarge() | HTTPException():
                return _refusal(431, "Request Header Fields Too Large")
            case _:
                return _refusal(400, "Bad Request")

    def log_request(self) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", self.format_request())


def _refusal(code: int, phrase: str) -> tuple[str, bytes]:
    head = f"HTTP/1.1 {code} {phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    return str(code), head.encode("ascii")

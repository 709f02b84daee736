"""The HTTP side: the hand-off of a socket on an upgrade. Requests have the limits of `http_requests`.

`UpgradeHandler` is gevent-websocket's handler with its protocol replaced: the request is judged by
`handshake`, and an accepted socket leaves the HTTP server. The greenlet goes on as that connection's reader,
with the request, its headers and the handler gone.

gevent-websocket's own framing is not used: it has no size limits and fails conformance.
"""

import logging
from dataclasses import dataclass
from typing import Any

from gevent.socket import socket
from geventwebsocket.handler import WebSocketHandler
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.http11 import Request

from transports.http_requests import LimitedHandler, RequestLimits
from transports.websocket.handshake import Accepted, Rejected, open_session
from transports.websocket.options import WebOptions

__all__ = ["Upgrade", "UpgradeHandler"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An accepted handshake, on its way from the HTTP server to the websocket transport."""

    accepted: Accepted
    # Bytes that came in the same read as the request.
    early_data: bytes


class UpgradeHandler(LimitedHandler, WebSocketHandler):  # type: ignore[misc]  # it has no types
    """Serves HTTP; leaves in `upgrade` what became a websocket. One for each TCP connection."""

    # gevent-websocket sets and clears this as it goes.
    websocket: Any

    def __init__(self, sock: socket, address: tuple[str, int], server: Any) -> None:
        self.upgrade: Upgrade | None = None
        super().__init__(sock, address, server)

    @property
    def options(self) -> WebOptions:
        options: WebOptions = self.server.options
        return options

    @property
    def limits(self) -> RequestLimits:
        options = self.options
        return RequestLimits(
            options.handshake_timeout_seconds, options.header_limit_bytes, options.body_limit_bytes
        )

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

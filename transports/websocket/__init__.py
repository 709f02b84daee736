"""WebSocket: players in browsers, and programs.

Pure: `session` and `reader` (frames), `handshake`, `codec` and `encoding` (our JSON), `keepalive`.
Drivers: `server`, `http` (requests and the upgrade), `connection`, `outlet`, `adapter`, `listener`.
"""

from transports.websocket.adapter import JsonAdapter, RawAdapter
from transports.websocket.encoding import encode
from transports.websocket.errors import ListenFailed, PortInUse, WebSocketError
from transports.websocket.listener import JSON_RENDERING, WebListener
from transports.websocket.options import JSON_SUBPROTOCOL, WebOptions

__all__ = [
    "JSON_RENDERING",
    "JSON_SUBPROTOCOL",
    "JsonAdapter",
    "ListenFailed",
    "PortInUse",
    "RawAdapter",
    "WebListener",
    "WebOptions",
    "WebSocketError",
    "encode",
]

"""The opening handshake as a decision: request in, session or refusal out.

websockets' `ServerProtocol.accept` checks method, version, key and headers and chooses subprotocol and
extensions; here stand the choices that are policy: which origins may come, whether to compress, what to say.

Same origin means: the Origin header names the host and port of the Host header. A page of another site
therefore cannot open a socket with a player's browser. Source: RFC 6455 4.2, 10.2; RFC 6454 7.
"""

from dataclasses import dataclass

from websockets.datastructures import Headers
from websockets.exceptions import InvalidOrigin
from websockets.extensions.base import ServerExtensionFactory
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from transports.websocket.options import WebOptions
from transports.websocket.session import FrameProtocol, Limits, ServerSession, frames_logger

ANY_ORIGIN = "*"

# The longest text of an IPv6 address with zone and port is below this.
_ADDRESS_LIMIT = 80

# No context takeover on either side: an idle connection keeps no zlib state (32 + 7 KiB otherwise).
_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    compress_settings={"memLevel": 5},
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The connection is open; `session.data_to_send()` begins with the 101 response."""

    session: ServerSession
    headers: Headers


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer to give instead, and why, in words for the log."""

    response: Response
    reason: str


def limits_of(options: WebOptions) -> Limits:
    return Limits(
        message_limit_bytes=options.message_limit_bytes,
        compression_threshold_bytes=options.compression_threshold_bytes,
        control_frames_per_second=options.control_frames_per_second,
        control_frames_burst=options.control_frames_burst,
    )


def open_session(request: Request, options: WebOptions, limits: Limits) -> Accepted | Rejected:
    """Judge a handshake request. Never raises on anything a client can send."""
    extensions: list[ServerExtensionFactory] | None = [_DEFLATE] if options.compression else None
    protocol = FrameProtocol(
        origins=acceptable_origins(request.headers, options),
        extensions=extensions,
        subprotocols=[Subprotocol(name) for name in options.subprotocols],
        max_size=limits.message_limit_bytes,
        logger=frames_logger,
    )
    response = protocol.accept(request)
    error = protocol.handshake_exc
    if error is not None:
        return Rejected(response, _explain(error))
    protocol.send_response(response)
    if protocol.extensions:
        protocol.reader.accepts_compression = True
        protocol.max_message_size = limits.compressed_limit_bytes
    protocol.origins = protocol.available_extensions = protocol.available_subprotocols = None
    return Accepted(ServerSession(protocol, limits), request.headers)


def acceptable_origins(headers: Headers, options: WebOptions) -> list[Origin | None] | None:
    """The origins this request may come from; None in the list is "no origin given", None alone is any."""
    if ANY_ORIGIN in options.allowed_origins:
        return None
    acceptable: list[Origin | None] = [Origin(name.rstrip("/").lower()) for name in options.allowed_origins]
    hosts = headers.get_all("Host")
    if len(hosts) == 1:
        acceptable += [Origin(f"http://{hosts[0].lower()}"), Origin(f"https://{hosts[0].lower()}")]
    if not options.require_origin:
        acceptable.append(None)
    return acceptable


def peer_of(address: tuple[str, int], headers: Headers, options: WebOptions) -> str:
    """The client's address as text. Behind a trusted proxy: the last address it was told from outside."""
    host, port = address[0], address[1]
    if host in options.trusted_proxies:
        hops = [hop.strip() for line in headers.get_all("X-Forwarded-For") for hop in line.split(",")]
        for hop in reversed(hops):
            if hop and hop not in options.trusted_proxies:
                return hop[:_ADDRESS_LIMIT]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _explain(error: Exception) -> str:
    if isinstance(error, InvalidOrigin):
        return f"{error}; if this page is yours, name its origin in allowed_origins"
    return str(error)

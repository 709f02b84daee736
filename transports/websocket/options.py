"""What an operator may set for the web listener.

Every number has its unit in its name and its reason above it. The record is frozen: a listener reads it
once, a change is a new listener.
"""

from dataclasses import dataclass

JSON_SUBPROTOCOL = "json.wyld-actors"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Settings of one `WebListener`: addresses, limits and deadlines."""

    host: str = "127.0.0.1"
    # 0 means any free port; `WebListener.start` says which one it became.
    port: int = 8080
    # Where the upgrade is answered; every other path belongs to the WSGI application. Empty: any path.
    websocket_path: str = "/ws"
    # In order of preference. Empty: raw mode, messages go to the application as they come.
    subprotocols: tuple[str, ...] = (JSON_SUBPROTOCOL,)

    # Origins accepted besides the page's own (same host and port). "*" accepts every origin.
    allowed_origins: tuple[str, ...] = ()
    # Browsers always send Origin; programs do not. True keeps programs out as well.
    require_origin: bool = False
    # Peers (addresses) whose X-Forwarded-For is believed; their connections are not limited by address.
    trusted_proxies: tuple[str, ...] = ()

    # permessage-deflate, without context takeover: a kept zlib window costs 30 KiB for each player.
    compression: bool = True
    # Below this a compressed message is hardly smaller, and costs a new compressor (RFC 7692 allows it).
    compression_threshold_bytes: int = 1024

    # The size of a message after inflating, over all its fragments. 1 MiB is websockets' default as well.
    message_limit_bytes: int = 1_048_576
    # One typed line; longer ones are refused with an explanation and nothing is lost but the line.
    line_limit_bytes: int = 4096
    # Output waiting for a client that does not read; a full screen of coloured text is about 8 KiB.
    write_limit_bytes: int = 1_048_576

    # Pings, pongs, empty fragments and refused messages. One in 30 s is usual; a flood costs the others.
    control_frames_per_second: float = 20.0
    control_frames_burst: int = 500

    # Proxies cut idle connections at 60 s (nginx proxy_read_timeout): half of it keeps them open.
    ping_interval_seconds: float = 30.0
    # Nothing heard for this long, pongs included: the client is gone.
    client_timeout_seconds: float = 60.0
    # From the first byte to the last of a request's head and body, also between requests (keep-alive).
    handshake_timeout_seconds: float = 10.0
    # From our close frame to the client's answer; then the socket is cut.
    close_timeout_seconds: float = 5.0

    # Request line and headers together; nginx takes 8 KiB for a line and 32 KiB in all.
    header_limit_bytes: int = 16_384
    body_limit_bytes: int = 65_536
    # A household or a classroom behind one address.
    connections_per_address: int = 100
    connection_limit: int = 20_000

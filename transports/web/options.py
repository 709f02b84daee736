"""What an operator may set for the player's page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Given to the page as attributes of its body; the page has no other settings."""

    title: str = "Wyld Actors"
    # Where the page opens its socket: `WebOptions.websocket_path`.
    websocket_path: str = "/ws"
    # A page cannot see websocket pings: it asks by itself, and takes twice this silence for a dead network.
    heartbeat_seconds: float = 10.0
    # Whether a lost connection is opened again by itself.
    reconnect: bool = True
    # Lines kept on the page; a browser slows down long before a player scrolls back this far.
    log_lines: int = 2000

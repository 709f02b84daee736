"""What can be chosen about telnet: the listener's options, and the limits its parser keeps.

Every limit has its reason and its precedent beside it. A limit never loses anything silently: what it refuses
becomes an event.
"""

from dataclasses import dataclass

__all__ = ["Limits", "TelnetOptions"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may make us keep or do. See `TelnetOptions` for the reasons."""

    line_bytes: int = 4096
    subnegotiation_bytes: int = 16_384
    negotiations_per_second: int = 50


@dataclass(frozen=True, slots=True)
class TelnetOptions:
    """A telnet listener. With `certfile` (and `keyfile`, unless it is in the same file) it speaks telnets."""

    # "" or "::" listens on every address of both families; port 0 takes any free port.
    host: str = "127.0.0.1"
    port: int = 4000

    certfile: str = ""
    keyfile: str = ""

    # A line typed. 4096 is what a terminal in line mode can send (N_TTY's buffer) and what Nakama takes;
    # Evennia takes 6000.
    line_limit_bytes: int = 4096

    # One IAC SB ... IAC SE. GMCP is the largest use; the clients' own messages stay below 2 KiB.
    subnegotiation_limit_bytes: int = 16_384

    # WILL, WONT, DO, DONT, AYT and subnegotiations other than GMCP, in any one second. Mudlet's answers at
    # connection are about 25; each costs us an answer, so this bounds what a flood makes us send.
    negotiations_per_second: int = 50

    # Output that waits for a client that does not read. A page of text is 2 KiB, a connection that is alive
    # takes 64 KiB in less than a second; past this the client is closed.
    write_limit_bytes: int = 262_144

    # All connections of this listener; the operating system's limit on open files must be above it.
    max_connections: int = 12_000

    # Connections of one address at a time (an IPv6 address counts as its /64), and new ones in a minute.
    # 0: no limit. A family or a class room behind one address is more than one player.
    connections_per_address: int = 32
    connections_per_address_per_minute: int = 120

    # Proxies on this machine, and the operators' own tests, come from loopback: not limited unless asked for.
    limit_loopback: bool = False

    # Every so often each quiet client is sent a NOP, which keeps address translators from forgetting the
    # connection; a peer that acknowledges nothing for two intervals is gone. 0: never.
    ping_interval_seconds: float = 30.0

    # How long close() waits for a client to take what is still buffered, and a TLS handshake may last.
    close_seconds: float = 5.0
    handshake_seconds: float = 10.0

    @property
    def limits(self) -> Limits:
        """The part of it that the codec needs."""
        return Limits(self.line_limit_bytes, self.subnegotiation_limit_bytes, self.negotiations_per_second)

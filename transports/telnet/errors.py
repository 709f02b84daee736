"""What can go wrong with a listener.

    TelnetError
    ├── MalformedError         a subnegotiation makes no sense; inside the package only
    └── ListenError            the listening socket could not be had: host, port, mend
        ├── PortInUseError     another program listens there
        ├── PortDeniedError    the port needs a privilege this process has not
        ├── HostUnknownError   the host is not an address of this machine
        └── CertificateError   the certificate or key of a TLS listener cannot be used

A client that breaks the protocol raises nothing to the outside: it becomes a `ProtocolViolated` event,
counted.
"""

import errno

__all__ = [
    "CertificateError",
    "HostUnknownError",
    "ListenError",
    "MalformedError",
    "PortDeniedError",
    "PortInUseError",
    "TelnetError",
    "listen_error",
]


class TelnetError(Exception):
    """Base of the errors of this package."""


class MalformedError(TelnetError):
    """The payload of a subnegotiation is not what its option's specification says."""


class ListenError(TelnetError):
    """A listener could not start."""

    mend = "Look at the cause above."

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"cannot listen for telnet on {host}:{self.port}: {self.reason}. {self.mend}"


class PortInUseError(ListenError):
    """The port is taken."""

    mend = "Stop the program that listens there, or choose another port; port 0 takes any free one."


class PortDeniedError(ListenError):
    """The port is one of the privileged ones."""

    mend = "Ports below 1024 need a privilege: choose a higher port, or redirect from the low one."


class HostUnknownError(ListenError):
    """The host is no address of this machine."""

    mend = "Choose an address of this machine, 127.0.0.1 for local use only, or 0.0.0.0 for every interface."


class CertificateError(ListenError):
    """The TLS certificate or key cannot be read or do not fit together."""

    mend = "certfile must name a PEM file with the certificate chain, keyfile one with its private key."


_KINDS: dict[int | None, type[ListenError]] = {
    errno.EADDRINUSE: PortInUseError,
    errno.EACCES: PortDeniedError,
    errno.EPERM: PortDeniedError,
    errno.EADDRNOTAVAIL: HostUnknownError,
}


def listen_error(host: str, port: int, cause: OSError) -> ListenError:
    """The typed error for what the operating system said."""
    kind = _KINDS.get(cause.errno, ListenError)
    return kind(host, port, cause.strerror or str(cause))

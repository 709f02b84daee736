"""Telnet: a codec without I/O (`TelnetCodec`), the encoding of output (`encode`), the listener over gevent.

    listener = TelnetListener(TelnetOptions(port=0), accept)
    host, port = listener.start()

`accept(adapter)` is called for each client and returns the sink of its events (`transports.adapter`).
"""

from transports.telnet.codec import Profile, TelnetCodec
from transports.telnet.encoding import encode
from transports.telnet.errors import (
    CertificateError,
    HostUnknownError,
    ListenError,
    PortDeniedError,
    PortInUseError,
    TelnetError,
)
from transports.telnet.listener import TelnetListener
from transports.telnet.settings import Limits, TelnetOptions
from transports.telnet.subnegotiations import Status

__all__ = [
    "CertificateError",
    "HostUnknownError",
    "Limits",
    "ListenError",
    "PortDeniedError",
    "PortInUseError",
    "Profile",
    "Status",
    "TelnetCodec",
    "TelnetError",
    "TelnetListener",
    "TelnetOptions",
    "encode",
]

"""TLS without sockets: bytes from the wire in, text bytes out, and the other way round.

`ssl.SSLObject` over memory buffers, so that a telnets connection is driven by the same event loop code as a
plain one. MCCP is never offered on top of it (compression before encryption tells lengths).
"""

import ssl
from contextlib import suppress

from transports.telnet.errors import CertificateError
from transports.telnet.settings import TelnetOptions

__all__ = ["TlsStream", "server_context"]

_READ_BYTES = 65_536


def server_context(options: TelnetOptions) -> ssl.SSLContext:
    """The context of a telnets listener. Raises CertificateError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # it would make a write wait for a read
    try:
        context.load_cert_chain(options.certfile, options.keyfile or None)
    except OSError as error:  # ssl.SSLError is one
        files = options.certfile + (f" and {options.keyfile}" if options.keyfile else "")
        reason = f"the certificate in {files} cannot be used ({error.strerror or error})"
        raise CertificateError(options.host, options.port, reason) from error
    return context


class TlsStream:
    """One connection's TLS."""

    __slots__ = ("_incoming", "_object", "_outgoing", "is_closed", "is_ready")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        #: The handshake is done.
        self.is_ready = False
        #: The client has said goodbye.
        self.is_closed = False

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the wire, return the text in them. Raises ssl.SSLError."""
        self._incoming.write(data)
        text = b""
        try:
            if not self.is_ready:
                self._object.do_handshake()
                self.is_ready = True
            while part := self._object.read(_READ_BYTES):
                text += part
            self.is_closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_closed = True
        return text

    def send(self, text: bytes) -> bytes:
        """Encrypt; returns what goes onto the wire, with anything the handshake wants to say."""
        if text:
            self._object.write(text)
        return self._outgoing.read()

    def close(self) -> bytes:
        """Say goodbye; returns what goes onto the wire."""
        with suppress(ssl.SSLError):  # the client has not said goodbye, which is not waited for
            self._object.unwrap()
        return self._outgoing.read()

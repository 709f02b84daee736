"""A client's socket in the event loop: reading, buffered writing, TLS on top, and one way to the end.

The socket is the plain C socket, not gevent's: everything is non-blocking. One watcher says "there is
something to read"; one that says "there is room again" exists only while output is stuck. The base of
`TelnetConnection`, apart so that what is about bytes does not stand between what is about sessions.
"""

from _socket import socket as Socket  # noqa: N812 - it is a class, only its module writes it small
from collections.abc import Callable
from ssl import SSLError
from typing import Any, Final

from gevent.hub import Hub

from transports.telnet.tls import TlsStream

__all__ = ["READ", "Socket", "Stream"]

# The event masks of a loop's io watchers.
READ: Final = 1
WRITE: Final = 2

# One read. Lines are short; a paste of more than this waits for the next turn, so that others get theirs.
_READ_BYTES: Final = 8192


class Stream:
    """See the module. A subclass says what follows when all is sent, and at the end."""

    __slots__ = (
        "_hub",
        "_lost",
        "_socket",
        "_stalled",
        "_timer",
        "_tls",
        "_unsent",
        "_watcher",
        "_write_limit",
        "_write_watcher",
    )

    def __init__(self, hub: Hub, socket: Socket, tls: TlsStream | None, write_limit: int) -> None:
        self._hub = hub
        self._socket = socket
        self._tls = tls
        self._write_limit = write_limit
        self._watcher = hub.loop.io(socket.fileno(), READ)
        self._write_watcher: Any = None
        self._timer: Any = None
        # What the client has not taken; and whether none of it has gone since `_is_stalled` was last asked.
        self._unsent: bytearray | None = None
        self._stalled = False
        # Why it ended; None while it lasts.
        self._lost: str | None = None

    def _on_drained(self) -> None:
        """Everything that was stuck has been sent."""

    def _on_lost(self, *, is_orderly: bool) -> None:
        """It has ended, `_lost` says why. Orderly: all is sent and the socket still open; whose now it is."""

    # -- in ---------------------------------------------------------------

    @property
    def _is_ready(self) -> bool:
        """Whether text can flow: always, but for the time of a TLS handshake."""
        return self._tls is None or self._tls.is_ready

    @property
    def _has_ended(self) -> bool:
        """Whether the client has said that no more text comes (TLS says so inside the stream)."""
        return self._tls is not None and self._tls.is_closed

    def _receive(self) -> bytes | None:
        """What has come, decrypted, perhaps nothing yet. None: there was nothing to read."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            self._lose(f"reading failed: {error.strerror or error}")
            return b""
        if not data:
            self._lose("the client closed the connection")
        return data if self._tls is None or not data else self._decrypt(self._tls, data)

    def _decrypt(self, tls: TlsStream, data: bytes) -> bytes:
        try:
            text = tls.receive(data)
        except SSLError as error:
            self._put_on_wire(tls.send(b""))  # the alert that says why
            self._lose(f"TLS failed: {error.reason or error}")
            return b""
        self._put_on_wire(tls.send(b""))
        return text

    # -- out --------------------------------------------------------------

    def _transmit(self, text: bytes) -> None:
        """Send text, encrypted if need be: now as far as the socket takes it, then as it has room."""
        if self._tls is None:
            self._put_on_wire(text)
        elif self._tls.is_ready:
            self._put_on_wire(self._tls.send(text))

    def _put_on_wire(self, data: bytes) -> None:
        if self._lost is not None:
            return
        if self._unsent is not None:
            self._unsent += data
        elif data:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._lose(f"writing failed: {error.strerror or error}")
                return
            if sent == len(data):
                return
            self._unsent = bytearray(memoryview(data)[sent:])
            self._stalled = False
            self._write_watcher = self._hub.loop.io(self._socket.fileno(), WRITE)
            self._write_watcher.start(self._on_writable)
        if self._unsent is not None and len(self._unsent) > self._write_limit:
            self._lose(f"the client reads too slowly: more than {self._write_limit} bytes wait for it")

    def _on_writable(self) -> None:
        unsent = self._unsent
        if unsent is None:
            return
        try:
            sent = self._socket.send(unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"writing failed: {error.strerror or error}")
            return
        del unsent[:sent]
        self._stalled = False
        if not unsent:
            self._unsent = None
            self._stop_write_watcher()
            self._on_drained()

    def _is_stalled(self) -> bool:
        """Whether output is stuck and nothing of it has gone since this was last asked."""
        if self._unsent is None:
            return False
        stalled, self._stalled = self._stalled, True
        return stalled

    # -- the end ----------------------------------------------------------

    def _lose(self, reason: str, *, is_orderly: bool = False) -> None:
        """The one way to the end; the first reason counts. Orderly: all is sent, and TLS says goodbye."""
        if self._lost is not None:
            return
        if is_orderly and self._tls is not None and self._tls.is_ready:
            self._put_on_wire(self._tls.close())
        self._end(reason, is_orderly)

    def _end(self, reason: str, is_orderly: bool) -> None:
        if self._lost is not None:
            return  # the goodbye could not be sent
        self._lost = reason
        self._unsent = None
        self._watcher.stop()
        self._watcher.close()
        self._stop_write_watcher()
        self._stop_timer()
        if not is_orderly:
            self._socket.close()
        self._on_lost(is_orderly=is_orderly)

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._hub.loop.timer(seconds)
        self._timer.start(callback)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None

    def _stop_write_watcher(self) -> None:
        if self._write_watcher is not None:
            self._write_watcher.stop()
            self._write_watcher.close()
            self._write_watcher = None

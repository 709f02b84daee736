"""The telnet listener: opens the port, lets connections in, sweeps over them, and closes them at the end.

Connections are accepted in bulk, straight in the event loop (a server that accepts one in a turn lets
nobody in while it is busy). Everything that could block is done in the connection's own turns.

One greenlet sweeps over all connections every ping interval. Dead peers are found by TCP itself:
TCP_USER_TIMEOUT bounds how long anything sent, a NOP or a keep-alive probe, may stay unacknowledged.
"""

import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import gevent
from gevent.event import Event as GeventEvent

from transports.adapter import Accept
from transports.telnet.admission import Admission
from transports.telnet.codec import Profile
from transports.telnet.connection import TelnetConnection
from transports.telnet.errors import HostUnknownError, listen_error
from transports.telnet.settings import TelnetOptions
from transports.telnet.stream import READ, Socket
from transports.telnet.subnegotiations import Status
from transports.telnet.tls import TlsStream, server_context
from transports.telnet.turns import Flusher, Readers

__all__ = ["TelnetListener"]

logger = logging.getLogger(__name__)

# Waiting for accept() in the kernel; it is cut to net.core.somaxconn, 4096 on Linux.
_BACKLOG: Final = 4096
# Accepted before the loop gets its turn: 15 microseconds each.
_ACCEPT_BATCH: Final = 256
# How long to wait when the process has no file descriptor left for accept().
_EXHAUSTED_SECONDS: Final = 0.5
_EXHAUSTED: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
# How long a closed client may take to read the last of what was sent before the socket goes.
_LINGER_SECONDS: Final = 2.0
# Connections swept before the loop gets its turn.
_SWEEP_BATCH: Final = 500


class TelnetListener:
    """Listens for telnet, or for telnets if the options name a certificate.

    `accept` is called once for each connection, in a greenlet that may block, and returns the sink of its
    events. `status` answers MSSP; without it MSSP is not offered.
    """

    def __init__(
        self, options: TelnetOptions, accept: Accept, *, status: Callable[[], Status] | None = None
    ) -> None:
        self.options = options
        self.accept = accept
        self.profile = Profile(options.limits, status=status)
        self.hub = gevent.get_hub()
        self.readers = Readers(self.hub)
        self.flusher = Flusher(self.hub)
        #: Connections taken since the start, and those turned away by reason.
        self.accepted = 0
        self.refused: Counter[str] = Counter()
        self._admission = Admission(options)
        self._connections: set[TelnetConnection] = set()
        self._lingering: dict[Socket, Any] = {}
        self._empty = GeventEvent()
        self._context = server_context(options) if options.certfile else None
        self._socket: Socket | None = None
        self._watcher: Any = None
        self._timer: Any = None
        self._sweeper: gevent.Greenlet[..., Any] | None = None

    @property
    def connections(self) -> int:
        """Connections open now."""
        return len(self._connections)

    def start(self) -> tuple[str, int]:
        """Listen. Returns the host and the port really taken. Raises ListenError."""
        opened = _listen(self.options.host, self.options.port)
        self._socket = opened
        self._watcher = self.hub.loop.io(opened.fileno(), READ)
        self._watcher.start(self._on_acceptable)
        if self.options.ping_interval_seconds > 0:
            self._sweeper = gevent.spawn(self._sweep_forever)
        host, port = opened.getsockname()[:2]
        logger.info("listening for %s on %s port %d", "telnets" if self._context else "telnet", host, port)
        return host, port

    def stop(self, reason: str = "the server is stopping") -> None:
        """Stop listening and close every connection; returns when every sink has had its `Disconnected`.

        Clients get `close_seconds` to take what is still buffered. Sinks that block longer are left behind.
        """
        if self._socket is None:
            return
        self._stop_listening()
        self._empty.clear()
        for connection in list(self._connections):
            connection.close(reason)
        if self._connections:
            self._empty.wait(self.options.close_seconds + 1.0)
        for connection in list(self._connections):
            connection.abort(reason)

    def _stop_listening(self) -> None:
        for watcher in (self._watcher, self._timer):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._watcher = self._timer = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._sweeper is not None:
            self._sweeper.kill(block=False)
            self._sweeper = None

    # -- accepting, in the event loop -------------------------------------

    def _on_acceptable(self) -> None:
        for _ in range(_ACCEPT_BATCH):
            if self._socket is None:
                return
            try:
                descriptor, address = self._socket._accept()  # type: ignore[attr-defined]  # it is how socket.accept does it
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(error)
                    return
                continue  # that client has gone already (ECONNABORTED and the like)
            self._meet(Socket(fileno=descriptor), address)

    def _pause(self, error: OSError) -> None:
        logger.warning("telnet: no connection can be accepted for now: %s", error.strerror)
        self._watcher.stop()
        self._timer = self.hub.loop.timer(_EXHAUSTED_SECONDS)
        self._timer.start(self._watcher.start, self._on_acceptable)

    def _meet(self, client: Socket, address: Any) -> None:
        client.setblocking(False)
        host, port = _text(address[0]), address[1]
        refusal = self._admission.admit(host, self.hub.loop.now())
        if refusal is not None:
            self._turn_away(client, host, refusal)
            return
        self.accepted += 1
        try:
            self._prepare(client)
        except OSError:
            self._admission.release(host)  # it has gone already
            client.close()
            return
        peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        tls = TlsStream(self._context) if self._context is not None else None
        connection = TelnetConnection(self, client, host, peer, tls)
        self._connections.add(connection)
        connection.begin()

    def _prepare(self, client: Socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # Clients send the DM of an interrupt as urgent data; out of line it would take a byte of text with
        # it.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        interval = self.options.ping_interval_seconds
        if interval > 0:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, max(1, int(interval)))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, int(interval / 3)))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1000, int(2000 * interval)))

    def _turn_away(self, client: Socket, host: str, refusal: str) -> None:
        self.refused[refusal] += 1
        logger.info("telnet %s: turned away: %s", host, refusal)
        if self._context is None:
            with suppress(OSError):  # it may have gone already
                client.send(refusal.encode("ascii") + b"\r\n")
        client.close()

    # -- what connections share -------------------------------------------

    def forget(self, connection: TelnetConnection) -> None:
        """A connection has ended and its sink knows."""
        self._connections.discard(connection)
        self._admission.release(connection.address)
        if not self._connections:
            self._empty.set()

    def linger(self, client: Socket) -> None:
        """Say that no more comes, and close when the client has, or soon.

        Closing at once, with something of the client's unread, would make TCP throw away what it has not
        delivered: the last words of the server.
        """
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            client.close()
            return
        watcher = self.hub.loop.io(client.fileno(), READ)
        timer = self.hub.loop.timer(_LINGER_SECONDS)
        self._lingering[client] = (watcher, timer)
        watcher.start(self._on_lingering, client)
        timer.start(self._end_lingering, client)

    def _on_lingering(self, client: Socket) -> None:
        try:
            rest = client.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            rest = b""
        if not rest:
            self._end_lingering(client)

    def _end_lingering(self, client: Socket) -> None:
        for watcher in self._lingering.pop(client, ()):
            watcher.stop()
            watcher.close()
        client.close()

    def _sweep_forever(self) -> None:
        while True:
            gevent.sleep(self.options.ping_interval_seconds)
            for count, connection in enumerate(list(self._connections), start=1):
                connection.sweep()
                if count % _SWEEP_BATCH == 0:
                    gevent.sleep(0)


def _listen(host: str, port: int) -> Socket:
    """Open the listening socket. An empty host means every address, of both families where there are both."""
    is_any = host in ("", "::", "*")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if not is_any else []
    except socket.gaierror as error:
        raise HostUnknownError(host, port, f"the host is not known ({error.strerror})") from error
    if is_any:
        try:
            return _open(socket.AF_INET6, ("::", port))
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise listen_error(host, port, error) from error
    family, address = (found[0][0], found[0][4]) if found else (socket.AF_INET, ("0.0.0.0", port))
    try:
        return _open(family, address)
    except OSError as error:
        raise listen_error(host, port, error) from error


def _open(family: int, address: Any) -> Socket:
    opened = Socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        opened.bind(address)
        opened.listen(_BACKLOG)
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


def _text(host: str) -> str:
    """An IPv4 address that came over an IPv6 socket, as people write it."""
    return host.removeprefix("::ffff:")

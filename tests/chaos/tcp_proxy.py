"""A TCP proxy that does not mean well: it cuts connections after so many bytes, stalls them, slows them down.

Bytes that it passes on it passes on whole and in order, as TCP does. It runs on gevent, in the process of the
players.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable

import gevent
from gevent.event import Event

from tests.chaos.faults import Cut

_READ_BYTES = 65_536
# SO_LINGER of zero seconds: close() sends RST instead of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)


class Pipe:
    """One connection through the proxy. `was_cut`: its end was ours; `has_ended`: it was another's."""

    def __init__(self, client: socket.socket, server: socket.socket, traffic: Traffic) -> None:
        self.was_cut = False
        self.has_ended = False
        self._ends = (client, server)
        self._traffic = traffic
        self._bytes_left: int | None = None
        self._cut = Cut.CLOSED
        self._carriers = [
            gevent.spawn(self._carry, client, server),
            gevent.spawn(self._carry, server, client),
        ]

    def cut_after(self, count: int, cut: Cut) -> None:
        """Cut it when it has carried so many bytes more, in both directions together."""
        self._bytes_left, self._cut = count, cut
        if count == 0:
            self.cut_now(cut)

    def cut_now(self, cut: Cut = Cut.RESET) -> None:
        if self.was_cut:
            return
        self.was_cut = True
        client, server = self._ends
        if cut is Cut.RESET:
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        _close(client)
        if cut is not Cut.HALF_OPEN:
            _close(server)

    def close(self) -> None:
        """Both ends, at the end of the run."""
        gevent.killall(self._carriers)
        for end in self._ends:
            _close(end)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_READ_BYTES):
                self._traffic.flows.wait()
                if self._traffic.delay_seconds:
                    gevent.sleep(self._traffic.delay_seconds)
                data = self._allowed(data)
                if not self.was_cut or data:
                    target.sendall(data)
                if self._bytes_left == 0:
                    self.cut_now(self._cut)
                if self.was_cut:
                    return
        # One end has ended: so does the other.
        if not self.was_cut:
            self.has_ended = True
            for end in self._ends:
                _close(end)

    def _allowed(self, data: bytes) -> bytes:
        if self.was_cut:
            return b""
        if self._bytes_left is None:
            return data
        data = data[: self._bytes_left]
        self._bytes_left -= len(data)
        return data


class Traffic:
    """How things go on all connections of a proxy."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.flows = Event()
        self.flows.set()


class Proxy:
    """Listens on a port of its own and passes connections on to the port that `target` names at that time.

    While it `refuses`, nobody gets through.
    """

    def __init__(self, target: Callable[[], int]) -> None:
        self.traffic = Traffic()
        self.refuses = False
        self.pipes: list[Pipe] = []
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = gevent.spawn(self._accept)

    def cut_all(self, cut: Cut = Cut.RESET) -> None:
        for pipe in self.pipes:
            pipe.cut_now(cut)

    @property
    def newest(self) -> Pipe | None:
        """The connection that came last."""
        return self.pipes[-1] if self.pipes else None

    def close(self) -> None:
        self._accepting.kill()
        self._listener.close()
        for pipe in self.pipes:
            pipe.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                if self.refuses:
                    raise ConnectionRefusedError
                server = socket.create_connection(("127.0.0.1", self._target()), timeout=5.0)
            except (OSError, KeyError):
                _close(client)
                continue
            for end in (client, server):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pipes.append(Pipe(client, server, self.traffic))


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.close()

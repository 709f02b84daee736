"""Turn-taking between the event loop and the connections: who reads, and when what was written leaves.

A greenlet for each connection costs 5 KiB and a switch for each line. Here a connection that has something
to read puts itself into a queue, and one greenlet serves all that are in it, one after the other. If a sink
blocks (that is how it slows its client down), the event loop comes back with the queue unfinished, and the
next greenlet takes over; the blocked one goes on where it was. So an idle connection owns no greenlet, and
a blocked one holds up only itself.

What connections send is collected, and leaves with one write for each connection when the callbacks that were
waiting in this turn of the loop have run.
"""

from collections import deque
from typing import Any, Protocol

import gevent
from gevent.hub import Hub

__all__ = ["Flusher", "Readers", "Served"]

# Parked greenlets kept for the next time sinks block; more are let go.
_SPARE = 8
# Connections served before the loop gets its turn: at 20 microseconds each this is 5 ms.
_BATCH = 256


class Served(Protocol):
    """A connection, as this module sees it."""

    def serve(self) -> None:
        """Do what there is to do; may block. Not called again before it has returned."""

    def flush(self) -> None:
        """Write what is pending; called in the event loop, must not block."""


class Readers:
    """The queue of connections with something to do, and the greenlets that serve them."""

    __slots__ = ("_hub", "_idle", "_is_waking", "_queue")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._queue: deque[Served] = deque()
        self._idle: list[gevent.Greenlet[..., Any]] = []
        self._is_waking = False

    def put(self, connection: Served) -> None:
        """Have this connection served soon. Callable from anywhere, the event loop included."""
        self._queue.append(connection)
        if not self._is_waking:
            self._is_waking = True
            self._hub.loop.run_callback(self._wake)

    def _wake(self) -> None:
        """In the event loop: let a greenlet work until it is done or blocks."""
        self._is_waking = False
        if self._idle:
            self._idle.pop().switch()  # comes back when it parks or blocks
        elif self._queue:
            gevent.spawn(self._work)
        if self._queue:
            self._is_waking = True
            self._hub.loop.run_callback(self._wake)

    def _work(self) -> None:
        queue = self._queue
        while True:
            for _ in range(min(len(queue), _BATCH)):
                if not queue:
                    break  # another greenlet took the rest while this one was blocked
                queue.popleft().serve()
            if len(self._idle) >= _SPARE:
                return
            self._idle.append(gevent.getcurrent())  # type: ignore[arg-type]
            self._hub.switch()


class Flusher:
    """The connections with something to write."""

    __slots__ = ("_dirty", "_hub")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._dirty: list[Served] = []

    def add(self, connection: Served) -> None:
        """Have this connection flushed at the end of the turn."""
        if not self._dirty:
            self._hub.loop.run_callback(self._flush)
        self._dirty.append(connection)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            connection.flush()

"""Writing to a socket without ever waiting: what the kernel does not take is kept and sent when it can.

Called from the loop's own callbacks, where no greenlet may block. One `send` for each call of `write` in the
usual case; a watcher exists only while something is left over.
"""

from collections.abc import Callable
from typing import Any

from gevent import get_hub
from gevent.socket import socket

__all__ = ["Outlet"]

_WRITABLE = 2  # libev's EV_WRITE


class Outlet:
    """The writing half of one connected socket. `waiting_bytes` is what the kernel has not taken yet."""

    __slots__ = ("_is_broken", "_on_empty", "_socket", "_unsent", "_watcher")

    def __init__(self, sock: socket, on_empty: Callable[[], None]) -> None:
        """`on_empty` is called from the loop when leftover bytes have gone, or never will."""
        self._socket = sock
        self._on_empty = on_empty
        self._unsent = b""
        self._watcher: Any = None
        self._is_broken = False

    @property
    def waiting_bytes(self) -> int:
        return len(self._unsent)

    def write(self, data: bytes) -> None:
        """Send now what the kernel takes and the rest later. After an error everything is dropped."""
        if self._is_broken:
            return
        if self._unsent:
            self._unsent += data
            return
        self._unsent = self._send(data)
        if self._unsent:
            self._watch()

    def close(self) -> None:
        """Forget what is left. The socket is its owner's to close."""
        self._is_broken = True
        self._unsent = b""
        self._unwatch()

    def _send(self, data: bytes) -> bytes:
        """What is left of data."""
        try:
            sent = self._socket.send(data, timeout=0.0)  # type: ignore[call-arg]  # raises instead of waiting; not in the stubs
        except (BlockingIOError, InterruptedError):
            return data
        except OSError:
            # The reader learns the reason from the same socket; here it only means that writing is over.
            self._is_broken = True
            return b""
        return data[sent:]

    def _watch(self) -> None:
        watcher = get_hub().loop.io(self._socket.fileno(), _WRITABLE)
        watcher.start(self._continue)
        self._watcher = watcher

    def _continue(self) -> None:
        self._unsent = self._send(self._unsent)
        if not self._unsent:
            self._unwatch()
            self._on_empty()

    def _unwatch(self) -> None:
        watcher = self._watcher
        if watcher is not None:
            self._watcher = None
            watcher.stop()
            watcher.close()

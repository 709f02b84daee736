"""Answers on the operators' port while the loop of the process stands still, from a thread outside of it.

The listening socket is the process's, not the loop's: whoever accepts first has the connection. While nothing
turns, this says 503 to everything, so that a probe of `/readyz` is told at once instead of running into its
time limit, and an operator's command says who it is that blocks. A connection that the loop had accepted
before is not answered: its client runs into its time limit.

Nothing of gevent is touched: `_socket` is what the standard library's socket is made of, and gevent patches
that.
"""

import _socket
import contextlib
import json
import os
from typing import Final

# Connections answered in one look of the watchdog, and how long one of them may take to be read from. A
# request of a probe or a command is there at once; who is slower gets its answer unread.
ANSWERS_A_LOOK: Final = 8
READ_SECONDS: Final = 0.02
REQUEST_BYTES: Final = 16_384


class StandIn:
    """Made over the descriptor of a listening socket, which may be closed later."""

    def __init__(self, descriptor: int) -> None:
        # A duplicate shares the flag that makes the socket non-blocking: an accept comes back at once.
        self._listening = _socket.socket(fileno=os.dup(descriptor))

    def answer(self, why: str) -> None:
        """Tell all who wait. Never blocks for long, never raises for what a client does."""
        for _ in range(ANSWERS_A_LOOK):
            try:
                # The stubs know only the public name, which the class of the standard library adds.
                descriptor, _ = self._listening._accept()  # type: ignore[attr-defined]
            except OSError:
                return  # nobody waits, or the socket is closed
            with contextlib.suppress(OSError):
                _tell(_socket.socket(fileno=descriptor), why)

    def close(self) -> None:
        self._listening.close()


def _tell(client: _socket.socket, why: str) -> None:
    try:
        client.settimeout(READ_SECONDS)
        # Unread bytes would turn the close into a reset, and the answer would be lost.
        with contextlib.suppress(TimeoutError):
            client.recv(REQUEST_BYTES)
        client.send(_answer(why))
        client.shutdown(_socket.SHUT_WR)
    finally:
        client.close()


def _answer(why: str) -> bytes:
    body = json.dumps({"is_ready": False, "failing": ["loop"], "is_blocked": True, "error": why}).encode()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body

"""Clients that connect and then do nothing: `python -m tests.benchmarks.idle_clients KIND PORT COUNT`.

Prints a line when all are connected, and closes them when its standard input ends. `telnet` agrees on what a
usual client has (window size, terminal type), `websocket` upgrades with the page's subprotocol.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable

IAC_HELLO = bytes.fromhex("fffb1f fffa1f00640028fff0 fffb18")
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: json.wyld-actors\r\n\r\n"
)
# Clients that have connected and not been answered yet; the others wait.
AT_ONCE = 100
ANSWER_SECONDS = 60.0
HELLOS = {"telnet": IAC_HELLO, "websocket": UPGRADE}
# What says that somebody has been taken in: the last word of the login's question or of a bare listener's
# greeting; before that the transport alone has answered.
TAKEN_IN = {"telnet": (b"to make one", b"Welcome."), "websocket": (b"\r\n\r\n",)}


def connect(kind: str, port: int, count: int) -> list[socket.socket]:
    """All of them, each taken in. Raises OSError for one that is not."""
    clients: list[socket.socket] = []
    while len(clients) < count:
        batch = [_connect(kind, port) for _ in range(min(AT_ONCE, count - len(clients)))]
        for client in batch:
            _wait(client, TAKEN_IN[kind])
        clients += batch
    return clients


def _wait(client: socket.socket, words: tuple[bytes, ...]) -> None:
    heard = b""
    while not any(word in heard for word in words):
        data = client.recv(65_536)
        if not data:
            raise ConnectionError(f"a client was not taken in: {heard!r}")
        heard += data


def _connect(kind: str, port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
    client.sendall(HELLOS[kind])
    return client


def main(kind: str, port: int, count: int, say: Callable[[str], int]) -> None:
    began = time.perf_counter()
    clients = connect(kind, port, count)
    say(f"{len(clients)} {time.perf_counter() - began}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.stdout.write)

"""The echo server of the conformance suites, started as they start it, and what they ask of it."""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Opcode
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.transports.websocket.conftest import DEADLINE_SECONDS
from tests.transports.websocket.frames import frame

ROOT = Path(__file__).parents[3]
MEBIBYTE = 1024 * 1024

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.servers.websocket_echo", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, MEBIBYTE, 16 * MEBIBYTE])
def test_messages_of_every_size_come_back(url: str, size: int, compression: str | None) -> None:
    data = random.Random(size).randbytes(size)
    with connect(url, compression=compression, max_size=None, open_timeout=DEADLINE_SECONDS) as client:
        client.send(data)
        assert client.recv(timeout=DEADLINE_SECONDS) == data
        client.send("ä" * (size // 2))
        assert client.recv(timeout=DEADLINE_SECONDS) == "ä" * (size // 2)


def test_a_message_above_sixteen_mebibytes_is_refused(url: str) -> None:
    with connect(url, compression=None, max_size=None) as client:
        client.send(bytes(16 * MEBIBYTE + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv(timeout=DEADLINE_SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_many_small_fragments_are_one_message(url: str) -> None:
    with connect(url, compression=None, max_size=None) as client:
        client.send(b"x" * 64 for _ in range(16_384))
        assert client.recv(timeout=DEADLINE_SECONDS) == b"x" * MEBIBYTE


def test_every_path_and_origin_is_served(url: str) -> None:
    with connect(url + "any/path?agent=suite", origin=Origin("https://elsewhere.example")) as client:
        client.send("hello")
        assert client.recv(timeout=DEADLINE_SECONDS) == "hello"


def test_a_stream_cut_into_single_bytes_is_understood(url: str) -> None:
    with raw(url) as client:
        for byte in frame(Opcode.TEXT, b"hello") + frame(Opcode.PING, b"now") + frame(Opcode.CLOSE):
            client.sendall(bytes([byte]))
        assert received(client) == b"\x81\x05hello\x8a\x03now\x88\x00"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(Opcode.TEXT, b"a", reserved=0x40), 1002),
        (frame(Opcode.TEXT, b"a", reserved=0x10), 1002),
        (frame(3), 1002),
        (frame(Opcode.PING, b"x" * 126), 1002),
        (frame(Opcode.CONT, b"x"), 1002),
        (frame(Opcode.CLOSE, (1005).to_bytes(2)), 1002),
        (frame(Opcode.TEXT, b"\xce\xba\xed\xa0\x80edited"), 1007),
        # Fail fast: neither the frame nor the message is complete.
        (frame(Opcode.TEXT, b"\xce\xba\xf4\x90\x80\x80" + b"x" * 1000)[:30], 1007),
        (frame(Opcode.TEXT, b"\xce\xba", fin=False) + frame(Opcode.CONT, b"\xff", fin=False), 1007),
    ],
)
def test_what_is_illegal_fails_the_connection(url: str, data: bytes, code: int) -> None:
    with raw(url) as client:
        client.sendall(data)
        answer = received(client)
        assert answer[0] == 0x80 | Opcode.CLOSE
        assert int.from_bytes(answer[2:4]) == code


def test_what_came_before_an_illegal_frame_is_still_answered(url: str) -> None:
    with raw(url) as client:
        client.sendall(frame(Opcode.TEXT, b"first") + frame(11, b"x"))
        assert received(client).startswith(b"\x81\x05first\x88")


def raw(url: str) -> socket.socket:
    host, _, port = url.removeprefix("ws://").rstrip("/").partition(":")
    client = socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS)
    client.sendall(
        b"GET / HTTP/1.1\r\nHost: suite\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return client


def received(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    data = b""
    while piece := client.recv(65_536):
        data += piece
    return data

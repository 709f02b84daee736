"""The answer to probes while the loop stands still. No loop turns in these tests but the client's."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from actors.admin.stand_in import StandIn


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def client_of(listening: socket.socket) -> socket.socket:
    client = socket.create_connection(listening.getsockname())
    client.settimeout(5)
    return client


def all_of(client: socket.socket) -> bytes:
    received = b""
    while piece := client.recv(4096):
        received += piece
    return received


def test_who_asks_is_told_at_once_that_the_process_is_unready_and_why(listening: socket.socket) -> None:
    stand_in = StandIn(listening.fileno())
    with client_of(listening) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")

        stand_in.answer("blocked by /world/npc")

        head, _, body = all_of(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body) == {
        "is_ready": False,
        "failing": ["loop"],
        "is_blocked": True,
        "error": "blocked by /world/npc",
    }
    stand_in.close()


def test_with_nobody_there_it_returns_at_once(listening: socket.socket) -> None:
    stand_in = StandIn(listening.fileno())
    begun = time.monotonic()

    stand_in.answer("why")

    assert time.monotonic() - begun < 1.0
    stand_in.close()


def test_a_client_that_says_nothing_gets_the_answer_as_well(listening: socket.socket) -> None:
    stand_in = StandIn(listening.fileno())
    with client_of(listening) as client:
        stand_in.answer("why")

        assert b"503" in all_of(client)
    stand_in.close()


def test_a_client_that_is_gone_hurts_nobody(listening: socket.socket) -> None:
    stand_in = StandIn(listening.fileno())
    client_of(listening).close()
    with client_of(listening) as next_one:
        stand_in.answer("why")

        assert b"503" in all_of(next_one)
    stand_in.close()


def test_a_socket_that_was_closed_is_no_error(listening: socket.socket) -> None:
    stand_in = StandIn(listening.fileno())
    stand_in.close()

    stand_in.answer("why")

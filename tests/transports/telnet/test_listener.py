"""The listener: ports, limits, many at once, TLS, and an orderly end."""

import errno
import ssl
from pathlib import Path
from typing import Any

import pytest
from gevent import socket

from tests.transports.telnet.conftest import DEADLINE_SECONDS, Server, wait_until
from transports.adapter import Adapter, Event, LineReceived
from transports.telnet import (
    CertificateError,
    HostUnknownError,
    ListenError,
    PortDeniedError,
    PortInUseError,
    TelnetListener,
    TelnetOptions,
)
from transports.telnet.errors import listen_error

CERTIFICATE = str(Path(__file__).parent / "localhost.pem")


def answer_lines(adapter: Adapter, event: Event) -> None:
    if isinstance(event, LineReceived):
        adapter.send_line(f"heard {event.text}")


def nobody(adapter: Adapter) -> Any:
    raise AssertionError("nobody was to connect")


def test_port_0_is_any_free_port(running: Server) -> None:
    host, port = running.address

    assert host == "127.0.0.1"
    assert port > 0


def test_a_port_in_use_is_said_with_host_port_and_mend(running: Server) -> None:
    port = running.address[1]

    with pytest.raises(PortInUseError) as caught:
        TelnetListener(TelnetOptions(port=port), nobody).start()

    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "choose another port" in str(caught.value)


def test_a_host_of_another_machine_is_said() -> None:
    with pytest.raises(HostUnknownError, match=r"192\.0\.2\.1"):
        TelnetListener(TelnetOptions(host="192.0.2.1", port=0), nobody).start()


def test_a_port_without_privilege_is_said() -> None:
    error = listen_error("::", 23, PermissionError(errno.EACCES, "Permission denied"))

    assert isinstance(error, PortDeniedError)
    assert "[::]:23" in str(error)


def test_a_name_is_a_host(server: Server) -> None:
    server.start(TelnetOptions(host="localhost", port=0))

    client, session = server.connect()
    client.send(b"look\r\n")

    assert session.wait_for_lines(1) == ["look"]


def test_no_host_is_every_address_and_ipv4_keeps_its_looks(server: Server) -> None:
    server.start(TelnetOptions(host="", port=0))
    server.address = ("127.0.0.1", server.address[1])

    _, session = server.connect()

    assert session.adapter.peer.startswith("127.0.0.1:")


def test_many_who_come_at_once_are_all_let_in(running: Server) -> None:
    running.on_event = answer_lines
    clients = [running.visit() for _ in range(300)]

    for number, client in enumerate(clients):
        client.send(b"%d\r\n" % number)

    for number, client in enumerate(clients):
        client.read_until(b"heard %d\r\n" % number)
    assert running.listener.accepted == running.listener.connections == 300


def test_one_too_many_of_an_address_is_told_and_closed(server: Server) -> None:
    server.start(TelnetOptions(port=0, connections_per_address=1, limit_loopback=True))
    first, _ = server.connect()

    second = server.visit()

    assert b"Too many connections" in second.read_to_end()
    assert sum(server.listener.refused.values()) == 1
    first.close()
    wait_until(lambda: server.listener.connections == 0)
    server.connect()


def test_a_full_server_says_so(server: Server) -> None:
    server.start(TelnetOptions(port=0, max_connections=1))
    server.connect()

    assert b"full" in server.visit().read_to_end()


def test_stopping_tells_everyone_and_closes_the_port(running: Server) -> None:
    pairs = [running.connect() for _ in range(3)]

    running.listener.stop("shutdown")

    assert [session.endings for _, session in pairs] == [["shutdown"]] * 3
    assert running.listener.connections == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(running.address, timeout=DEADLINE_SECONDS)
    running.listener.stop()


def test_output_before_the_stop_still_arrives(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send_line("The server goes down.")

    running.listener.stop()

    assert client.read_to_end() == b"The server goes down.\r\n"


def test_a_status_is_given_to_crawlers(server: Server) -> None:
    server.start(TelnetOptions(port=0), status=lambda: {"NAME": "Wyld", "PLAYERS": 3})
    client, _ = server.connect()

    client.send(b"\xff\xfd\x46")

    client.read_until(b"\xff\xfa\x46\x01NAME\x02Wyld\x01PLAYERS\x023\xff\xf0")


# -- telnets ------------------------------------------------------------------


def wrap(plain: Any) -> Any:
    context = ssl.create_default_context(cafile=CERTIFICATE)
    return context.wrap_socket(plain, server_hostname="localhost")


@pytest.fixture
def secure(server: Server) -> Server:
    server.on_event = answer_lines
    server.start(TelnetOptions(port=0, certfile=CERTIFICATE))
    return server


def test_telnets_carries_the_same_session(secure: Server) -> None:
    client, session = secure.connect(wrap)

    client.send(b"look\r\n")

    client.read_until(b"heard look\r\n")
    assert session.adapter.capabilities.encrypted
    client.close()
    session.wait_for_end()


def test_telnets_carries_more_than_a_record(secure: Server) -> None:
    client, session = secure.connect(wrap)
    text = b"x" * 200_000 + b"\r\n"

    session.adapter.send((text,))
    assert client.read_until(b"\r\n") == text
    client.send(b"look\r\n" * 10_000)
    assert len(session.wait_for_lines(10_000)) == 10_000


def test_closing_telnets_delivers_what_was_sent_before(secure: Server) -> None:
    client, session = secure.connect(wrap)

    session.adapter.send_line("Farewell.")
    session.adapter.close("quit")

    assert client.read_to_end() == b"Farewell.\r\n"
    assert session.wait_for_end() == "quit"


def test_plain_telnet_to_a_telnets_port_never_becomes_a_session(secure: Server) -> None:
    client = secure.visit()

    client.send(b"look at the sky, it is blue\r\n")

    client.read_to_end()
    wait_until(lambda: secure.listener.connections == 0)
    assert secure.sessions == []


def test_a_handshake_that_does_not_come_is_not_waited_for(server: Server) -> None:
    server.start(TelnetOptions(port=0, certfile=CERTIFICATE, handshake_seconds=0.05))

    assert server.visit().read_to_end() == b""
    assert server.sessions == []


@pytest.mark.parametrize("certfile", ["/nowhere/certificate.pem", __file__])
def test_a_certificate_that_cannot_be_used_is_said(certfile: str) -> None:
    with pytest.raises(CertificateError) as caught:
        TelnetListener(TelnetOptions(certfile=certfile), nobody)

    assert isinstance(caught.value, ListenError)
    assert certfile in str(caught.value)

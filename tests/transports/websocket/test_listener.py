"""The transport over real sockets: what a session sees, and what a client cannot do."""

import gc
import json
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from greenlet import greenlet
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import ClientConnection

from tests.transports.websocket.conftest import DEADLINE_SECONDS, Game, Site
from tests.transports.websocket.frames import frame
from transports.adapter import (
    Adapter,
    BinaryReceived,
    CapabilitiesChanged,
    DataReceived,
    Disconnected,
    Event,
    LineReceived,
    LineRefused,
    PingReceived,
    PongReceived,
    ProtocolViolated,
)
from transports.websocket import JSON_RENDERING, PortInUse, WebListener, WebOptions, encode
from transports.websocket.errors import ListenFailed

Serve = Callable[..., Site]


def receive(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=DEADLINE_SECONDS))


def say(client: ClientConnection, /, **fields: object) -> None:
    client.send(json.dumps(fields))


# A conversation


def test_a_line_reaches_the_sink_and_is_acknowledged(serve: Serve, game: Game) -> None:
    client = serve().connect()

    say(client, t="line", n=1, text="look")

    # Without a name of its own, a client has no numbers that count beyond this connection.
    assert game.event() == LineReceived("look")
    assert receive(client) == [{"t": "ack", "n": 1}]


def test_what_is_sent_in_one_turn_is_one_message(serve: Serve, game: Game) -> None:
    client = serve().connect()
    adapter = game.adapter()

    adapter.set_echo(False)
    adapter.set_echo(False)
    adapter.send_line("Welcome")
    adapter.send(
        [encode("You see ", JSON_RENDERING), encode("nothing.\n", JSON_RENDERING)],
        prompt=encode("> ", JSON_RENDERING),
    )
    adapter.send_data("Char.Vitals", {"hp": 20})
    adapter.send_data("status", {"world": "away"})

    assert receive(client) == [
        {"t": "echo", "on": False},
        {"t": "text", "spans": [["", "Welcome\n"]]},
        {"t": "text", "spans": [["", "You see "]]},
        {"t": "text", "spans": [["", "nothing.\n"]]},
        {"t": "prompt", "spans": [["", "> "]]},
        {"t": "data", "package": "Char.Vitals", "value": {"hp": 20}},
        {"t": "status", "world": "away"},
    ]


def test_a_hello_changes_the_capabilities(serve: Serve, game: Game) -> None:
    client = serve().connect()
    say(client, t="hello", columns=100, rows=40, client="page", version="1")

    event = game.event()

    assert isinstance(event, CapabilitiesChanged)
    adapter = game.adapter()
    assert adapter.capabilities == event.capabilities
    assert (event.capabilities.columns, event.capabilities.rows) == (100, 40)
    assert event.capabilities.client_name == "page"
    assert event.capabilities.rendering is JSON_RENDERING
    assert "websockets" in event.capabilities.user_agent
    assert adapter.peer.startswith("127.0.0.1:")


def test_the_page_gets_an_answer_to_its_heartbeat(serve: Serve, game: Game) -> None:
    client = serve().connect()
    say(client, t="ping", at=12.5)
    assert receive(client) == [{"t": "pong", "at": 12.5}]
    assert game.events.empty()


def test_data_of_the_client_is_an_event(serve: Serve, game: Game) -> None:
    client = serve().connect()
    say(client, t="data", package="Core.Supports.Set", value=["Char 1"])
    assert game.event() == DataReceived("Core.Supports.Set", ["Char 1"])


def test_pings_and_pongs_are_events(serve: Serve, game: Game) -> None:
    client = serve().connect()
    assert client.ping(b"there?").wait(DEADLINE_SECONDS)
    client.pong()
    assert [game.event(), game.event()] == [PingReceived(), PongReceived()]


@pytest.mark.parametrize(
    ("message", "code"),
    [("look", "bad-json"), ('{"t":"dance"}', "bad-message"), (b"x", "binary-not-expected")],
)
def test_a_message_that_is_not_understood_is_explained_and_the_connection_lives(
    serve: Serve, game: Game, message: str | bytes, code: str
) -> None:
    client = serve().connect()

    client.send(message)

    error = receive(client)[0]
    assert (error["t"], error["code"]) == ("error", code)
    assert isinstance(game.event(), ProtocolViolated)
    say(client, t="line", text="look")
    assert game.event() == LineReceived("look")


def test_a_line_too_long_is_refused_and_the_session_is_told(serve: Serve, game: Game) -> None:
    client = serve(line_limit_bytes=10).connect()

    say(client, t="line", n=4, text="x" * 11)

    assert game.event() == LineRefused("This line was not taken: it is longer than 10 bytes.", 10)
    assert receive(client)[0]["n"] == 4


def test_data_that_is_no_json_is_dropped(serve: Serve, game: Game) -> None:
    client = serve().connect()
    adapter = game.adapter()
    cycle: list[object] = []
    cycle.append(cycle)

    adapter.send_data("x", cycle)
    adapter.send_data("y", "\ud800")
    adapter.send_data("z", object)

    assert receive(client) == [{"t": "data", "package": "z", "value": "<class 'object'>"}]


def test_raw_mode_gives_messages_as_they_are(serve: Serve, game: Game) -> None:
    client = serve(subprotocols=()).connect(compression="deflate")
    game.on_event = echo

    client.send("{not json")
    assert client.recv(timeout=DEADLINE_SECONDS) == "{not json"
    client.send(b"\x00\xff" * 40_000)
    assert client.recv(timeout=DEADLINE_SECONDS) == b"\x00\xff" * 40_000

    assert game.event() == LineReceived("{not json")
    assert isinstance(game.event(), BinaryReceived)


def echo(adapter: Adapter, event: Event) -> None:
    match event:
        case LineReceived(text=text):
            adapter.send_text(text)
        case BinaryReceived(data=data):
            adapter.send_binary(data)
        case _:
            pass


# The end


def disconnects(game: Game) -> list[Event]:
    """Events up to Disconnected, and whatever came after it in the next turns of the loop."""
    events = [game.event()]
    while not isinstance(events[-1], Disconnected):
        events.append(game.event())
    gevent.idle()
    return [event for event in [*events, *game.events.queue] if isinstance(event, Disconnected)]


def test_a_client_that_closes_is_disconnected_once(serve: Serve, game: Game) -> None:
    client = serve().connect()
    client.close(1000, "done")
    assert disconnects(game) == [Disconnected("closed by the client (1000: done)")]


def test_a_client_that_vanishes_is_disconnected_once(serve: Serve, game: Game) -> None:
    client = serve().connect()
    game.adapter()
    client.socket.shutdown(socket.SHUT_RDWR)
    assert disconnects(game) == [Disconnected("the stream ended without a close frame (1006)")]


def test_a_session_that_closes_says_goodbye_after_its_last_words(serve: Serve, game: Game) -> None:
    client = serve().connect()
    adapter = game.adapter()

    adapter.send_line("Good night.")
    adapter.close("you have quit")
    adapter.close("again")
    adapter.send_line("too late")

    assert receive(client) == [
        {"t": "text", "spans": [["", "Good night.\n"]]},
        {"t": "bye", "reason": "you have quit", "again": False},
    ]
    with pytest.raises(ConnectionClosed):
        client.recv(timeout=DEADLINE_SECONDS)
    assert (client.close_code, client.close_reason) == (1000, "you have quit")
    assert disconnects(game) == [Disconnected("you have quit")]


def test_the_line_that_makes_a_session_close_is_acknowledged(serve: Serve, game: Game) -> None:
    client = serve().connect()
    game.on_event = lambda adapter, event: adapter.close("bye") if isinstance(event, LineReceived) else None

    say(client, t="line", n=9, text="quit")

    assert {"t": "ack", "n": 9} in receive(client)


def test_a_client_that_never_answers_a_close_is_cut(serve: Serve, game: Game) -> None:
    site = serve(close_timeout_seconds=0.05)
    raw_client(site)
    game.adapter().close("good night")
    assert disconnects(game) == [Disconnected("good night")]


def test_a_stopped_listener_keeps_its_connections_and_asks_them_to_come_again(
    serve: Serve, game: Game
) -> None:
    site = serve()
    client = site.connect()
    adapter = game.adapter()

    site.listener.stop()
    adapter.send_line("still here")
    assert receive(client)[0]["spans"] == [["", "still here\n"]]
    site.listener.close_connections("the server restarts")

    assert receive(client) == [{"t": "bye", "reason": "the server restarts", "again": True}]
    with pytest.raises(ConnectionClosed):
        client.recv(timeout=DEADLINE_SECONDS)
    assert client.close_code == 1012
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((site.host, site.port), timeout=DEADLINE_SECONDS)


def test_an_error_in_the_application_closes_only_its_connection(
    serve: Serve, game: Game, caplog: pytest.LogCaptureFixture
) -> None:
    site = serve()
    client, other = site.connect(), site.connect()

    def fail(_: Adapter, event: Event) -> None:
        if event == LineReceived("fail"):
            raise ValueError("the application fails")

    game.on_event = fail
    say(client, t="line", text="fail")

    with pytest.raises(ConnectionClosed):
        client.recv(timeout=DEADLINE_SECONDS)
    assert client.close_code == 1011
    assert "the application fails" in caplog.text
    say(other, t="ping", at=1)
    assert receive(other) == [{"t": "pong", "at": 1}]


# Limits


def raw_client(site: Site, *, receive_buffer: int = 0) -> socket.socket:
    """A client below the library: the handshake is done, the rest is up to the test."""
    client = site.clients.enter_context(socket.socket())
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(DEADLINE_SECONDS)
    client.connect((site.host, site.port))
    client.sendall(handshake(site))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return client


def handshake(site: Site) -> bytes:
    return (
        f"GET /ws HTTP/1.1\r\nHost: {site.host}:{site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def read_all(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = b""
    while data := client.recv(65_536):
        received += data
    return received


def test_frames_in_the_same_packet_as_the_handshake_are_not_lost(serve: Serve, game: Game) -> None:
    site = serve()
    with socket.create_connection((site.host, site.port), timeout=DEADLINE_SECONDS) as client:
        client.sendall(handshake(site) + frame(Opcode.TEXT, b'{"t":"line","text":"early"}'))
        assert game.event() == LineReceived("early")


def test_an_idle_connection_owns_no_greenlet_and_is_read_when_something_comes(
    serve: Serve, game: Game
) -> None:
    site = serve()
    before = greenlets()

    clients = [raw_client(site) for _ in range(5)]

    for _ in clients:
        game.adapter()
    gevent.idle()
    assert greenlets() <= before
    for number, client in enumerate(clients):
        client.sendall(frame(Opcode.TEXT, f'{{"t":"line","text":"{number}"}}'.encode()))
        assert game.event() == LineReceived(str(number))
        client.close()
        assert isinstance(game.event(), Disconnected)


def greenlets() -> int:
    """How many are there, dead ones not counted."""
    # By its type: a proxy would be asked for what it stands for.
    found = [one for one in gc.get_objects() if issubclass(type(one), greenlet)]
    return sum(not one.dead for one in found)


def test_a_message_over_the_limit_ends_with_1009(serve: Serve) -> None:
    client = serve(message_limit_bytes=1000).connect()
    client.send("x" * 1001)
    with pytest.raises(ConnectionClosedError):
        client.recv(timeout=DEADLINE_SECONDS)
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 1009


def test_an_inflated_bomb_ends_with_1009(serve: Serve) -> None:
    client = serve(message_limit_bytes=100_000).connect(compression="deflate")
    client.send(b"\x00" * 20_000_000)
    with pytest.raises(ConnectionClosedError):
        client.recv(timeout=DEADLINE_SECONDS)
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 1009


def test_a_hundred_thousand_pings_do_not_hold_up_the_others(serve: Serve, game: Game) -> None:
    site = serve(subprotocols=())
    game.on_event = echo
    other = site.connect()
    flood = raw_client(site)
    flooding = gevent.spawn(send_all, flood, frame(Opcode.PING) * 100_000)

    slowest = 0.0
    while not flooding.dead:
        started = time.perf_counter()
        other.send("hello")
        assert other.recv(timeout=DEADLINE_SECONDS) == "hello"
        slowest = max(slowest, time.perf_counter() - started)

    assert slowest < 0.5
    received = read_all(flood)
    assert b"too many control frames" in received


def send_all(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError:
        return  # the server has had enough


def test_a_client_that_does_not_read_is_closed_at_the_limit(serve: Serve, game: Game) -> None:
    site = serve(write_limit_bytes=100_000, close_timeout_seconds=0.2)
    raw_client(site, receive_buffer=4096)
    adapter = game.adapter()

    for _ in range(2000):
        adapter.send_line("x" * 10_000)
        gevent.sleep(0)

    assert disconnects(game) == [Disconnected("you do not read what is sent to you")]


def test_a_client_that_reads_too_late_still_learns_why(serve: Serve, game: Game) -> None:
    site = serve(write_limit_bytes=100_000)
    client = raw_client(site, receive_buffer=4096)
    adapter = game.adapter()
    for _ in range(2000):
        adapter.send_line("x" * 10_000)
        gevent.sleep(0)

    received = read_all(client)

    assert received.endswith((1008).to_bytes(2) + b"you do not read what is sent to you")


def test_a_client_that_reads_slowly_gets_everything_in_order(serve: Serve, game: Game) -> None:
    site = serve(subprotocols=())
    client = raw_client(site, receive_buffer=4096)
    adapter = game.adapter()

    for number in range(100):
        adapter.send_text(f"{number:05} " + "x" * 5000)
    adapter.close("done")

    received = read_all(client)
    assert re.findall(rb"(\d{5}) x", received) == [b"%05d" % number for number in range(100)]
    assert received.endswith(b"done")


def test_a_silent_client_is_pinged_and_then_closed(serve: Serve, game: Game) -> None:
    site = serve(ping_interval_seconds=0.05, client_timeout_seconds=0.2, close_timeout_seconds=0.1)
    client = raw_client(site)

    received = read_all(client)

    assert received.startswith(bytes([0x80 | Opcode.PING, 0]))
    assert b"nothing heard" in received
    assert "nothing heard" in str(disconnects(game)[0])


def test_a_client_that_answers_pings_stays(serve: Serve, game: Game) -> None:
    site = serve(ping_interval_seconds=0.05, client_timeout_seconds=0.2, close_timeout_seconds=0.1)
    site.connect()
    assert [game.event() for _ in range(8)] == [PongReceived()] * 8


# HTTP


def http(site: Site, request: bytes) -> bytes:
    with socket.create_connection((site.host, site.port), timeout=DEADLINE_SECONDS) as client:
        client.sendall(request)
        return read_all(client)


def test_a_half_sent_request_is_ended_in_time(serve: Serve) -> None:
    assert http(serve(handshake_timeout_seconds=0.05), b"GET / HTTP/1.1\r\nHost:").startswith(
        b"HTTP/1.1 408 "
    )


def test_a_connection_that_says_nothing_is_ended_in_time(serve: Serve) -> None:
    assert http(serve(handshake_timeout_seconds=0.05), b"") == b""


@pytest.mark.parametrize(
    "header",
    [b"X: " + b"x" * 5000 + b"\r\n", b"X: y\r\n" * 99 + b"Z: " + b"z" * 700 + b"\r\n", b"X: y\r\n" * 200],
    ids=["long line", "many bytes", "many lines"],
)
def test_headers_have_a_limit(serve: Serve, header: bytes) -> None:
    site = serve(header_limit_bytes=1200 if len(header) < 1500 else 4000)
    assert http(site, b"GET / HTTP/1.1\r\n" + header + b"\r\n").startswith(b"HTTP/1.1 431 ")


def test_a_body_has_a_limit(serve: Serve) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"
    assert http(serve(), request).startswith(b"HTTP/1.1 413 ")


def test_what_is_not_http_is_a_bad_request(serve: Serve) -> None:
    assert http(serve(), b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_on_another_path_belongs_to_the_application(serve: Serve) -> None:
    with pytest.raises(InvalidStatus) as refused:
        serve().connect(path="/elsewhere")
    assert refused.value.response.status_code == 404


def test_an_upgrade_with_a_body_is_refused(serve: Serve) -> None:
    site = serve()
    request = handshake(site).replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\nhi")
    assert http(site, request).startswith(b"HTTP/1.1 400 ")


def test_a_foreign_page_cannot_open_a_socket(serve: Serve) -> None:
    site = serve()
    request = handshake(site).replace(b"\r\n\r\n", b"\r\nOrigin: https://evil.example\r\n\r\n")
    assert http(site, request).startswith(b"HTTP/1.1 403 ")


def test_connections_of_one_address_are_limited(serve: Serve) -> None:
    site = serve(connections_per_address=2)
    raw_client(site)
    raw_client(site)
    assert http(site, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503 ")


def test_a_place_is_free_again_when_a_client_has_gone(serve: Serve, game: Game) -> None:
    site = serve(connections_per_address=1)
    raw_client(site).close()
    disconnects(game)
    gevent.idle()
    raw_client(site)


# Listening


def test_a_port_in_use_is_an_error_that_names_the_mend(serve: Serve, game: Game) -> None:
    site = serve()
    with pytest.raises(PortInUse) as refused:
        WebListener(WebOptions(port=site.port), game.accept).start()
    message = str(refused.value)
    assert f"127.0.0.1 port {site.port}" in message
    assert "another port" in message


def test_an_address_that_is_not_ours_is_an_error_that_names_it(game: Game) -> None:
    with pytest.raises(ListenFailed, match=r"192\.0\.2\.1 port 8080"):
        WebListener(WebOptions(host="192.0.2.1"), game.accept).start()


def test_a_port_can_be_used_again_at_once(serve: Serve, game: Game) -> None:
    site = serve()
    client = site.connect()
    site.listener.stop()
    again = WebListener(WebOptions(port=site.port), game.accept)
    assert again.start() == (site.host, site.port)
    again.stop()
    say(client, t="ping", at=1)
    assert receive(client) == [{"t": "pong", "at": 1}]

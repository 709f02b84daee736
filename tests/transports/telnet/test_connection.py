"""A connection over a real socket: lines in, output and prompts out, and one end, whatever happens."""

import struct
from contextlib import suppress

import gevent
import pytest
from gevent import socket
from gevent.event import Event as Signal

from tests.transports.telnet.conftest import DEADLINE_SECONDS, Server, wait_until
from transports.adapter import (
    Adapter,
    Capabilities,
    Colour,
    DataReceived,
    Disconnected,
    Event,
    LineReceived,
    LineRefused,
    Negotiated,
    ProtocolViolated,
)
from transports.markup import styled
from transports.telnet import TelnetOptions


def test_lines_arrive_and_answers_come_back(running: Server) -> None:
    running.on_event = lambda adapter, event: (
        adapter.send_line(event.text.upper()) if isinstance(event, LineReceived) else None
    )
    client, session = running.connect()

    client.send(b"look\r\nnor")
    client.send(b"th\r\n")

    assert client.read_until(b"NORTH\r\n").endswith(b"LOOK\r\nNORTH\r\n")
    assert session.lines == ["look", "north"]
    assert session.adapter.protocol == "telnet"
    assert session.adapter.peer.startswith("127.0.0.1:")


def test_the_session_starts_knowing_nothing_and_learns(running: Server) -> None:
    client, session = running.connect()
    assert session.adapter.capabilities == Capabilities()

    client.send(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x64\x00\x28\xff\xf0")
    wait_until(lambda: session.adapter.capabilities.columns == 100)

    assert Negotiated("NAWS", "remote", True) in session.events


def test_output_is_rendered_for_the_client(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send_line(styled("npc", "Müller"))
    assert client.read_until(b"\r\n") == b"Muller\r\n"

    client.send(b"\xff\xfb\x18\xff\xfa\x18\x00XTERM-256COLOR\xff\xf0\xff\xfa\x18\x00MTTS 13\xff\xf0")
    wait_until(lambda: session.adapter.capabilities.rendering.colour is Colour.ANSI256)
    session.adapter.send_line(styled("npc", "Müller"))

    assert client.read_until(b"\r\n").endswith("\x1b[38;5;173mMüller\x1b[0m\r\n".encode())


def test_all_output_of_one_turn_leaves_in_one_piece(running: Server) -> None:
    client, session = running.connect()
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    for _ in range(10):
        session.adapter.send((b"one\r\n",))
    session.adapter.send((b"two\r\n",), b"> ")

    assert client.socket.recv(65_536) == b"one\r\n" * 10 + b"two\r\n> "


def test_data_goes_out_of_band_once_agreed(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send_data("Char.Name", {"name": "Ann"})
    client.send(b'\xff\xfd\xc9\xff\xfa\xc9Core.Hello {"client":"x"}\xff\xf0')
    wait_until(lambda: DataReceived("Core.Hello", {"client": "x"}) in session.events)

    session.adapter.send_data("Char.Name", {"name": "Bob"})

    assert client.read_until(b"\xff\xf0") == b'\xff\xfa\xc9Char.Name {"name":"Bob"}\xff\xf0'


def test_binary_is_sent_with_iac_doubled(running: Server) -> None:
    client, session = running.connect()

    session.adapter.send_binary(b"\x01\xff\x02")

    assert client.read_until(b"\x02") == b"\x01\xff\xff\x02"


def test_a_line_too_long_is_refused_and_nothing_else_lost(server: Server) -> None:
    server.start(TelnetOptions(port=0, line_limit_bytes=100))
    client, session = server.connect()

    client.send(b"look\r\n" + b"x" * 20_000 + b"\r\nnorth\r\n")

    assert session.wait_for_lines(2) == ["look", "north"]
    assert LineRefused("The line is too long; none of it was taken.", 100) in session.events


def test_urgent_data_takes_no_byte_of_the_next_line_with_it(running: Server) -> None:
    client, session = running.connect()

    # What inetutils telnet does for ^C.
    client.send(b"drop\xff\xf4\xff")
    client.socket.send(b"\xf2", socket.MSG_OOB)
    client.send(b"look\r\n")

    assert session.wait_for_lines(1) == ["look"]


# -- prompts ------------------------------------------------------------------


def test_output_at_a_prompt_begins_on_a_new_line_and_repeats_the_prompt(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send((b"Welcome.\r\n",), b"> ")
    client.read_until(b"> ")

    session.adapter.send_line("Bob arrives.")
    session.adapter.send_line("Bob waves.")

    assert client.read_until(b"> ") == b"\r\nBob arrives.\r\nBob waves.\r\n> "


def test_a_new_prompt_is_not_followed_by_the_old_one(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send((), b"10hp> ")
    client.read_until(b"10hp> ")

    session.adapter.send((b"The wolf bites you.\r\n",), b"8hp> ")
    session.adapter.send_binary(b"\x00")

    assert client.read_until(b"\x00") == b"\r\nThe wolf bites you.\r\n8hp> \x00"


def test_the_last_words_are_not_followed_by_a_prompt(running: Server) -> None:
    client, session = running.connect()
    session.adapter.send((), b"> ")
    client.read_until(b"> ")

    session.adapter.send_line("Farewell.")
    session.adapter.close("the end")

    assert client.read_to_end() == b"\r\nFarewell.\r\n"


def test_after_a_line_the_answer_begins_where_the_cursor_is(running: Server) -> None:
    running.on_event = lambda adapter, event: (
        adapter.send((b"A room.\r\n",), b"> ") if isinstance(event, LineReceived) else None
    )
    client, session = running.connect()
    session.adapter.send((), b"> ")
    client.read_until(b"> ")

    client.send(b"look\r\n")

    assert client.read_until(b"> ") == b"A room.\r\n> "


def test_out_of_band_data_leaves_the_prompt_alone(running: Server) -> None:
    client, session = running.connect()
    client.send(b"\xff\xfd\xc9")
    wait_until(lambda: session.adapter.capabilities.gmcp)
    session.adapter.send((), b"> ")
    client.read_until(b"> \xff\xf9")

    session.adapter.send_data("Char.Vitals", None)
    session.adapter.send_binary(b"!")

    assert client.read_until(b"!") == b"\xff\xfa\xc9Char.Vitals\xff\xf0!"


def test_prompts_end_with_end_of_record_when_agreed(running: Server) -> None:
    client, session = running.connect()
    client.send(b"\xff\xfd\x19")
    wait_until(lambda: Negotiated("EOR", "local", True) in session.events)

    session.adapter.send((b"Hi.\r\n",), b"> ")

    assert client.read_until(b"\xff\xef") == b"Hi.\r\n> \xff\xef"


def test_a_password_is_hidden_and_what_follows_is_on_a_new_line(running: Server) -> None:
    def on_event(adapter: Adapter, event: Event) -> None:
        if isinstance(event, LineReceived):
            adapter.set_echo(True)
            adapter.send_line("Welcome.")

    running.on_event = on_event
    client, session = running.connect()
    session.adapter.send((), b"Password: ")
    session.adapter.set_echo(False)
    client.read_until(b"Password: \xff\xfb\x01")

    client.send(b"\xff\xfd\x01secret\r\n")

    assert client.read_until(b"Welcome.\r\n") == b"\xff\xfc\x01\r\nWelcome.\r\n"
    assert session.lines == ["secret"]


# -- the end ------------------------------------------------------------------


def test_a_client_that_closes_ends_its_session_once(running: Server) -> None:
    client, session = running.connect()

    client.close()

    assert session.wait_for_end() == "the client closed the connection"
    wait_until(lambda: running.listener.connections == 0)
    assert len(session.endings) == 1
    assert session.events[-1] == Disconnected("the client closed the connection")


def test_a_client_that_resets_ends_its_session_once(running: Server) -> None:
    client, session = running.connect()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    client.close()

    assert "reset" in session.wait_for_end().lower()
    wait_until(lambda: running.listener.connections == 0)
    assert len(session.endings) == 1


def test_closing_delivers_what_was_sent_before(running: Server) -> None:
    client, session = running.connect()

    session.adapter.send_line("Farewell.")
    session.adapter.close("quit")
    session.adapter.close("again")
    session.adapter.send_line("too late")

    assert client.read_to_end() == b"Farewell.\r\n"
    assert session.wait_for_end() == "quit"
    session.adapter.send_line("much too late")
    session.adapter.set_echo(False)
    assert len(session.endings) == 1


def test_the_last_words_arrive_although_the_client_is_still_typing(running: Server) -> None:
    def on_event(adapter: Adapter, event: Event) -> None:
        if isinstance(event, LineReceived):
            adapter.send_line("Farewell.")
            adapter.close("quit")

    running.on_event = on_event
    client, session = running.connect()

    client.send(b"quit\r\n" + b"look\r\n" * 5000)

    assert client.read_to_end() == b"Farewell.\r\n"
    assert session.wait_for_end() == "quit"
    assert session.lines == ["quit"]


def test_a_session_that_fails_ends_only_its_own_connection(
    running: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def on_event(adapter: Adapter, event: Event) -> None:
        if event == LineReceived("fail"):
            raise RuntimeError("as asked")
        if event == LineReceived("time out"):
            raise gevent.Timeout(1)

    running.on_event = on_event
    for line in (b"fail\r\n", b"time out\r\n"):
        failing, failed = running.connect()
        other, session = running.connect()

        failing.send(line + b"look\r\n")
        other.send(b"look\r\n")

        assert failed.wait_for_end() == "its session failed"
        assert len(failed.endings) == 1
        assert session.wait_for_lines(1) == ["look"]
    assert caplog.text.count("its session failed") == 2


def test_a_session_that_fails_at_the_end_is_forgotten_all_the_same(
    running: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def on_event(adapter: Adapter, event: Event) -> None:
        raise RuntimeError("as always")

    running.on_event = on_event
    client, session = running.connect()

    client.send(b"look\r\n")

    session.wait_for_end()
    wait_until(lambda: running.listener.connections == 0)
    assert len(session.endings) == 1
    assert "failed at the end" in caplog.text


def test_a_session_that_cannot_begin_closes_its_connection(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(adapter: Adapter) -> Server:
        raise RuntimeError("no sessions today")

    server.accept = refuse  # type: ignore[assignment, method-assign]
    server.start(TelnetOptions(port=0))

    with socket.create_connection(server.address, timeout=DEADLINE_SECONDS) as client, suppress(OSError):
        while client.recv(100):
            pass
    wait_until(lambda: server.listener.connections == 0)
    assert "no sessions today" in caplog.text


# -- back-pressure and slow readers -------------------------------------------


def test_a_sink_that_blocks_holds_up_only_its_own_client(running: Server) -> None:
    gate = Signal()

    def on_event(adapter: Adapter, event: Event) -> None:
        if event == LineReceived("wait"):
            assert gate.wait(DEADLINE_SECONDS)

    running.on_event = on_event
    waiting, blocked = running.connect()
    other, session = running.connect()

    waiting.send(b"wait\r\n")
    blocked.wait_for_lines(1)
    waiting.send(b"after\r\n" * 3)
    other.send(b"look\r\n")

    assert session.wait_for_lines(1) == ["look"]
    assert blocked.lines == ["wait"]
    gate.set()
    assert blocked.wait_for_lines(4) == ["wait", "after", "after", "after"]


def test_what_a_blocked_sink_does_not_take_stays_with_the_client(running: Server) -> None:
    gate = Signal()

    def on_event(adapter: Adapter, event: Event) -> None:
        assert gate.wait(DEADLINE_SECONDS)

    running.on_event = on_event
    client, session = running.connect()
    client.socket.setblocking(False)
    line = b"x" * 1000 + b"\r\n"

    sent = 0
    with suppress(BlockingIOError):
        while sent < 50_000_000:
            sent += client.socket.send(line * 100)
            gevent.idle()
    assert sent < 50_000_000
    assert len(session.events) == 1

    gate.set()
    complete = sent // len(line)
    assert len(session.wait_for_lines(complete)) == complete


def test_a_client_that_does_not_read_is_closed_at_the_limit(server: Server) -> None:
    server.start(TelnetOptions(port=0, write_limit_bytes=100_000))
    _, session = server.connect()

    def has_ended() -> bool:
        session.adapter.send((b"x" * 10_000 + b"\r\n",))
        return bool(session.endings)

    wait_until(has_ended)

    assert "reads too slowly" in session.wait_for_end()
    assert len(session.endings) == 1


def test_a_slow_reader_within_the_limit_gets_everything_in_order(server: Server) -> None:
    server.start(TelnetOptions(port=0, write_limit_bytes=20_000_000))
    client, session = server.connect()
    lines = [b"line %d " % number + b"x" * 100 + b"\r\n" for number in range(50_000)]

    for start in range(0, len(lines), 1000):
        session.adapter.send(lines[start : start + 1000])
        gevent.idle()
    session.adapter.close("done")

    assert client.read_to_end() == b"".join(lines)
    assert session.wait_for_end() == "done"


def test_closing_a_client_that_does_not_read_ends_within_its_time(server: Server) -> None:
    server.start(TelnetOptions(port=0, write_limit_bytes=100_000_000, close_seconds=0.05))
    _, session = server.connect()
    session.adapter.send((b"x" * 50_000_000,))

    session.adapter.close("shutdown")

    assert session.wait_for_end() == "shutdown"


# -- the sweep ----------------------------------------------------------------


def test_a_quiet_client_that_speaks_telnet_is_sent_nops(server: Server) -> None:
    server.start(TelnetOptions(port=0, ping_interval_seconds=0.02))
    client, _ = server.connect()

    client.send(b"\xff\xf1")

    client.read_until(b"\xff\xf1")
    client.read_until(b"\xff\xf1")


def test_a_client_that_speaks_no_telnet_is_sent_no_nops(server: Server) -> None:
    server.start(TelnetOptions(port=0, ping_interval_seconds=0.01))
    quiet, session = server.connect()
    telnet, _ = server.connect()

    telnet.send(b"\xff\xf1")
    telnet.read_until(b"\xff\xf1\xff\xf1\xff\xf1")
    session.adapter.send_binary(b"!")

    assert quiet.read_until(b"!") == b"!"


def test_a_client_that_takes_nothing_for_two_sweeps_is_gone(server: Server) -> None:
    server.start(TelnetOptions(port=0, write_limit_bytes=100_000_000, ping_interval_seconds=0.02))
    _, session = server.connect()

    session.adapter.send((b"x" * 50_000_000,))

    assert session.wait_for_end() == "the client takes no output"


def test_a_subnegotiation_that_never_ends_is_given_up_by_the_sweep(server: Server) -> None:
    server.start(TelnetOptions(port=0, ping_interval_seconds=0.02))
    client, session = server.connect()

    client.send(b"\xff\xfa\xc9lost")
    wait_until(lambda: any(isinstance(event, ProtocolViolated) for event in session.events))
    client.send(b"look\r\n")

    assert session.wait_for_lines(1) == ["look"]

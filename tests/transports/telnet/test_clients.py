"""How real clients behave: transcripts of what they send, and the one that is often installed, for real.

The bytes are those the clients send when they meet our offers (their sources and recordings); what differs
between versions, names and sizes, is made up.
"""

import os
import pty
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.transports.telnet.conftest import Server, wait_until
from transports.adapter import (
    Capabilities,
    Colour,
    DataReceived,
    Event,
    LineReceived,
    Negotiated,
    ProtocolViolated,
    Rendering,
)
from transports.telnet import Profile, TelnetCodec, encode

NAWS, TTYPE, NEW_ENVIRON, CHARSET, EOR, GMCP = b"\x1f", b"\x18", b"\x27", b"\x2a", b"\x19", b"\xc9"
DO, DONT, WILL, WONT, SB, SE = b"\xff\xfd", b"\xff\xfe", b"\xff\xfb", b"\xff\xfc", b"\xff\xfa", b"\xff\xf0"


def play(*packets: bytes) -> tuple[TelnetCodec, list[Event], bytes]:
    """Let a client send these packets after our offers; returns the codec, its events, and its answers."""
    codec = TelnetCodec(Profile(clock=lambda: 0.0))
    codec.data_to_send()
    events = [event for packet in packets for event in codec.receive_data(packet)]
    return codec, events, codec.data_to_send()


def lines(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, LineReceived)]


def violations(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, ProtocolViolated)]


def test_mudlet() -> None:
    hello = b'Core.Hello { "client": "Mudlet", "version": "4.17.2" }'
    supports = b'Core.Supports.Set [ "Char 1", "Room 1", "Client.Media 1" ]'
    codec, events, answers = play(
        WILL + TTYPE + WILL + NAWS + WILL + NEW_ENVIRON + DO + CHARSET + DO + EOR + DO + GMCP,
        SB + NAWS + b"\x00\x64\x00\x28" + SE,
        SB + GMCP + hello + SE + SB + GMCP + supports + SE,
        SB + TTYPE + b"\x00MUDLET 4.17.2" + SE,
        SB + TTYPE + b"\x00ANSI-TRUECOLOR" + SE,
        SB + TTYPE + b"\x00MTTS 2349" + SE,
        SB + CHARSET + b"\x02UTF-8" + SE,
        SB + NEW_ENVIRON + b"\x00\x03ANSI\x01" + b"1\x03CLIENT_NAME\x01Mudlet\x03MTTS\x01" + b"2349" + SE,
        b"look\r\n",
        SB + TTYPE + b"\x00MTTS 2349" + SE,
        "say Grüße\r\n".encode(),
    )

    known = codec.capabilities
    assert (known.client_name, known.client_version, known.terminal) == ("Mudlet", "4.17.2", "ANSI-TRUECOLOR")
    assert (known.columns, known.rows, known.gmcp) == (100, 40, True)
    assert known.rendering is Rendering("telnet", Colour.TRUECOLOR, "utf-8")
    assert DataReceived("Core.Supports.Set", ["Char 1", "Room 1", "Client.Media 1"]) in events
    assert lines(events) == ["look", "say Grüße"]
    assert violations(events) == []
    assert codec.prompt_mark == b"\xff\xef"
    assert answers.count(SB + TTYPE) == 3 + 1


def test_tintin() -> None:
    codec, events, _ = play(
        WILL + TTYPE,
        WILL + NAWS + SB + NAWS + b"\x00\x50\x00\x17" + SE,
        WILL + NEW_ENVIRON,
        DO + CHARSET + DO + EOR + DO + GMCP,
        SB + TTYPE + b"\x00TINTIN++" + SE,
        SB + TTYPE + b"\x00XTERM-256COLOR" + SE,
        SB + TTYPE + b"\x00MTTS 2825" + SE,
        SB + TTYPE + b"\x00MTTS 2825" + SE,
        SB + NEW_ENVIRON + b"\x00\x00CLIENT_NAME\x01TinTin++" + SE,
        SB + NEW_ENVIRON + b"\x00\x00CLIENT_VERSION\x01" + b"2.02.31\x00MTTS\x01" + b"2829" + SE,
        SB + CHARSET + b"\x02UTF-8" + SE,
        b"look\r\n",
    )

    known = codec.capabilities
    assert (known.client_name, known.client_version) == ("TinTin++", "2.02.31")
    assert known.rendering is Rendering("telnet", Colour.TRUECOLOR, "utf-8")
    assert lines(events) == ["look"]
    assert violations(events) == []


def test_tinyfugue_gets_ascii_that_nobody_has_to_strip() -> None:
    # It strips the eighth bit, refuses GMCP, CHARSET and SGA, and gives a width one less than its window's.
    codec, events, answers = play(
        WILL + TTYPE + WILL + NAWS + WONT + NEW_ENVIRON + DONT + CHARSET + DO + EOR + DONT + GMCP,
        SB + NAWS + b"\x00\x4f\x00\x18" + SE,
        SB + TTYPE + b"\x00TINYFUGUE" + SE,
        SB + TTYPE + b"\x00ANSI-ATTR" + SE,
        SB + TTYPE + b"\x00UNKNOWN" + SE,
        SB + TTYPE + b"\x00UNKNOWN" + SE,
        b"look\r\n",
    )

    known = codec.capabilities
    wire = encode("“Grüße” — Łódź\n", known.rendering)
    assert (known.columns, known.client_name, known.gmcp) == (79, "TINYFUGUE", False)
    assert wire == b'"Grusse" - Lodz\r\n'
    assert wire.isascii()
    assert lines(events) == ["look"]
    assert DO + b"\x03" not in answers


def test_kildclient_leaves_what_it_does_not_know_unanswered() -> None:
    codec, events, _ = play(
        WILL + NAWS + SB + NAWS + b"\x00\x50\x00\x18" + SE + WILL + TTYPE,
        SB + TTYPE + b"\x00KildClient" + SE,
        b"look\r\n",
    )

    assert lines(events) == ["look"]
    assert codec.capabilities.rendering.colour is Colour.ANSI16
    codec.set_echo(False)
    assert codec.data_to_send() == WILL + b"\x01"


def test_inetutils_telnet_stays_in_line_mode() -> None:
    codec, events, answers = play(
        WILL + TTYPE + WILL + NAWS + SB + NAWS + b"\x00\x50\x00\x18" + SE,
        WILL + NEW_ENVIRON + DONT + CHARSET + DONT + EOR + DONT + GMCP,
        SB + TTYPE + b"\x00XTERM-256COLOR" + SE,
        SB + NEW_ENVIRON + b"\x00" + SE,
        SB + TTYPE + b"\x00XTERM-256COLOR" + SE,
        b"look\r\n",
    )

    assert WILL + b"\x03" not in answers
    assert codec.capabilities.terminal == "XTERM-256COLOR"
    assert codec.capabilities.client_name == ""
    assert codec.capabilities.rendering.colour is Colour.ANSI256
    assert codec.prompt_mark == b"\xff\xf9"
    assert lines(events) == ["look"]


def test_inetutils_telnet_in_character_mode_sends_a_key_a_packet() -> None:
    keys = [bytes((key,)) for key in b"loop"]

    _, events, _ = play(DO + b"\x03" + DO + b"\x01", *keys, b"\x7f", b"k", b"\r\0", b"n", b"\r\0")

    assert lines(events) == ["look", "n"]


def test_an_interrupt_of_inetutils_telnet_loses_no_byte_of_the_next_line() -> None:
    _, events, answers = play(b"drop al", b"\xff\xf4", b"\xff\xf2" + DO + b"\x06", b"look\r\n")

    assert lines(events) == ["look"]
    assert answers.endswith(WILL + b"\x06")  # until then it throws our output away


def test_putty_asks_for_character_mode_and_stays_in_line_mode() -> None:
    codec, events, answers = play(
        WILL + NAWS + WILL + b"\x20" + WILL + TTYPE + WILL + NEW_ENVIRON,
        DO + b"\x01" + WILL + b"\x03" + DO + b"\x03",
        SB + TTYPE + b"\x00XTERM" + SE,
        b"look\r\n",
    )

    assert WONT + b"\x01" in answers
    assert WONT + b"\x03" in answers
    assert WILL + b"\x03" not in answers
    assert DONT + b"\x20" in answers
    assert lines(events) == ["look"]
    assert codec.capabilities.rendering.colour is Colour.ANSI16


def test_a_plain_tcp_client_is_sent_nothing_but_text_after_the_offers() -> None:
    codec, events, answers = play(b"look\n", b"north\nsouth\n")

    assert lines(events) == ["look", "north", "south"]
    assert answers == b""
    assert codec.prompt_mark == b""
    assert codec.capabilities == Capabilities()


def test_an_http_request_by_mistake_is_lines_like_any_other() -> None:
    _, events, _ = play(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert lines(events) == ["GET / HTTP/1.1", "Host: localhost", ""]


# -- the real one -------------------------------------------------------------


class Terminal:
    """A program on a terminal of its own, with somebody at the keys."""

    def __init__(self, *command: str) -> None:
        self.fd, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color"}
        self.program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        os.set_blocking(self.fd, False)
        self.screen = b""

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def shows(self, wanted: bytes) -> bool:
        """Whether it is on the screen by now."""
        readable, _, _ = select.select([self.fd], [], [], 0)
        if readable:
            with suppress(OSError):
                self.screen += os.read(self.fd, 65_536)
        return wanted in self.screen

    def close(self) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self.fd)


@pytest.fixture
def terminal(running: Server) -> Iterator[Terminal]:
    if shutil.which("telnet") is None:
        pytest.skip("no telnet client is installed")
    opened = Terminal("telnet", running.address[0], str(running.address[1]))
    yield opened
    opened.close()


@pytest.mark.slow
def test_the_installed_telnet_plays_and_hides_the_password(running: Server, terminal: Terminal) -> None:
    wait_until(lambda: bool(running.sessions))
    session = running.sessions[0]
    wait_until(lambda: session.adapter.capabilities.terminal != "")
    assert session.adapter.capabilities.rendering.colour is Colour.ANSI256

    session.adapter.send((b"Welcome.\r\n",), b"> ")
    wait_until(lambda: terminal.shows(b"> "))
    terminal.type(b"loop\x7fk\r")
    assert session.wait_for_lines(1) == ["look"]

    session.adapter.set_echo(False)
    session.adapter.send((), b"Password: ")
    wait_until(lambda: terminal.shows(b"Password: "))
    wait_until(lambda: Negotiated("ECHO", "local", True) in session.events)
    terminal.type(b"sesame\r")
    assert session.wait_for_lines(2) == ["look", "sesame"]

    session.adapter.set_echo(True)
    session.adapter.send((b"Right.\r\n",), b"> ")
    wait_until(lambda: Negotiated("ECHO", "local", False) in session.events)
    wait_until(lambda: terminal.shows(b"\r\nRight.\r\n> "))
    terminal.type(b"north\r")
    assert session.wait_for_lines(3)[-1] == "north"
    wait_until(lambda: terminal.shows(b"north"))
    assert b"sesame" not in terminal.screen
    assert b"^M" not in terminal.screen


@pytest.mark.slow
def test_an_interrupt_in_the_installed_telnet_costs_nothing(running: Server, terminal: Terminal) -> None:
    wait_until(lambda: bool(running.sessions))
    session = running.sessions[0]
    wait_until(lambda: session.adapter.capabilities.terminal != "")

    terminal.type(b"drop all\x03")
    terminal.type(b"look\r")

    assert session.wait_for_lines(1) == ["look"]
    session.adapter.send_line("A room.")
    wait_until(lambda: terminal.shows(b"A room."))

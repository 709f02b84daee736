"""TLS without sockets: what the client's side writes is read, in whatever pieces it comes."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transports.telnet.settings import TelnetOptions
from transports.telnet.tls import TlsStream, server_context

CERTIFICATE = str(Path(__file__).parent / "localhost.pem")
SERVER = server_context(TelnetOptions(certfile=CERTIFICATE))
CLIENT = ssl.create_default_context(cafile=CERTIFICATE)


class Peer:
    """A client's side, and the stream it talks to, past the handshake."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = CLIENT.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.stream = TlsStream(SERVER)
        for _ in range(4):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.exchange()
        self.exchange()

    def exchange(self) -> None:
        assert self.stream.receive(self.outgoing.read()) == b""
        self.incoming.write(self.stream.send(b""))


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=40_000), st.integers(1, 20_000))
def test_any_split_of_the_records_gives_the_same_text(text: bytes, size: int) -> None:
    peer = Peer()
    assert peer.stream.is_ready
    peer.tls.write(text)
    wire = peer.outgoing.read()

    pieces = [peer.stream.receive(wire[at : at + size]) for at in range(0, len(wire), size)]

    assert b"".join(pieces) == text


def test_text_goes_back_and_a_goodbye_ends_it() -> None:
    peer = Peer()

    peer.incoming.write(peer.stream.send(b"Welcome.\r\n"))
    assert peer.tls.read() == b"Welcome.\r\n"
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    peer.stream.receive(peer.outgoing.read())

    assert peer.stream.is_closed
    peer.incoming.write(peer.stream.close())
    peer.tls.unwrap()


def test_garbage_is_an_error_of_tls() -> None:
    with pytest.raises(ssl.SSLError):
        TlsStream(SERVER).receive(b"look at the sky, it is blue\r\n")

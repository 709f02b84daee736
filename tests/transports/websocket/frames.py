"""Client frames written by hand, so that tests can send what a client library would refuse to."""

import zlib

from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Request

from transports.websocket.handshake import Accepted, limits_of, open_session
from transports.websocket.options import WebOptions
from transports.websocket.session import ServerSession

MASK = b"\x11\x22\x33\x44"
FIN, RSV1 = 0x80, 0x40
RAW = WebOptions(subprotocols=())


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """One frame from a client; `reserved` are the three reserved bits as 0x70 masks them."""
    size = len(payload)
    head = bytes([(FIN if fin else 0) | reserved | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65_536:
        head += bytes([mask_bit | 126]) + size.to_bytes(2)
    else:
        head += bytes([mask_bit | 127]) + size.to_bytes(8)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))


def text(content: str) -> bytes:
    return frame(Opcode.TEXT, content.encode())


def deflated(payload: bytes) -> bytes:
    """A whole message compressed as RFC 7692 says."""
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return frame(Opcode.BINARY, data[:-4], reserved=RSV1)


def request(**headers: str) -> Request:
    """A correct upgrade request; a keyword names a header with underscores, an empty value removes it."""
    values = {
        "Host": "mud.example:8080",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    values |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("/ws", Headers({name: value for name, value in values.items() if value}))


def session(options: WebOptions = RAW, **headers: str) -> ServerSession:
    """An open connection whose handshake response has been taken."""
    opened = open_session(request(**headers), options, limits_of(options))
    assert isinstance(opened, Accepted)
    assert opened.session.data_to_send().startswith(b"HTTP/1.1 101 ")
    return opened.session

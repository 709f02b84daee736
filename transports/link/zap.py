"""Which gateways may come in: the answer to libzmq's question about each new connection (ZAP, RFC 27).

libzmq asks over `inproc://zeromq.zap.01`, from a thread of its own, and holds the connection meanwhile. The
answer names the gateway, and libzmq attaches that name to each message of the connection (`User-Id`).
pyzmq's own authenticators want a thread or asyncio; this one is a socket in the loop of its endpoint.

Everything fails closed: with ZAP_ENFORCE_DOMAIN nobody comes in while there is no one to ask, and a message
without a name is refused.
"""

from collections.abc import Callable, Mapping, Sequence

import zmq

ENDPOINT = "inproc://zeromq.zap.01"
VERSION = b"1.0"
# Any that is not empty: libzmq does not ask without one.
DOMAIN = b"wyld-link"
# The property under which libzmq hands the name on.
NAME_PROPERTY = "User-Id"

_REQUEST_FRAMES = 7


def judge(request: Sequence[bytes], gateways: Mapping[bytes, str]) -> tuple[list[bytes], str | None]:
    """What to answer, and the words for the log if it is no. Never raises, whatever the request is."""
    if len(request) != _REQUEST_FRAMES or request[0] != VERSION:
        return _answer(request, b"500", b"no request of ZAP 1.0"), "a question of libzmq was not understood"
    address, mechanism, public = request[3], request[5], request[6]
    name = gateways.get(public) if mechanism == b"CURVE" else None
    if name is not None:
        return _answer(request, b"200", b"OK", name.encode()), None
    return _answer(request, b"400", b"unknown key"), (
        f"a gateway at {address.decode(errors='replace')} with the public key {public.hex()} is not let in: "
        "if it is one of yours, add NAME=KEY with this key to link.curve.gateways and start the world again"
    )


def _answer(request: Sequence[bytes], status: bytes, text: bytes, name: bytes = b"") -> list[bytes]:
    number = request[1] if len(request) > 1 else b""
    return [VERSION, number, status, text, name, b""]


class ZapSocket:
    """Where libzmq asks. One in each context."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        gateways: Mapping[bytes, str],
        refused: Callable[[str], None],
    ) -> None:
        self._gateways = gateways
        self._refused = refused
        self._socket = context.socket(zmq.REP)
        self._socket.set(zmq.LINGER, 0)
        self._socket.bind(ENDPOINT)
        self.fd = int(self._socket.get(zmq.FD))

    def read(self) -> None:
        """Answer all questions that wait."""
        while True:
            try:
                request = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            answer, words = judge(request, self._gateways)
            self._socket.send_multipart(answer, zmq.NOBLOCK)
            if words:
                self._refused(words)

    def close(self) -> None:
        """Let go of the address at once: closing alone frees it some time later."""
        self._socket.unbind(ENDPOINT)
        self._socket.close()

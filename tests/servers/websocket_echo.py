"""The websocket transport with an echo application, for conformance suites: not part of the product.

    python -m tests.servers.websocket_echo PORT

Text comes back as text, binary as binary, on every path and from every origin, without a subprotocol;
messages may have 16 MiB. Everything else is the transport just as players use it.
"""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402
import sys  # noqa: E402
from dataclasses import replace  # noqa: E402

from gevent.event import Event as Signal  # noqa: E402

from transports.adapter import Adapter, BinaryReceived, Event, LineReceived, Sink  # noqa: E402
from transports.websocket import WebListener, WebOptions  # noqa: E402

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024

OPTIONS = WebOptions(
    websocket_path="",
    subprotocols=(),
    allowed_origins=("*",),
    message_limit_bytes=MESSAGE_LIMIT_BYTES,
    # A suite may send several of the largest messages before it reads the first.
    write_limit_bytes=8 * MESSAGE_LIMIT_BYTES,
    connections_per_address=1000,
)


def accept(adapter: Adapter) -> Sink:
    """Send back what comes."""

    def sink(event: Event) -> None:
        match event:
            case LineReceived(text=text):
                adapter.send_text(text)
            case BinaryReceived(data=data):
                adapter.send_binary(data)
            case _:
                pass

    return sink


def main(port: int) -> None:
    listener = WebListener(replace(OPTIONS, port=port), accept)
    host, chosen = listener.start()
    print(f"echo on ws://{host}:{chosen}/", flush=True)  # noqa: T201
    ended = Signal()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    ended.wait()
    listener.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

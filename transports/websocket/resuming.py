"""What a session and its page say to each other about going on, and the objects that this becomes.

To the session it arrives as data: `session.resume` with {"token", "seen", "next"} when a client says hello
and has a token (`next` only where it has made one), `session.seen` with a number of output. From the session
it comes as data of these names, for which there are objects of their own (`codec`). Secrets pass through and
are kept, logged and shown nowhere here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transports.adapter import DataReceived
from transports.websocket import codec

__all__ = ["AGAIN", "FAILED", "OBJECTS", "SEQUENCE", "TAKEN", "resumption", "seen"]

# The value is a reason for logs: the client is asked to connect again, and does so by itself.
AGAIN = "session.again"
# Up to which number lines have been taken, over all connections and gateways of the session.
TAKEN = "session.taken"
FAILED = "session.resume-failed"
# The number of the last output in what was sent.
SEQUENCE = "session.seq"

OBJECTS: Mapping[str, Callable[[Any], bytes]] = MappingProxyType(
    {
        "session.done": codec.done,
        "session.resumed": codec.resumed,
        "session.token": codec.token,
        FAILED: codec.resume_failed,
    }
)


def resumption(hello: codec.Hello) -> DataReceived | None:
    """What the session is to hear of a hello, if it wants to go on with an earlier one."""
    if hello.resume is None:
        return None
    following = {} if hello.next is None else {"next": hello.next}
    return DataReceived("session.resume", {"token": hello.resume, "seen": hello.seen, **following})


def seen(message: codec.Seen) -> DataReceived:
    """All output up to this number is on the page."""
    return DataReceived("session.seen", message.n)

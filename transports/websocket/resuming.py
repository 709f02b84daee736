"""What a session and its page say to each other about going on, and the objects that this becomes.

To the session it arrives as data: `session.resume` with {"token", "seen", "next"} when a client says hello
and has a token (`next` only where it has made one), `session.seen` with a number of output. From the session
it comes as data of these names, for which there are objects of their own (`codec`). Secrets pass through and
are kept, logged and shown nowhere here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transports import packages
from transports.adapter import DataReceived
from transports.websocket import codec

__all__ = ["OBJECTS", "resumption", "seen"]

OBJECTS: Mapping[str, Callable[[Any], bytes]] = MappingProxyType(
    {
        packages.DONE: codec.done,
        packages.RESUMED: codec.resumed,
        packages.TOKEN: codec.token,
        packages.FAILED: codec.resume_failed,
    }
)


def resumption(hello: codec.Hello) -> DataReceived | None:
    """What the session is to hear of a hello, if it wants to go on with an earlier one."""
    if hello.resume is None:
        return None
    following = {} if hello.next is None else {"next": hello.next}
    return DataReceived(packages.RESUME, {"token": hello.resume, "seen": hello.seen, **following})


def seen(message: codec.Seen) -> DataReceived:
    """All output up to this number is on the page."""
    return DataReceived(packages.SEEN, message.n)

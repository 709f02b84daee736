"""The launcher's end of the socket to a process that it started: what `lifeline` says, line by line.

All that comes is read, so that no child ever blocks on it; of a line that does not end only the beginning is
kept. A line that is no JSON object is told in the log and counts as an empty one: who can write there lives,
whatever it writes.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["LINE_LIMIT_BYTES", "reports_of"]

logger = logging.getLogger(__name__)

# A ready line holds a few addresses; a child that writes more than this is not one of ours.
LINE_LIMIT_BYTES: Final = 65_536


def reports_of(name: str, ours: socket.socket) -> Iterator[Mapping[str, Any]]:
    """What the process `name` says, until it has closed its end or is gone. Closes ours then."""
    unread = b""
    with ours:
        while piece := _received(ours):
            *lines, unread = (unread + piece).split(b"\n")
            unread = unread[:LINE_LIMIT_BYTES]
            for line in lines:
                yield _facts(name, line)


def _received(ours: socket.socket) -> bytes:
    try:
        return ours.recv(LINE_LIMIT_BYTES)
    except OSError:
        return b""  # a reset is an end too


def _facts(name: str, line: bytes) -> Mapping[str, Any]:
    try:
        facts = json.loads(line)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        logger.error("%s said something else than JSON: %.200r", name, line)
        return {}
    return facts

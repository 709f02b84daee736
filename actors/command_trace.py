"""What a command is called wherever something comes of it: in the restart log, in dead letters, in both logs.

The session's id and the command's number, which both processes know: `8589934593-7`. In the world every
message that a command causes carries it.
"""

from __future__ import annotations

from typing import NamedTuple

from transports.link.protocol import CommandNumber, SessionId
from wyld_actors import Ref

__all__ = ["CommandTrace", "trace_id"]


class CommandTrace(NamedTuple):
    """In the world: the command, and the session actor that is told when it fails."""

    ref: Ref
    session: SessionId
    number: CommandNumber

    def __str__(self) -> str:
        return trace_id(self.session, self.number)


def trace_id(session: SessionId, number: CommandNumber) -> str:
    """The name of one command."""
    return f"{session}-{number}"

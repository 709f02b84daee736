"""What is said to the world's end of the link, besides the outputs of `actors.world.outlet`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transports.link.interface import Peer
from transports.link.protocol import (
    CommandNumber,
    EntityId,
    Failure,
    Frame,
    OutputNumber,
    Reply,
    Request,
    SessionId,
)
from wyld_actors import Message, Record, Ref

__all__ = [
    "AnswerRequest",
    "CloseStreams",
    "FramesArrived",
    "Hold",
    "OpenStreams",
    "PeerLost",
    "Release",
    "ServeRequest",
    "SessionUp",
    "StreamPosition",
    "WrittenCheckpoint",
]

# Names in the registry of the world's actor system.
DESK = "desk"


class FramesArrived(Message, frozen=True):
    """A batch came from a gateway."""

    peer: Peer
    frames: list[Frame]


class PeerLost(Message, frozen=True):
    """The connection of a gateway is gone."""

    peer: Peer


class AnswerRequest(Message, frozen=True):
    """From the desk: the answer."""

    client: str
    peer: Peer
    answer: Reply | Failure


class OpenStreams(Message, frozen=True):
    """Get the streams of a session ready for a character. Answer: StreamPosition.

    The commands of a session that is new here follow `applied`. Its outputs wait until SessionUp.
    """

    session: SessionId
    applied: CommandNumber = 0


class StreamPosition(Record, frozen=True):
    """Where the streams of a session stand: commands and outputs go on after these.

    `is_saved` is whether a checkpoint holds the session at `applied`.
    """

    applied: CommandNumber
    outputs: OutputNumber
    is_saved: bool


class SessionUp(Message, frozen=True):
    """This actor takes the lines of the session, which plays this character.

    With it comes the answer to the request that brought it up: the gateway gets that first, then
    the outputs that were made meanwhile.
    """

    session: SessionId
    ref: Ref
    character: EntityId
    answer: AnswerRequest


class CloseStreams(Message, frozen=True):
    """The session is over for good; its streams may be forgotten when its character is out of play."""

    session: SessionId


class ServeRequest(Message, frozen=True):
    """To the desk: somebody asks. `client` is the life of the gateway, `peer` its connection."""

    client: str
    peer: Peer
    request: Request


class Hold(Message, frozen=True):
    """Let nothing from the gateways into the world until Release: the keeper wants it quiet."""


class Release(Message, frozen=True):
    """Go on, with what came meanwhile first."""


class WrittenCheckpoint(Message, frozen=True):
    """A checkpoint that holds these sessions at these commands is durable."""

    applied: Mapping[SessionId, CommandNumber]


class GetLinkStatus(Message, frozen=True):
    """Answer: LinkStatus."""


class LinkStatus(Record, frozen=True):
    """The link as an operator sees it."""

    gateways: dict[str, dict[str, Any]]
    sessions: int
    commands_waiting: int
    commands_not_durable: int
    outputs_unacknowledged: int

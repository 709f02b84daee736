"""What is said to the world's end of the link, besides the outputs of `actors.world.outlet`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.world_link.session_streams import StreamPoint
from transports.link.errors import LinkError
from transports.link.interface import Peer
from transports.link.protocol import (
    AccountId,
    CharacterId,
    CommandNumber,
    EntityId,
    Failure,
    Frame,
    OutputNumber,
    Reply,
    Request,
    SessionId,
)
from wyld_actors import Message, Record, Ref, Refused

__all__ = [
    "DESK",
    "AnswerRequest",
    "BringBack",
    "CloseStreams",
    "CountQueues",
    "EndAccountSessions",
    "FramesArrived",
    "GetLinkStatus",
    "Hold",
    "LinkStatus",
    "OpenStreams",
    "PeerLost",
    "PeerMistaken",
    "Release",
    "ServeRequest",
    "SessionLeft",
    "SessionUp",
    "StreamPosition",
    "WrittenCheckpoint",
]

# Names in the registry of the world's actor system.
DESK = "desk"


class FramesArrived(Message, frozen=True):
    """A batch came from a gateway, over the socket of this incarnation of the link."""

    incarnation: int
    peer: Peer
    frames: list[Frame]


class PeerLost(Message, frozen=True):
    """The connection of a gateway is gone."""

    incarnation: int
    peer: Peer


class PeerMistaken(Message, frozen=True):
    """Something that a gateway sent, or that was to be sent to it, is no frame, or never came."""

    incarnation: int
    peer: Peer
    error: LinkError


class SessionLeft(Refused):
    """The client of this session has gone for good: it cannot come into play any more."""

    def __init__(self, session: SessionId) -> None:
        super().__init__(session)
        self.session = session

    def __str__(self) -> str:
        return f"the client of session {self.session} has left"


class AnswerRequest(Message, frozen=True):
    """From the desk: the answer."""

    client: str
    answer: Reply | Failure


class OpenStreams(Message, frozen=True):
    """Get the streams of a session ready for a character. Answer: StreamPosition. Raises SessionLeft.

    The commands of a session that is new here follow `applied`. Its outputs wait until SessionUp.
    """

    session: SessionId
    applied: CommandNumber = 0


class StreamPosition(Record, frozen=True):
    """Where the streams of a session stand: commands and outputs go on after these.

    `is_saved` is whether a checkpoint holds the session there, playing nobody.
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
    number: CharacterId
    answer: AnswerRequest


class CloseStreams(Message, frozen=True):
    """The client has gone for good; the streams may be forgotten when its character is out of play."""

    session: SessionId


class EndAccountSessions(Message, frozen=True):
    """Everybody of this account is to go, at all gateways, but this session."""

    account: AccountId
    spared: SessionId


class ServeRequest(Message, frozen=True):
    """To the desk: somebody asks. `client` is the life of the gateway; after `deadline` (seconds of the
    system's clock) nobody wants the answer any more."""

    client: str
    request: Request
    deadline: float


class BringBack(Message, frozen=True):
    """To the desk: bring the sessions of the last checkpoint back into play. Answered when they are."""


class Hold(Message, frozen=True):
    """Let nothing from the gateways into the world until Release: the keeper wants it quiet."""


class Release(Message, frozen=True):
    """Go on, with what came meanwhile first."""


class WrittenCheckpoint(Message, frozen=True):
    """A checkpoint that holds these sessions at these points is durable."""

    points: Mapping[SessionId, StreamPoint]


class GetLinkStatus(Message, frozen=True):
    """Answer: LinkStatus."""


class CountQueues(Message, frozen=True):
    """What waits for the sessions of this life of a gateway? Answer: QueueStatistics."""

    client: str


class LinkStatus(Record, frozen=True):
    """The link as an operator sees it."""

    gateways: dict[str, dict[str, Any]]
    sessions: int
    commands_waiting: int
    commands_not_durable: int
    outputs_unacknowledged: int
    # Connections over this socket that were not let in: no key, or one that is not listed.
    refused: int = 0

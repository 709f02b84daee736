"""Between the sessions and the gateway's end of the link."""

import msgspec

from actors.rendering import Delivery
from transports.link.interface import EndpointStatistics
from transports.link.protocol import (
    CommandNumber,
    DisconnectReason,
    FailureCode,
    OutputNumber,
    QueueStatistics,
    ReplyBody,
    RequestBody,
    SessionId,
)
from wyld_actors import Message, Ref

# The name of the gateway's link in the registry.
LINK = "link"


class Join(Message, frozen=True):
    """To the link: route this session's mail to `ref`. It has all outputs up to `received`.

    `is_in_world` if the world knows the session, `plays` if it plays a character there. Answered by
    WorldReached, or WorldLost while it is away.
    """

    session: SessionId
    ref: Ref
    received: OutputNumber = 0
    is_in_world: bool = False
    plays: bool = False


class Confirm(Message, frozen=True):
    """To the link: the session's client has all outputs up to `received`, and the world need not keep them.

    From now on it is told by word only. None: what arrives here counts as seen, as it does at first.
    `is_last` if nothing more will be confirmed for a while, so that the world had better hear it now.
    """

    session: SessionId
    received: OutputNumber | None
    is_last: bool = False


class Leave(Message, frozen=True):
    """To the link: the session has ended. The world is told if it knows it."""

    session: SessionId
    reason: DisconnectReason


class Inquire(Message, frozen=True):
    """To the link: ask the world. Answered by Answered or Failed with the same `body` (None: not at all).

    `is_again` marks a SelectCharacter of somebody who plays already, as far as they know.
    """

    session: SessionId
    asker: Ref | None
    body: RequestBody
    is_again: bool = False


class Answered(Message, frozen=True):
    """To a session: the world's answer to `body`."""

    body: RequestBody
    reply: ReplyBody


class Failed(Message, frozen=True):
    """To a session: the world's "no" to `body`, or that it could not be asked in time."""

    body: RequestBody
    code: FailureCode
    text: str


class Incoming(Message, frozen=True):
    """To a session: all that one batch of the link holds for it.

    `received` is the number of the last output now. `position` is how far the world has applied and saved the
    session's commands, None if the batch did not say.
    """

    deliveries: list[Delivery]
    received: OutputNumber
    position: tuple[CommandNumber, CommandNumber] | None = None


class Saved(Message, frozen=True):
    """To a session to which nothing comes: `position` is as in Incoming. Of outputs it says nothing, as those
    that the link knows of may not have been handed on."""

    position: tuple[CommandNumber, CommandNumber]


class WorldReached(Message, frozen=True):
    """To a session: the world can be reached, and lets `credit` commands be on their way at a time.

    `position` is what it has applied and saved of this session, None if that was not asked or it does not
    know the session; `is_new` tells these two apart: True after a handshake. `line` is then the highest of
    the client's own line numbers that it has, 0 for none.
    """

    credit: int
    position: tuple[CommandNumber, CommandNumber] | None = None
    is_new: bool = False
    line: int = 0


class CreditChanged(Message, frozen=True):
    """To a session: from now on, so many commands may be on their way."""

    credit: int


class WorldLost(Message, frozen=True):
    """To a session: the world cannot be reached. Nothing is lost by that."""


class Rejoin(Message, frozen=True):
    """To a session: the link has restarted; Join again."""


class DescribeLink(Message, frozen=True):
    """To the link: how are you? Answers LinkStatus."""


class LinkStatus(msgspec.Struct, frozen=True):
    """The state of the link to the world, for operators and metrics."""

    is_up: bool
    world: str
    world_epoch: int
    attempts: int
    round_trip_seconds: float | None
    sessions: int
    sessions_in_world: int
    requests_waiting: int
    statistics: EndpointStatistics | None
    # Why it is not up, as far as that is known.
    trouble: str = ""
    # What waited in the world for this gateway's sessions when somebody last looked; None: not known yet.
    queues: QueueStatistics | None = None

"""What outlasts an incarnation of the world's end of the link, and its socket.

The streams of all sessions, who has proved the key, what was asked and answered. The tree makes one and gives
it to every incarnation. All of it is changed in place and healed by numbers: see `WorldDoor.on_start` for
what a new incarnation puts right.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from actors.world_link.endings import Endings
from actors.world_link.gateways import Gateways
from actors.world_link.messages import FramesArrived, PeerLost, PeerMistaken
from actors.world_link.requests import Requests
from actors.world_link.streams import StreamTable
from transports.link.interface import Router, RouterCallbacks
from transports.link.liveness import LivenessOptions
from transports.link.protocol import SessionId
from wyld_actors import ActorDeadError, Ref

__all__ = ["OpenRouter", "WorldLinkOptions", "WorldLinkState"]

logger = logging.getLogger(__name__)

OpenRouter: TypeAlias = Callable[[RouterCallbacks], Router]

# Sessions whose clients have gone for good and may not come into play any more. A selection takes 15 s at
# most, and as many players leave in that time only with their gateway.
_CLOSED_LIMIT = 16_384


@dataclass(frozen=True, slots=True)
class WorldLinkOptions:
    """How the world treats its gateways."""

    # Lines of one session that may be on their way, sent and not applied.
    credit: int = 256
    # Seconds that the sessions of a gateway wait for it: a restart of the whole server fits into it.
    gateway_grace_seconds: float = 300.0
    liveness: LivenessOptions = field(default_factory=LivenessOptions)


@dataclass(slots=True)
class WorldLinkState:
    """What outlasts an incarnation of the link."""

    gateways: Gateways
    open_router: OpenRouter
    streams: StreamTable = field(default_factory=StreamTable)
    requests: Requests = field(default_factory=Requests)
    endings: Endings = field(default_factory=Endings)
    # Everybody who was in play is back: the gateways may come.
    is_complete: bool = False
    router: Router | None = None
    _closed: dict[SessionId, None] = field(default_factory=dict)

    def open(self, ref: Ref, incarnation: int) -> Router:
        """Bind, in place of what an earlier incarnation had bound. Raises AddressRefused."""
        self.close()
        self.router = self.open_router(
            RouterCallbacks(
                frames=lambda peer, frames: _deliver(ref, FramesArrived(incarnation, peer, frames)),
                error=lambda peer, error: _deliver(ref, PeerMistaken(incarnation, peer, error)),
                unreachable=lambda peer: _deliver(ref, PeerLost(incarnation, peer)),
            )
        )
        return self.router

    def close(self) -> None:
        """Let go of the socket."""
        if self.router is not None:
            self.router.close()
            self.router = None

    def has_left(self, session: SessionId) -> bool:
        """Whether the client of this session has gone for good."""
        return session in self._closed

    def note_left(self, session: SessionId) -> None:
        """The client of this session has gone for good."""
        self._closed[session] = None
        if len(self._closed) > _CLOSED_LIMIT:
            del self._closed[next(iter(self._closed))]


def _deliver(ref: Ref, message: FramesArrived | PeerLost | PeerMistaken) -> None:
    try:
        ref.tell(message)
    except ActorDeadError:
        logger.debug("the link is gone; %s dropped", type(message).__name__)

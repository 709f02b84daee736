"""Answers the gateways' requests: accounts, characters, coming into play and going out of it.

The desk itself only hands out: each request gets a clerk, an actor that may wait for the database and ends
with its answer. A clerk that crashes is a request that failed, and nothing else. How many work at a
time is bounded by the link (`ReplyCache`).

The desk also brings back, when the world starts, the sessions that a checkpoint found in play.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from actors.storage.positions import Position
from actors.world.character import Character
from actors.world_clerk import Clerk, ClerkOptions, Work
from actors.world_link_messages import DESK, AnswerRequest, ServeRequest
from actors.world_play import NotStarted, Play
from actors.world_streams import StreamTable
from transports.link.protocol import EntityId, FailureCode
from transports.link.requests import failure
from wyld_actors import Actor, AskTimeout, Context, Exited, Message, Ref, on

__all__ = ["Desk", "Returning"]

logger = logging.getLogger(__name__)


class Returning:
    """The sessions that were in play when the world ended, and their characters. Used once."""

    def __init__(self, positions: Sequence[Position], characters: Mapping[EntityId, Character.State]) -> None:
        self.positions = positions
        self.characters = characters


class BringBack(Message, frozen=True):
    """Bring the sessions of the last checkpoint back into play."""


class Desk(Actor):
    """Registered as the desk of the world."""

    def __init__(self, options: ClerkOptions, play: Play, streams: StreamTable, returning: Returning) -> None:
        self._options = options
        self._play = play
        self._streams = streams
        self._returning = returning
        self._open: dict[Ref, ServeRequest] = {}

    def on_start(self) -> None:
        self.ctx.system.registry.register(DESK, self.ctx.ref)
        if self.ctx.incarnation == 1:
            self._bring_back()

    @on(ServeRequest)
    def serve(self, ctx: Context, message: ServeRequest) -> None:
        """A clerk for this request."""
        clerk = ctx.spawn(Clerk, self._options, self._play)
        ctx.monitor(clerk)
        ctx.tell(clerk, Work(message, ctx.ref))
        self._open[clerk] = message

    @on(AnswerRequest)
    def answered(self, ctx: Context, message: AnswerRequest) -> None:
        """A clerk has the answer."""
        self._answer(message)

    @on(Exited)
    def clerk_gone(self, ctx: Context, message: Exited) -> None:
        """A clerk that did not end by itself leaves its asker without an answer."""
        request = self._open.pop(message.ref, None)
        if request is not None and not message.reason.is_clean:
            answer = failure(request.request.id, FailureCode.INTERNAL)
            self._answer(AnswerRequest(request.client, request.peer, answer))

    def _answer(self, message: AnswerRequest) -> None:
        outlet = self._play.outlet
        if outlet is not None:
            outlet.tell(message)

    def _bring_back(self) -> None:
        """Before the link opens: as each session was, so that its gateway finds it."""
        for position in self._returning.positions:
            state = self._returning.characters.get(position.character or "")
            if state is None:
                logger.error(
                    "session %s: its character %s is not saved", position.session, position.character
                )
                continue
            try:
                self._play.bring_back(self.ctx, self._streams, position, state)
            except (NotStarted, AskTimeout) as error:
                logger.error("session %s is not brought back: %s", position.session, error)

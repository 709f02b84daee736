"""Answers the gateways' requests: accounts, characters, coming into play and going out of it.

The desk itself only hands out: each request gets a clerk, an actor that may wait for the database and ends
with its answer. A clerk that crashes is a request that failed, and nothing else. How many work at a time is
bounded by the link. Requests about one account are served one after the other, so that two of its devices do
not make a character each where there is room for one, or take the same one into play at once.

The desk also brings back, before the gateways come, the sessions that a checkpoint found in play.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from actors.entrance.clerk import Clerk, ClerkOptions, Work
from actors.entrance.excuses import Excuses
from actors.entrance.play import NotStarted, Play
from actors.storage.positions import Position
from actors.world.character import Character
from actors.world_link.messages import DESK, AnswerRequest, BringBack, ServeRequest
from actors.world_link.streams import StreamTable
from transports.link.protocol import AccountId, EntityId, FailureCode
from transports.link.requests import failure
from transports.link.streams import TailRecord
from wyld_actors import Actor, AskTimeout, Context, Exited, Ref, on

__all__ = ["Desk", "DeskState", "Returning"]

logger = logging.getLogger(__name__)

_tails = msgspec.msgpack.Decoder(TailRecord)


class Returning:
    """The sessions that were in play when the world ended, and their characters. Each is taken once."""

    def __init__(self, positions: Sequence[Position], characters: Mapping[EntityId, Character.State]) -> None:
        self.positions = deque(positions)
        self.characters = characters


@dataclass(slots=True)
class DeskState:
    """What outlasts an incarnation: who is still to come back, the requests that have a clerk, for each
    account that has one the requests behind it, and what the log was told."""

    returning: Returning
    open: dict[Ref, ServeRequest] = field(default_factory=dict)
    waiting: dict[AccountId, deque[ServeRequest]] = field(default_factory=dict)
    excuses: Excuses = field(default_factory=Excuses)


class Desk(Actor):
    """Registered as the desk of the world."""

    may_be_interrupted = False

    def __init__(self, options: ClerkOptions, play: Play, streams: StreamTable, state: DeskState) -> None:
        super().__init__()
        self._options = options
        self._play = play
        self._streams = streams
        self._desk = state
        self._waiting = state.waiting

    def on_start(self) -> None:
        self.ctx.system.registry.register(DESK, self.ctx.ref)
        # The clerks of an incarnation that crashed went with it.
        for request in chain(self._desk.open.values(), *self._waiting.values()):
            self._fail(request)
        self._desk.open.clear()
        self._waiting.clear()

    # Requests ------------------------------------------------------------------------------------------

    @on(ServeRequest)
    def serve(self, ctx: Context, message: ServeRequest) -> None:
        """A clerk for this request, now or when the one before it of the same account has its answer."""
        account = _account_of(message)
        if account is None:
            self._employ(ctx, message)
        elif account in self._waiting:
            self._waiting[account].append(message)
        else:
            self._waiting[account] = deque()
            self._employ(ctx, message)

    def _employ(self, ctx: Context, message: ServeRequest) -> None:
        clerk = ctx.spawn(Clerk, self._options, self._play, self._desk.excuses)
        ctx.monitor(clerk)
        ctx.tell(clerk, Work(message, ctx.ref))
        self._desk.open[clerk] = message

    @on(AnswerRequest)
    def answered(self, ctx: Context, message: AnswerRequest) -> None:
        """A clerk has the answer."""
        self._answer(message)

    @on(Exited)
    def clerk_gone(self, ctx: Context, message: Exited) -> None:
        """A clerk that did not end by itself leaves its asker without an answer."""
        request = self._desk.open.pop(message.ref, None)
        if request is None:
            return
        if not message.reason.is_clean:
            self._fail(request)
        self._next_of(ctx, _account_of(request))

    def _next_of(self, ctx: Context, account: AccountId | None) -> None:
        waiting = self._waiting.get(account) if account is not None else None
        if waiting:
            self._employ(ctx, waiting.popleft())
        elif waiting is not None and account is not None:
            del self._waiting[account]

    def _fail(self, request: ServeRequest) -> None:
        self._answer(AnswerRequest(request.client, failure(request.request.id, FailureCode.INTERNAL)))

    def _answer(self, message: AnswerRequest) -> None:
        outlet = self._play.outlet
        if outlet is not None:
            outlet.tell(message)

    # The last checkpoint -------------------------------------------------------------------------------

    @on(BringBack)
    def bring_back(self, ctx: Context, message: BringBack) -> None:
        """As each session was, so that its gateway finds it. One that cannot be brought back is lost
        alone."""
        returning = self._desk.returning
        while returning.positions:
            # Taken out first: whatever happens to this one, the next incarnation goes on with the others.
            position = returning.positions.popleft()
            self._restore(ctx, position)
            if position.character:
                self._bring_back(ctx, position, returning.characters.get(position.character))

    def _restore(self, ctx: Context, position: Position) -> None:
        tail: TailRecord | None = None
        try:
            tail = _tails.decode(position.tail)
        except msgspec.MsgspecError as error:
            # Its outputs are lost; with no numbers agreed, they go on after what the gateway has.
            logger.error("session %s: its outputs cannot be read: %s", position.session, error)
            tail = TailRecord(0, 0)
        self._streams.restore(position.session, position.applied, tail, ctx.now, position.client)

    def _bring_back(self, ctx: Context, position: Position, state: Character.State | None) -> None:
        if state is None:
            logger.error("session %s: %s cannot be brought back", position.session, position.character)
            self._streams.lose(position.session)
            return
        try:
            self._play.bring_back(ctx, self._streams, position, state)
        except (NotStarted, AskTimeout) as error:
            logger.error("session %s is not brought back: %s", position.session, error)
            self._streams.lose(position.session)


def _account_of(task: ServeRequest) -> AccountId | None:
    account: AccountId | None = getattr(task.request.body, "account", None)
    return account

"""Takes the checkpoints: what changed in the world and how far every session got, as one transaction.

A checkpoint is taken at a *quiet point*: the link holds back what the gateways send, the run queue runs
empty, so nothing is on its way between two entities. Then references to the frozen states are collected,
which takes microseconds each, and the link lets go. Encoding and writing go on behind (`world_writer`).

What is not written yet is in `KeeperState`, which outlasts a crash of this actor. A database that is down
delays checkpoints and nothing else: what changed meanwhile is written together when it is back.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import cast

from actors.storage.errors import StoreUnavailable
from actors.storage.requests import ClaimWorld
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.messages import SaveCharacter
from actors.world.outlet import KEEPER, OUTLET
from actors.world_link_messages import Hold, Release, WrittenCheckpoint
from actors.world_streams import StreamTable
from actors.world_writer import Batch, WorldWriter, Written
from transports.link.protocol import EntityId
from wyld_actors import (
    SHUTDOWN,
    Actor,
    AskTimeout,
    Context,
    ExitReason,
    Message,
    Ref,
    Reply,
    StopRequested,
    on,
)

__all__ = ["KeeperOptions", "KeeperState", "Recall", "SaveNow", "WorldKeeper"]

logger = logging.getLogger(__name__)

# A logout is written soon, together with those of the same moment.
SOON_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class KeeperOptions:
    """`interval_seconds` is how much play a lost machine costs at most."""

    interval_seconds: float = 1.0


@dataclass(slots=True)
class KeeperState:
    """What outlasts an incarnation: what is collected and not written yet."""

    streams: StreamTable
    batch: Batch = field(default_factory=Batch)


class Recall(Message, frozen=True):
    """Answer: the state of an entity that is not written yet, None if there is none."""

    entity: EntityId


class SaveNow(Message, frozen=True):
    """Answer, when all that is done by now is saved: None. Raises StoreUnavailable if it cannot be."""


class TakeCheckpoint(Message, frozen=True):
    """It is time."""


class AwaitQuiet(Message, frozen=True):
    """The link was told to hold; now wait for the quiet point."""


class Collected(Message, frozen=True):
    """The quiet point has been; the world was held up for so long."""

    pause_seconds: float


class WorldKeeper(Actor):
    """Registered as the keeper of the world."""

    def __init__(
        self, options: KeeperOptions, state: KeeperState, claim: ClaimWorld, store_name: str
    ) -> None:
        self._options = options
        self._kept = state
        self._world = claim
        self._store_name = store_name
        self._is_busy = False
        self._is_soon = False
        # Who wants to know: of the next checkpoint, and of the one under way.
        self._askers: list[Reply] = []
        self._served: list[Reply] = []
        self._ends_with: ExitReason | None = None
        self._is_last = False
        self._problem = ""
        self._held_at = 0.0
        self.last_pause_seconds = 0.0

    def on_start(self) -> None:
        self.ctx.system.registry.register(KEEPER, self.ctx.ref)
        store = self.ctx.system.registry.whereis(self._store_name)
        if store is not None:
            self._claim(store)
        self.ctx.every(self._options.interval_seconds, TakeCheckpoint())
        # An incarnation that crashed between the two may have left the link waiting.
        self._tell_link(Release())

    def _claim(self, store: Ref) -> None:
        """Own the world for as long as this process lives. Raises WorldTaken, up to the root."""
        try:
            self.ctx.ask(store, self._world, timeout_seconds=2 * self._world.wait_seconds)
        except (StoreUnavailable, AskTimeout) as error:
            # The connection that writes claims again before it writes.
            logger.warning("the world is not claimed yet: %s", error)

    @on(SaveCharacter)
    def save_character(self, ctx: Context, message: SaveCharacter) -> None:
        """A character has left play: nobody else knows its state any more."""
        self._kept.batch.entities[message.id] = (Character, cast(Entity.State, message.state))
        if not self._is_soon:
            self._is_soon = True
            ctx.after(SOON_SECONDS, TakeCheckpoint())

    @on(Recall)
    def recall(self, ctx: Context, message: Recall) -> Entity.State | None:
        """What the database does not know yet."""
        kept = self._kept.batch.entities.get(message.entity)
        return kept[1] if kept else None

    @on(SaveNow)
    def save_now(self, ctx: Context, message: SaveNow) -> None:
        """The checkpoint under way may have been collected already: it is the next one that counts."""
        self._askers.append(ctx.defer_reply())
        self.take_checkpoint(ctx, TakeCheckpoint())

    # The quiet point -----------------------------------------------------------------------------------

    @on(TakeCheckpoint)
    def take_checkpoint(self, ctx: Context, message: TakeCheckpoint) -> None:
        """Ask for quiet, unless the last checkpoint is still under way."""
        self._is_soon = False
        if not self._is_busy:
            self._is_busy = True
            self._is_last = self._ends_with is not None
            self._served, self._askers = self._askers, []
            self._held_at = ctx.now
            self._tell_link(Hold())
            ctx.tell(ctx.ref, AwaitQuiet())

    @on(AwaitQuiet)
    def await_quiet(self, ctx: Context, message: AwaitQuiet) -> None:
        """Whatever the link let in before is done when the run queue is empty."""
        ctx.system.dispatcher.when_idle(self._collect)

    def _collect(self) -> None:
        """In the hub, where nothing else runs: take references to all that changed."""
        system = self.ctx.system
        batch = self._kept.batch
        changed, system.changed = system.changed, set()
        for cell in changed:
            state = cell.good_state
            if isinstance(state, Entity.State):
                batch.entities[state.id] = (cast(type[Entity], cell.actor_class), state)
        batch.positions.update(self._kept.streams.snapshot())
        self.ctx.ref.try_tell(Collected(system.now() - self._held_at))

    @on(Collected)
    def write(self, ctx: Context, message: Collected) -> None:
        """Let the world go on, and write."""
        self._tell_link(Release())
        self.last_pause_seconds = message.pause_seconds
        batch = self._kept.batch
        if batch.entities or batch.positions:
            ctx.spawn(WorldWriter, ctx.ref, self._store_name, batch.copy())
        else:
            self._finish(ctx)

    @on(Written)
    def written(self, ctx: Context, message: Written) -> None:
        """The writer has ended, one way or the other."""
        if message.problem:
            if message.problem != self._problem:
                logger.error("a checkpoint is not written, play goes on: %s", message.problem)
            self._problem = message.problem
        else:
            if self._problem:
                logger.warning("checkpoints are written again")
                self._problem = ""
            self._kept.batch.drop(message.batch)
            self._tell_link(WrittenCheckpoint(message.batch.applied))
        self._finish(ctx)

    def _finish(self, ctx: Context) -> None:
        self._is_busy = False
        self._answer()
        if self._ends_with is None:
            if self._askers:
                self.take_checkpoint(ctx, TakeCheckpoint())
            return
        if self._is_last:
            if self._problem:
                logger.error("the last checkpoint is not written: %s", self._problem)
            ctx.stop(self._ends_with)
        else:
            self.take_checkpoint(ctx, TakeCheckpoint())

    def _answer(self) -> None:
        """To those for whom the checkpoint was that has just ended."""
        for reply in self._served:
            if self._problem:
                reply.fail(StoreUnavailable(self._problem))
            else:
                reply.set(None)
        self._served = []

    @on(StopRequested)
    def take_the_last(self, ctx: Context, message: StopRequested) -> None:
        """The link is closed already: write what there is, then stop."""
        self._ends_with = message.reason or SHUTDOWN
        self.take_checkpoint(ctx, TakeCheckpoint())

    def _tell_link(self, message: Message) -> None:
        link: Ref | None = self.ctx.system.registry.whereis(OUTLET)
        if link is not None:
            link.tell(message)

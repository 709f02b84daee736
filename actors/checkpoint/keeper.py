"""Takes the checkpoints: what changed in the world and how far every session got, as one transaction.

A checkpoint is taken at a *quiet point*: the link holds back what the gateways send and the run queue runs
empty, so nothing is on its way between two entities. Then references to the frozen states are collected
(`collecting`), which takes microseconds each, and the link lets go. Encoding and writing go on behind
(`writer`). One at a time: what is asked for during one is in the next.

A world that does not come to rest within `quiet_seconds` (npcs that never stop talking) is cut where it
stands; what mail means that has not been read is worked out by `cut`, as it is for actors that are
down.

What is not written yet is in `KeeperState`, which outlasts a crash of this actor. A database that is down
delays checkpoints and nothing else: what changed meanwhile is written together when it is back. When another
process has taken the world, this one ends.
"""

from __future__ import annotations

import logging
import time
from functools import partial

from actors.checkpoint.collecting import KeeperState, collect
from actors.checkpoint.messages import (
    Collected,
    GetKeeperStatus,
    KeeperOptions,
    KeeperStatus,
    Overdue,
    Recall,
    SaveNow,
    TakeCheckpoint,
    TakeSoon,
    WriterGone,
)
from actors.checkpoint.writer import Moment, WorldWriter, Written
from actors.storage.errors import StoreUnavailable, WorldTaken
from actors.storage.requests import ClaimWorld
from actors.world.entity import Entity
from actors.world.messages.keeper import SaveCharacter, Traded
from actors.world.outlet import KEEPER, OUTLET
from actors.world.paths import ROOT
from actors.world_link.messages import Hold, Release, WrittenCheckpoint
from supervisors.calls import StopSupervisor
from wyld_actors import (
    Actor,
    ActorDeadError,
    AskTimeout,
    Context,
    Exited,
    ExitKind,
    ExitReason,
    Message,
    Ref,
    Refused,
    Reply,
    StopRequested,
    on,
)

__all__ = [
    "GetKeeperStatus",
    "KeeperOptions",
    "KeeperState",
    "KeeperStatus",
    "Recall",
    "SaveNow",
    "WorldKeeper",
]

logger = logging.getLogger(__name__)

# Seconds. A logout or a trade is written soon, together with those of the same moment.
SOON_SECONDS = 0.05
# Seconds between the beginnings of two forced checkpoints: who trades without pause must not hold up others.
FORCED_GAP_SECONDS = 0.1
# Seconds between two attempts to write the last checkpoint, while there is time.
LAST_RETRY_SECONDS = 0.5


class WorldKeeper(Actor):
    """Registered as the keeper of the world."""

    may_be_interrupted = False

    def __init__(
        self, options: KeeperOptions, state: KeeperState, claim: ClaimWorld, store_name: str
    ) -> None:
        super().__init__()
        self._options = options
        self._kept = state
        self._world = claim
        self._store_name = store_name
        # The number of the attempt under way, and what it waits for: rest, or its writer.
        self._attempt = 0
        self._awaits_rest = False
        self._writer: Ref | None = None
        self._is_wanted = False
        self._is_soon = False
        self._is_taken = False
        # Who wants to know: of the next checkpoint, and of the one under way.
        self._askers: list[Reply] = []
        self._served: list[Reply] = []
        self._ends_with: StopRequested | None = None
        self._held_at = self.ctx.now - FORCED_GAP_SECONDS
        self._status = KeeperStatus(
            options.interval_seconds, self.ctx.now, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, ""
        )

    def on_start(self) -> None:
        ctx = self.ctx
        ctx.system.registry.register(KEEPER, ctx.ref)
        # An incarnation that crashed may have left the link waiting.
        self._tell_link(Release())
        ctx.every(self._options.interval_seconds, TakeCheckpoint())
        store = ctx.system.registry.whereis(self._store_name)
        if ctx.incarnation == 1 and store is not None:
            self._claim(store)

    def _claim(self, store: Ref) -> None:
        """Own the world before anybody plays in it. Raises WorldTaken."""
        try:
            self.ctx.ask(store, self._world, timeout_seconds=2 * self._world.wait_seconds + 1)
        except WorldTaken:
            raise
        except (Refused, AskTimeout, ActorDeadError) as error:
            # Whoever writes claims first.
            logger.warning("the world is not claimed yet: %s", error)

    @on(SaveCharacter)
    def save_character(self, ctx: Context, message: SaveCharacter) -> None:
        """A character has left play."""
        self._kept.keep(message)
        self._hurry(ctx)

    @on(Traded)
    def save_trade(self, ctx: Context, message: Traded) -> None:
        """Players have exchanged goods."""
        self._hurry(ctx)

    def _hurry(self, ctx: Context) -> None:
        if not self._is_soon:
            self._is_soon = True
            ctx.after(max(SOON_SECONDS, self._held_at + FORCED_GAP_SECONDS - ctx.now), TakeSoon())

    @on(Recall)
    def recall(self, ctx: Context, message: Recall) -> Entity.State | None:
        """What the database does not know yet."""
        kept = self._kept.batch.entities.get(message.entity)
        return kept[1] if kept else None

    @on(SaveNow)
    def save_now(self, ctx: Context, message: SaveNow) -> None:
        """The checkpoint under way may have been collected already: it is the next one that counts."""
        self._askers.append(ctx.defer_reply())
        self._begin(ctx)

    # Rest ----------------------------------------------------------------------------------------------

    @on(TakeCheckpoint)
    def take_checkpoint(self, ctx: Context, message: TakeCheckpoint) -> None:
        """After an interval."""
        self._begin(ctx)

    @on(TakeSoon)
    def take_soon(self, ctx: Context, message: TakeSoon) -> None:
        """Soon after somebody has left or traded, unless one has begun since then."""
        self._is_wanted = self._is_wanted or self._is_soon
        if self._is_soon:
            self._begin(ctx)

    @property
    def _is_busy(self) -> bool:
        return self._awaits_rest or self._writer is not None

    def _begin(self, ctx: Context) -> None:
        if self._is_busy:
            self._is_wanted = self._is_wanted or bool(self._askers)
            return
        self._is_soon = self._is_wanted = False
        self._served, self._askers = self._askers, []
        self._attempt += 1
        self._awaits_rest = True
        self._held_at = ctx.now
        self._tell_link(Hold())
        # Both orders are in the queue, so it does not run empty before they are read.
        ctx.system.dispatcher.when_idle(partial(self._at_rest, ctx.incarnation, self._attempt))
        ctx.after(self._options.quiet_seconds, Overdue(self._attempt))

    def _at_rest(self, incarnation: int, attempt: int) -> None:
        """In the hub, where nothing else runs."""
        if self.ctx.incarnation == incarnation and self._awaits_rest and attempt == self._attempt:
            self.ctx.ref.try_tell(Collected(attempt, self._collect()))

    @on(Overdue)
    def cut(self, ctx: Context, overdue: Overdue) -> None:
        """The world does not come to rest. In this handler no other one runs, so it can be cut here."""
        if self._awaits_rest and overdue.attempt == self._attempt:
            self._status = self._status.replace(cuts=self._status.cuts + 1)
            self._write(ctx, Collected(overdue.attempt, self._collect()))

    def _collect(self) -> Moment:
        system = self.ctx.system
        began = time.perf_counter()
        link = system.registry.whereis(OUTLET)
        services = [self.ctx.cell] if link is None else [link.cell, self.ctx.cell]
        moment = collect(system, self._kept, services)
        took = time.perf_counter() - began
        self._awaits_rest = False
        self._status = self._status.replace(
            last_collect_seconds=took,
            longest_collect_seconds=max(took, self._status.longest_collect_seconds),
        )
        return moment

    # Writing -------------------------------------------------------------------------------------------

    @on(Collected)
    def write(self, ctx: Context, collected: Collected) -> None:
        """Let the world go on, and write."""
        self._write(ctx, collected)

    def _write(self, ctx: Context, collected: Collected) -> None:
        if collected.attempt != self._attempt or self._writer is not None:
            return
        self._tell_link(Release())
        pause = ctx.now - self._held_at
        self._status = self._status.replace(
            last_pause_seconds=pause,
            longest_pause_seconds=max(pause, self._status.longest_pause_seconds),
            pauses=self._status.pauses.with_one(pause),
        )
        if not collected.moment:
            self._succeeded(ctx)
            self._finish(ctx)
        elif self._is_taken:
            self._finish(ctx)
        else:
            self._writer = ctx.spawn(WorldWriter, ctx.ref, self._store_name, self._world, collected.moment)
            ctx.monitor(self._writer)

    @on(Written)
    def written(self, ctx: Context, message: Written) -> None:
        """The writer is done, one way or the other."""
        if message.is_taken:
            self._lose_world(ctx, message.problem)
        if message.problem:
            self._failed(message.problem)
        else:
            self._kept.batch.drop(message.batch)
            self._tell_link(WrittenCheckpoint(message.batch.positions))
            self._succeeded(ctx)
            self._status = self._status.replace(written=self._status.written + 1)
        self._finish(ctx)

    @on(Exited)
    def writer_gone(self, ctx: Context, exited: Exited) -> None:
        """Its report may still wait to be read: look again behind it."""
        ctx.ref.tell(WriterGone(exited.ref, str(exited.reason)))

    @on(WriterGone)
    def writer_missed(self, ctx: Context, gone: WriterGone) -> None:
        """A writer that crashed: nobody knows whether it has written, so it is written again."""
        if self._writer == gone.ref:
            self._failed(f"its writer ended: {gone.reason}")
            self._finish(ctx)

    def _succeeded(self, ctx: Context) -> None:
        if self._status.problem:
            logger.warning("checkpoints are written again")
        self._status = self._status.replace(age_seconds=ctx.now, problem="")

    def _failed(self, problem: str) -> None:
        if problem != self._status.problem:
            logger.error("a checkpoint is not written, play goes on: %s", problem)
        self._status = self._status.replace(failed=self._status.failed + 1, problem=problem)

    def _lose_world(self, ctx: Context, problem: str) -> None:
        """Another process owns the world now: what happens here is not true any more."""
        if self._is_taken:
            return
        self._is_taken = True
        logger.critical("this world ends here: %s", problem)
        root = ctx.system.find(ROOT)
        if root is not None and self._ends_with is None:
            root.tell(StopSupervisor(ExitReason(ExitKind.CRASH, WorldTaken(self._world.world))))

    def _finish(self, ctx: Context) -> None:
        self._writer = None
        self._answer()
        if self._ends_with is not None:
            self._finish_last(ctx, self._ends_with)
        elif self._askers or self._is_wanted:
            self._begin(ctx)

    def _answer(self) -> None:
        """To those for whom the checkpoint was that has just ended."""
        problem = self._status.problem
        for reply in self._served:
            if problem:
                reply.fail(StoreUnavailable(problem))
            else:
                reply.set(None)
        self._served = []

    # The end -------------------------------------------------------------------------------------------

    @on(StopRequested)
    def take_the_last(self, ctx: Context, message: StopRequested) -> None:
        """The link is closed already, and what was under way is done: write what there is, then stop."""
        is_first = self._ends_with is None
        self._ends_with = message
        if is_first:
            self._is_wanted = True
            self._begin(ctx)

    def _finish_last(self, ctx: Context, end: StopRequested) -> None:
        """One that was under way when the end came is not the last; one that failed is tried again in
        time."""
        problem = self._status.problem
        if self._is_wanted:
            self._begin(ctx)
        elif problem and not self._is_taken and self._has_time(ctx, end):
            ctx.after(LAST_RETRY_SECONDS, TakeCheckpoint())
        else:
            if problem:
                logger.error("the last checkpoint is not written: %s", problem)
            ctx.stop(end.reason)

    def _has_time(self, ctx: Context, end: StopRequested) -> bool:
        return end.deadline is not None and ctx.now + 2 * LAST_RETRY_SECONDS < end.deadline

    @on(GetKeeperStatus)
    def status(self, ctx: Context, message: GetKeeperStatus) -> KeeperStatus:
        """For operators."""
        batch = self._kept.batch
        return self._status.replace(
            age_seconds=ctx.now - self._status.age_seconds,
            entities_waiting=len(batch.entities),
            positions_waiting=len(batch.positions),
        )

    def _tell_link(self, message: Message) -> None:
        link: Ref | None = self.ctx.system.registry.whereis(OUTLET)
        if link is not None:
            link.tell(message)

"""The keeper answers who wants to know that all is saved; a store of the test writes, or does not."""

from collections.abc import Iterator

import pytest

from actors.checkpoint.keeper import KeeperOptions, KeeperState, SaveNow, WorldKeeper
from actors.storage.errors import StoreUnavailable
from actors.storage.requests import ClaimWorld, SaveCheckpoint
from actors.world.outlet import OUTLET
from actors.world.surroundings import Surroundings
from actors.world_link.messages import Hold, Release, WrittenCheckpoint
from actors.world_link.streams import StreamTable
from tests.actors.world.sample import atlas
from wyld_actors import Actor, ActorSystem, Context, Future, ManualClock, Message, Ref, Reply, on

SESSION = 7


class Let(Message, frozen=True):
    """To the store: end the checkpoint that waits longest."""

    problem: str = ""


class Disk(Actor):
    """A store that writes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Reply] = []

    def on_start(self) -> None:
        self.ctx.system.registry.register("store", self.ctx.ref)

    @on(ClaimWorld)
    def claim(self, ctx: Context, _: ClaimWorld) -> None:
        """Nobody else wants this world."""

    @on(SaveCheckpoint)
    def save(self, ctx: Context, _: SaveCheckpoint) -> None:
        self._waiting.append(ctx.defer_reply())

    @on(Let)
    def let(self, ctx: Context, let: Let) -> None:
        reply = self._waiting.pop(0)
        if let.problem:
            reply.fail(StoreUnavailable(let.problem))
        else:
            reply.set(None)


class Gate(Actor):
    """The link, as far as the keeper knows it."""

    def on_start(self) -> None:
        self.ctx.system.registry.register(OUTLET, self.ctx.ref)

    @on(Hold, Release, WrittenCheckpoint)
    def note(self, ctx: Context, message: Message) -> None:
        """There is nothing to hold."""


class Bench:
    """A keeper between a disk and a gate. Its own checkpoints are far away."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.streams = StreamTable()
        self.disk: Ref = system.spawn(Disk)
        system.spawn(Gate)
        system.settle()
        claim = ClaimWorld("world")
        kept = KeeperState(self.streams, Surroundings(atlas(), system.registry))
        self.keeper = system.spawn(WorldKeeper, KeeperOptions(interval_seconds=1000.0), kept, claim, "store")
        system.settle()

    def plays(self) -> None:
        """Something happens that is to be saved."""
        self.streams.open(SESSION, self.system.now())
        self.streams.play(SESSION, None, "character:1")

    def asks(self) -> Future[None]:
        """Somebody wants to know that all is saved."""
        future: Future[None] = self.keeper.ask(SaveNow(), block=False)
        self.system.settle()
        return future

    def let(self, problem: str = "") -> None:
        self.disk.tell(Let(problem))
        self.system.settle()


@pytest.fixture
def bench() -> Iterator[Bench]:
    system = ActorSystem(clock=ManualClock())
    yield Bench(system)
    system.stop()


def test_who_asks_is_answered_when_the_checkpoint_is_written(bench: Bench) -> None:
    bench.plays()

    answer = bench.asks()

    assert not answer.is_done
    bench.let()
    assert answer.is_done


def test_who_asks_during_a_checkpoint_is_answered_by_the_next_one(bench: Bench) -> None:
    bench.plays()
    first = bench.asks()
    bench.plays()
    second = bench.asks()

    bench.let()

    assert first.is_done
    assert not second.is_done
    bench.let()
    assert second.is_done


def test_who_asks_is_told_that_nothing_could_be_saved(bench: Bench) -> None:
    bench.plays()
    answer = bench.asks()

    bench.let(problem="it is away")

    with pytest.raises(StoreUnavailable, match="it is away"):
        answer.get()


def test_who_asks_while_nothing_has_changed_is_answered_at_once(bench: Bench) -> None:
    assert bench.asks().is_done

"""The keeper answers who wants to know that all is saved; a store of the test writes, or does not."""

from collections.abc import Iterator

import pytest

from actors.checkpoint.keeper import KeeperOptions, KeeperState, SaveNow, WorldKeeper
from actors.storage.errors import StoreUnavailable
from actors.storage.requests import ClaimWorld, SaveCheckpoint
from actors.world.messages.keeper import Traded
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
        self.asked = 0

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting)

    def on_start(self) -> None:
        self.ctx.system.registry.register("store", self.ctx.ref)

    @on(ClaimWorld)
    def claim(self, ctx: Context, _: ClaimWorld) -> None:
        """Nobody else wants this world."""

    @on(SaveCheckpoint)
    def save(self, ctx: Context, _: SaveCheckpoint) -> None:
        self._waiting.append(ctx.defer_reply())
        self.asked += 1

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

    def trades(self) -> None:
        self.keeper.tell(Traded())
        self.system.settle()

    @property
    def written(self) -> int:
        """How many checkpoints the disk was asked to write."""
        return self._disk.asked

    @property
    def is_writing(self) -> bool:
        return self._disk.is_busy

    @property
    def _disk(self) -> Disk:
        disk = self.disk.cell.instance
        assert isinstance(disk, Disk)
        return disk

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


# Trade and logout ------------------------------------------------------------------------------------------


def test_a_trade_is_written_soon(bench: Bench) -> None:
    bench.plays()
    bench.trades()
    assert bench.written == 0

    bench.system.advance(0.06)

    assert bench.written == 1


def test_many_trades_of_one_moment_are_one_checkpoint(bench: Bench) -> None:
    for _ in range(100):
        bench.plays()
        bench.trades()
        bench.system.advance(0.0004)

    bench.system.advance(0.2)
    bench.let()
    bench.system.advance(0.2)

    assert bench.written == 1


def test_a_trade_during_a_checkpoint_is_in_the_next_one(bench: Bench) -> None:
    bench.plays()
    bench.trades()
    bench.system.advance(0.06)
    bench.plays()
    bench.trades()
    bench.system.advance(1.0)
    assert bench.written == 1

    bench.let()

    assert bench.written == 2


def test_who_trades_without_pause_makes_no_more_than_ten_checkpoints_a_second(bench: Bench) -> None:
    for _ in range(1000):
        bench.plays()
        bench.trades()
        bench.system.advance(0.005)
        if bench.is_writing:
            bench.let()

    assert 45 <= bench.written <= 51

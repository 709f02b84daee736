"""What a checkpoint collects: what has changed since the last one, and nothing that was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from actors.checkpoint.collecting import KeeperState, collect
from actors.checkpoint.writer import Batch
from actors.world.character import Character
from actors.world.messages.keeper import SaveCharacter
from actors.world.messages.playing import Perform
from actors.world.messages.subjects import Goods, Thing
from actors.world.messages.transfers import Receive
from actors.world.testing import Player, World
from actors.world_link.streams import StreamTable
from tests.actors.world.sample import atlas
from wyld_actors import Actor, Context, on

ANN = "character:ann"
ROPE = Thing("item:rope", "a coil of rope")


class Bench:
    """A world that plays, and what its keeper remembers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.streams = StreamTable()
        self.kept = KeeperState(self.streams, world.around)
        self.kept.watch(world.system)
        self.ann: Player = world.player("Ann")

    def collects(self) -> Batch:
        return collect(self.world.system, self.kept, []).batch()

    def writes(self) -> Batch:
        """Collect, and have it written."""
        batch = self.collects()
        self.kept.batch.drop(batch)
        return batch


@pytest.fixture
def bench() -> Iterator[Bench]:
    with World(atlas()) as world:
        yield Bench(world)


def test_what_has_changed_is_collected_once(bench: Bench) -> None:
    bench.writes()
    bench.ann.types("get lantern")

    assert set(bench.writes().entities) == {bench.ann.id, "room:harbour/quay"}
    assert not bench.writes()


def test_what_is_not_written_is_collected_again(bench: Bench) -> None:
    bench.writes()
    bench.ann.types("get lantern")

    bench.collects()

    assert set(bench.collects().entities) == {bench.ann.id, "room:harbour/quay"}


def test_what_happens_after_the_moment_is_in_the_next_one(bench: Bench) -> None:
    bench.writes()
    moment = collect(bench.world.system, bench.kept, [])
    bench.ann.types("get lantern")

    assert not moment.batch()
    assert bench.ann.id in bench.collects().entities


def test_a_moment_that_nobody_came_to_write_is_in_the_next_one(bench: Bench) -> None:
    bench.writes()
    bench.ann.types("get lantern")
    collect(bench.world.system, bench.kept, [])

    assert set(bench.collects().entities) == {bench.ann.id, "room:harbour/quay"}


def test_a_farewell_is_kept_until_it_is_written(bench: Bench) -> None:
    state = Character.State(id="character:bob")

    bench.kept.keep(SaveCharacter(state.id, state))

    assert bench.collects().entities[state.id] == (Character, state)


def test_a_farewell_that_nobody_received_is_kept(bench: Bench) -> None:
    state = Character.State(id="character:bob")
    gone = bench.world.system.spawn(Quitter)
    gone.tell(SaveCharacter(state.id, state))
    gone.tell(SaveCharacter(state.id, state))

    bench.world.settle()

    assert bench.collects().entities[state.id] == (Character, state)


def test_a_farewell_over_which_its_receiver_crashed_is_kept(bench: Bench) -> None:
    state = Character.State(id="character:bob")
    bench.world.system.spawn(Stumbler).tell(SaveCharacter(state.id, state))

    bench.world.settle()

    assert bench.collects().entities[state.id] == (Character, state)


def test_an_actor_that_is_down_is_collected_as_it_was_last(bench: Bench) -> None:
    bench.ann.types("get lantern")
    bench.writes()
    bench.ann.ref.cell.kill()

    batch = bench.collects()

    _, state = batch.entities[bench.ann.id]
    assert isinstance(state, Character.State)
    assert [thing.name for thing in state.things] == ["a brass lantern"]


def test_what_mail_corrects_is_written_so_and_remembered_as_it_is(bench: Bench) -> None:
    bench.writes()
    quay = bench.world.entity("room:harbour/quay")
    quay.ref.tell(Receive(Goods((ROPE,)), bench.ann.ref))

    corrected = bench.writes()

    assert ROPE in things(corrected, bench.ann.id)
    bench.world.settle()
    as_it_is = bench.writes()
    assert ROPE not in things(as_it_is, bench.ann.id)
    assert ROPE in things(as_it_is, quay.id)


def things(batch: Batch, entity: str) -> Sequence[Thing]:
    state: Any = batch.entities[entity][1]
    found: Sequence[Thing] = state.things
    return found


def test_sessions_that_moved_are_collected_with_where_they_stand(bench: Bench) -> None:
    bench.streams.open(7, 0.0, applied=3)
    bench.streams.play(7, None, ANN, 1)

    assert bench.writes().positions[7].applied == 3
    assert bench.writes().positions == {}


class Quitter(Actor):
    """Ends with the first message; the second finds nobody."""

    @on(SaveCharacter)
    def quit(self, ctx: Context, _: SaveCharacter) -> None:
        ctx.stop()


class Stumbler(Actor):
    """Crashes over a farewell."""

    @on(SaveCharacter)
    def stumble(self, ctx: Context, _: SaveCharacter) -> None:
        raise RuntimeError("oh")


def test_who_has_left_is_forgotten_by_a_world_that_never_rests_too(bench: Bench) -> None:
    cell = bench.ann.ref.cell
    bench.ann.leaves()
    assert cell in bench.world.system.unready

    bob = bench.world.player("Bob")
    bob.ref.tell(Perform(1, "look"))
    assert not bench.world.system.dispatcher.is_idle
    bench.collects()

    assert cell not in bench.world.system.unready

"""One checkpoint on its way into the database: what is written, what is forgotten, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from actors.checkpoint.writer import Batch, Moment, WorldWriter, Written
from actors.storage.errors import StoreUnavailable, WorldTaken
from actors.storage.requests import ClaimWorld, SaveCheckpoint, StoreRequest
from actors.world.character import Character
from actors.world.npc import Npc
from actors.world.room import Room
from actors.world_link.session_streams import NOWHERE, StreamPoint
from transports.link.protocol import StructuredOutput, SystemOutput, TextOutput
from transports.link.streams import TailRecord
from wyld_actors import Actor, ActorSystem, Context, ManualClock, on

# A writer lets others have a turn so often, at most, in a test.
PAUSES = 10
QUAY = Room.State(id="room:harbour/quay")
MARKET = Room.State(id="room:town/market")
IN_PLAY = StreamPoint(1, 4, TailRecord(10, 10), "character:ann")


class Disk(Actor):
    """A store that notes what it was asked, and may refuse."""

    def __init__(self, asked: list[StoreRequest], refusals: dict[type[StoreRequest], Exception]) -> None:
        super().__init__()
        self._asked = asked
        self._refusals = refusals

    def on_start(self) -> None:
        self.ctx.system.registry.register("store", self.ctx.ref)

    @on(ClaimWorld, SaveCheckpoint)
    def serve(self, ctx: Context, request: StoreRequest) -> None:
        self._asked.append(request)
        if type(request) in self._refusals:
            raise self._refusals[type(request)]


class Listener(Actor):
    """The keeper, as far as its writer knows it."""

    def __init__(self, heard: list[Written]) -> None:
        super().__init__()
        self._heard = heard

    @on(Written)
    def hear(self, ctx: Context, written: Written) -> None:
        self._heard.append(written)


class Bench:
    """A store and a keeper."""

    def __init__(self) -> None:
        self.system = ActorSystem(clock=ManualClock())
        self.asked: list[StoreRequest] = []
        self.refusals: dict[type[StoreRequest], Exception] = {}
        self.heard: list[Written] = []
        self.keeper = self.system.spawn(Listener, self.heard)

    def has_store(self) -> Bench:
        self.system.spawn(Disk, self.asked, self.refusals)
        return self

    def writes(self, batch: Batch) -> Written:
        """Write it, and return what the keeper is told."""
        self.system.spawn(WorldWriter, self.keeper, "store", ClaimWorld("world"), Moment(batch))
        for _ in range(PAUSES):
            self.system.settle()
        (written,) = self.heard
        return written

    @property
    def checkpoint(self) -> SaveCheckpoint:
        (found,) = (one for one in self.asked if isinstance(one, SaveCheckpoint))
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench().has_store()
    yield bench
    bench.system.stop()


def entities(*states: Room.State) -> Batch:
    return Batch({state.id: (Room, state) for state in states})


# The batch ---------------------------------------------------------------------------------------------


def test_what_is_written_is_dropped_and_what_came_since_stays() -> None:
    batch = entities(QUAY, MARKET)
    batch.positions[7] = IN_PLAY
    written = batch.copy()
    newer = QUAY.replace(placed=("item:lantern",))
    batch.entities[QUAY.id] = (Room, newer)

    batch.drop(written)

    assert batch == Batch({QUAY.id: (Room, newer)})


def test_what_was_written_otherwise_than_it_stood_is_written_again() -> None:
    batch = entities(QUAY)
    batch.positions[7] = IN_PLAY
    written = Batch({QUAY.id: (Room, QUAY.replace(doors={"north": True}))}, {7: IN_PLAY.with_more(5, (), "")})

    batch.drop(written)

    assert list(batch.entities) == [QUAY.id]
    assert list(batch.positions) == [7]


def test_a_state_that_was_replaced_and_came_back_equal_is_not_taken_for_written() -> None:
    batch = entities(QUAY)
    written = batch.copy()
    batch.entities[QUAY.id] = (Room, Room.State(id=QUAY.id))

    batch.drop(written)

    assert batch


def test_a_copy_does_not_follow_the_batch() -> None:
    batch = entities(QUAY)
    copy = batch.copy()

    batch.entities.clear()

    assert list(copy.entities) == [QUAY.id]


# Writing -----------------------------------------------------------------------------------------------


def test_the_world_is_claimed_before_each_checkpoint(bench: Bench) -> None:
    written = bench.writes(entities(QUAY))

    assert [type(request) for request in bench.asked] == [ClaimWorld, SaveCheckpoint]
    assert written.problem == ""
    assert [record.id for record in bench.checkpoint.entities] == [QUAY.id]


def test_a_session_in_play_is_kept_and_one_that_is_over_is_forgotten(bench: Bench) -> None:
    last_words = StreamPoint(3, 2, TailRecord(1, 1, ((0, TextOutput("Bye."), 0),)), "")

    bench.writes(Batch(positions={7: IN_PLAY, 8: last_words, 9: NOWHERE}))

    kept = {position.session: position.character for position in bench.checkpoint.positions}
    assert kept == {7: "character:ann", 8: None}
    assert bench.checkpoint.forgotten == (9,)


def test_an_npc_with_what_cannot_be_saved_is_saved_with_what_every_npc_has(bench: Bench) -> None:
    class Odd(Npc):
        class State(Npc.State, frozen=True):
            secret: object = None

    odd = Odd.State(id="npc:odd", room="room:harbour/quay", secret=object())

    written = bench.writes(Batch({odd.id: (Odd, odd), QUAY.id: (Room, QUAY)}))

    assert written.problem == ""
    assert {record.id for record in bench.checkpoint.entities} == {"npc:odd", QUAY.id}


def test_one_state_that_cannot_be_saved_keeps_no_other_from_it(bench: Bench) -> None:
    broken = Character.State(id="character:ann", attributes={"luck": object()})  # type: ignore[dict-item]

    written = bench.writes(Batch({broken.id: (Character, broken), QUAY.id: (Room, QUAY)}))

    assert written.problem == ""
    assert [record.id for record in bench.checkpoint.entities] == [QUAY.id]


def test_an_output_that_cannot_be_saved_is_replaced_by_words(bench: Bench) -> None:
    tail = TailRecord(2, 2, ((0, TextOutput("one"), 0), (0, StructuredOutput("odd", {"x": object()}), 0)))

    bench.writes(Batch(positions={7: StreamPoint(1, 4, tail, "character:ann")}))

    (position,) = bench.checkpoint.positions
    kept = msgspec.msgpack.decode(position.tail, type=TailRecord)
    assert kept.last == 2
    assert [type(body) for _, body, _ in kept.entries] == [TextOutput, SystemOutput]


# What goes wrong ---------------------------------------------------------------------------------------


def test_a_database_that_is_away_is_a_problem_and_no_crash(bench: Bench) -> None:
    bench.refusals[SaveCheckpoint] = StoreUnavailable("no route")

    written = bench.writes(entities(QUAY))

    assert "no route" in written.problem
    assert not written.is_taken


def test_a_world_that_somebody_else_owns_is_not_written(bench: Bench) -> None:
    bench.refusals[ClaimWorld] = WorldTaken("world")

    written = bench.writes(entities(QUAY))

    assert written.is_taken
    assert [type(request) for request in bench.asked] == [ClaimWorld]


def test_without_a_store_there_is_a_problem() -> None:
    bench = Bench()

    assert bench.writes(entities(QUAY)).problem

    bench.system.stop()


def test_a_large_checkpoint_is_written_as_a_whole(bench: Bench) -> None:
    rooms = [Room.State(id=f"room:{number}") for number in range(500)]
    positions = dict.fromkeys(range(500), IN_PLAY)

    bench.writes(Batch({room.id: (Room, room) for room in rooms}, positions))

    assert len(bench.checkpoint.entities) == len(bench.checkpoint.positions) == 500


def test_a_large_logout_is_written_with_few_pauses(bench: Bench) -> None:
    bench.writes(Batch(positions=dict.fromkeys(range(500), NOWHERE)))

    assert len(bench.checkpoint.forgotten) == 500

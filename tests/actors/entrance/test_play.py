"""Characters and sessions as children of their supervisors: begun, found again, and seen to be gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.entrance.play import NotStarted, Play
from actors.world.character import Character
from actors.world.session import WorldSession
from actors.world.surroundings import Surroundings
from tests.actors.world.sample import atlas
from tests.actors.world_kit import WorldBench
from wyld_actors import Actor, ActorSystem, Context, Message, Ref, on

ANN, BOB = 7, 8
STATE = Character.State(id="character:ann", number=1, name="Ann", room="room:harbour/quay")


class Do(Message, frozen=True):
    """To a caller: do this, and answer with what comes of it."""

    what: Callable[[Context], Any]


class Caller(Actor):
    """One who may wait."""

    @on(Do)
    def do(self, ctx: Context, do: Do) -> Any:
        return do.what(ctx)


class Bench(WorldBench):
    """A world, and one who brings characters into it."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(self.half.around, self.half.system.registry)
        self._caller = self.half.system.spawn(Caller)

    def does(self, what: Callable[[Context], Any]) -> Any:
        answer = self._caller.ask(Do(what), block=False)
        self.settle()
        return answer.get(timeout=1)

    def character(self, state: Character.State = STATE) -> Ref:
        ref: Ref = self.does(lambda ctx: self.play.character(ctx, state))
        return ref

    def session(self, session: int, character: Ref) -> Ref:
        ref: Ref = self.does(lambda ctx: self.play.session(ctx, session, character, STATE, 4))
        self.settle()
        return ref


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def state_of(ref: Ref) -> Any:
    return ref.cell.good_state


def test_a_character_is_brought_into_the_world_once(bench: Bench) -> None:
    first = bench.character()

    again = bench.character(STATE.replace(room="room:town/market"))

    assert again == first
    assert state_of(first).room == "room:harbour/quay"


def test_a_session_goes_on_after_the_number_that_is_given(bench: Bench) -> None:
    ref = bench.session(ANN, bench.character())

    state = state_of(ref)
    assert isinstance(state, WorldSession.State)
    assert (state.accepted, state.applied) == (4, 4)


def test_a_character_takes_the_session_that_is_begun_for_it(bench: Bench) -> None:
    character = bench.character()
    ref = bench.session(ANN, character)

    assert state_of(character).session == ANN
    assert state_of(character).session_ref == ref
    assert bench.does(lambda ctx: bench.play.is_attached(ctx, character))


def test_a_character_that_has_left_has_taken_no_session(bench: Bench) -> None:
    character = bench.character()
    bench.session(ANN, character)
    bench.does(lambda ctx: bench.play.end_session(ctx, ANN))
    bench.settle()

    assert not bench.does(lambda ctx: bench.play.is_attached(ctx, character))


def test_a_session_is_ended_with_its_character(bench: Bench) -> None:
    bench.session(ANN, bench.character())

    bench.does(lambda ctx: bench.play.end_session(ctx, ANN))

    assert not bench.half.has(f"sessions/session-{ANN}")
    assert not bench.half.has("characters/character:ann")


def test_to_end_a_session_that_is_not_there_is_to_have_ended_it(bench: Bench) -> None:
    bench.does(lambda ctx: bench.play.end_session(ctx, BOB))


def test_a_character_for_which_no_session_came_up_does_not_stay(bench: Bench) -> None:
    character = bench.character()

    bench.play.let_go(character)
    bench.advance(0.1)

    assert not bench.half.has("characters/character:ann")


def test_a_character_that_another_session_plays_is_not_let_go(bench: Bench) -> None:
    character = bench.character()
    bench.session(ANN, character)

    bench.play.let_go(character)
    bench.advance(0.1)

    assert bench.half.has("characters/character:ann")


def test_without_its_supervisor_nothing_starts_and_it_is_said_so() -> None:
    system = ActorSystem()
    play = Play(Surroundings(atlas(), system.registry), system.registry)

    answer = system.spawn(Caller).ask(Do(lambda ctx: play.character(ctx, STATE)), block=False)

    with pytest.raises(NotStarted, match="the restart log says why"):
        answer.get(timeout=1)

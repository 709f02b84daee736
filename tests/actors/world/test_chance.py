"""Chance is determined by the command and the entity, and by nothing else that can happen."""

from __future__ import annotations

from random import Random

from actors.command_trace import CommandTrace
from actors.world import Npc, NpcContext, Said
from actors.world.chance import Chance, Dice
from actors.world.testing import EntityHandle, World
from tests.actors.world_kit import House
from wyld_actors import Actor, ActorSystem, every, on

REF = ActorSystem("chance").create_cell(Actor, name="somebody").ref


def rolls(random: Random) -> list[int]:
    return [random.randrange(1_000_000) for _ in range(5)]


def trace(session: int, number: int) -> CommandTrace:
    return CommandTrace(REF, session, number)


def test_it_falls_the_same_way_for_the_same_command_and_entity() -> None:
    assert rolls(Dice(b"x").of(1, 2, "npc:a")) == rolls(Dice(b"x").of(1, 2, "npc:a"))


def test_it_falls_otherwise_for_anything_else() -> None:
    known = rolls(Dice(b"x").of(1, 2, "npc:a"))

    for other in (
        Dice(b"y").of(1, 2, "npc:a"),
        Dice(b"x").of(2, 2, "npc:a"),
        Dice(b"x").of(1, 3, "npc:a"),
        Dice(b"x").of(12, 2, "npc:a"),
        Dice(b"x").of(1, 2, "npc:b"),
    ):
        assert rolls(other) != known


def test_what_comes_in_between_changes_nothing() -> None:
    alone, among = Chance(Dice(), "npc:a"), Chance(Dice(), "npc:a")

    first = [alone.during(trace(1, 1)).random() for _ in range(3)]
    second = []
    for _ in range(3):
        second.append(among.during(trace(1, 1)).random())
        among.during(trace(2, 1)).random()
        among.during(None).random()

    assert first == second


def test_it_goes_on_within_a_command_and_does_not_begin_again() -> None:
    chance = Chance(Dice(), "npc:a")

    assert len({chance.during(trace(1, 1)).random() for _ in range(50)}) == 50


def test_an_entity_remembers_few_commands() -> None:
    chance = Chance(Dice(), "npc:a")
    for number in range(1000):
        chance.during(trace(1, number))

    assert len(chance._streams) < 10


class Gambler(Npc):
    """Throws a die at every word, and now and then for itself."""

    class State(Npc.State, frozen=True):
        thrown: tuple[int, ...] = ()

    @on(Said)
    def throw(self, ctx: NpcContext, said: Said) -> None:
        self.state = self.state.replace(thrown=(*self.state.thrown, ctx.random.randrange(1_000_000)))

    @every(seconds=5)
    def throw_alone(self, ctx: NpcContext) -> None:
        ctx.random.random()


def _thrown(*lines: str) -> tuple[int, ...]:
    with World() as world:
        inn = world.room("inn")
        gambler: EntityHandle = world.spawn(Gambler, inn)
        ann = world.player("Ann", inn)
        for line in lines:
            ann.types(line)
            world.advance(seconds=7)
        thrown: tuple[int, ...] = gambler.state.thrown
        return thrown


def test_an_npc_throws_the_same_for_the_same_commands() -> None:
    thrown = _thrown("say one", "say two", "say three")

    assert len(set(thrown)) == 3
    assert _thrown("say one", "look", "say three") == (thrown[0], thrown[2])


def test_a_command_that_runs_again_after_a_crash_of_the_world_falls_the_same_way() -> None:
    with House(behaviours={"Npc": Gambler}) as house:
        ann = house.signs_up("Ann")
        ann.types("open door", "north")
        house.saves()
        ann.types("say one", "say two")
        thrown = _of_gambler(house)

        house.restarts()

        assert len(set(thrown)) == 2
        assert _of_gambler(house) == thrown


def _of_gambler(house: House) -> tuple[int, ...]:
    state = house.half.ref("zones/harbour/npc:innkeeper").cell.good_state
    assert isinstance(state, Gambler.State)
    return state.thrown

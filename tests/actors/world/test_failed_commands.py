"""A command on whose way something raises: rolled back whole, one line of story, failed, and counted.

Each test crashes one handler on the way, from the character that begins the command to whoever ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from actors.world import Npc, NpcContext
from actors.world.messages.playing import Answer, Perform
from actors.world.messages.senses import Examine, LookAround, LookAt, Say
from actors.world.messages.transfers import PassOn, PutIn, Receive, Take
from actors.world.messages.ways import Enter, Leave, MoveDoor
from actors.world.session import WorldSession
from actors.world.testing import EntityHandle, Player, World
from tests.actors.world_kit import House
from transports.link.protocol import Outcome
from wyld_actors import on

DONE = "It is done, though you could not say what you saw of it."
STORY = "The world blinks, and what you began never happened."


class Keeper(Npc):
    accepts_gifts = True
    falters = ""


class Stage:
    """Ann with a lantern in her hands, Bob, a keeper, a bag; all of them seen by Bob."""

    def __init__(self, world: World) -> None:
        self.world = world
        hall = world.room("hall", east="yard")
        world.room("yard", west=hall)
        world.item("bag", hall, container=5)
        world.item("lantern", hall)
        world.item("rope", hall)
        self.keeper = world.spawn(Keeper, hall)
        self.ann, self.bob = world.player("Ann", hall), world.player("Bob", hall)
        self.ann.types("get lantern")
        self.actors: dict[str, EntityHandle] = {
            "ann": self.ann,
            "bob": self.bob,
            "hall": hall,
            "yard": world.entity("room:test/yard"),
            "keeper": self.keeper,
            "rope": world.entity("item:test/rope-3"),
        }

    def states(self) -> dict[str, Any]:
        """What everybody remembers, without the order in which things lie."""
        return {name: _unordered(actor.state) for name, actor in self.actors.items()}


def _unordered(state: Any) -> Any:
    things = sorted(getattr(state, "things", ()), key=lambda thing: thing.id)
    people = sorted(getattr(state, "occupants", ()), key=lambda person: person.id)
    return {name: getattr(state, name) for name in state.__struct_fields__} | {
        "things": things,
        "occupants": people,
    }


@pytest.fixture
def stage() -> Iterator[Stage]:
    with World() as world:
        yield Stage(world)


CHAINS: list[tuple[str, list[tuple[str, type]]]] = [
    ("score", [("ann", Perform)]),
    ("look", [("ann", Perform), ("hall", LookAround)]),
    ("look rope", [("ann", Perform), ("hall", LookAt), ("rope", Examine)]),
    ("look keeper", [("ann", Perform), ("hall", LookAt), ("keeper", Examine)]),
    ("look bob", [("ann", Perform), ("hall", LookAt), ("bob", Examine)]),
    ("say hello", [("ann", Perform), ("hall", Say)]),
    ("open door", [("ann", Perform), ("hall", MoveDoor)]),
    ("east", [("ann", Perform), ("hall", Leave), ("yard", Enter)]),
    ("get rope", [("ann", Perform), ("hall", Take), ("ann", Receive)]),
    ("drop lantern", [("ann", Perform), ("hall", Receive)]),
    ("drop 5 coins", [("ann", Perform), ("hall", Receive)]),
    ("put lantern in bag", [("ann", Perform), ("hall", PutIn)]),
    ("give lantern to bob", [("ann", Perform), ("hall", PassOn), ("bob", Receive)]),
    ("give 5 coins to bob", [("ann", Perform), ("hall", PassOn), ("bob", Receive)]),
    ("give lantern to keeper", [("ann", Perform), ("hall", PassOn), ("keeper", Receive)]),
]
STEPS = [(line, who, message) for line, chain in CHAINS for who, message in chain]


@pytest.mark.parametrize(
    ("line", "who", "message"), STEPS, ids=[f"{line}: {who} {kind.__name__}" for line, who, kind in STEPS]
)
def test_what_raised_is_rolled_back_whole_told_once_and_counted(
    stage: Stage, line: str, who: str, message: type
) -> None:
    ann, before = stage.ann, stage.states()
    stage.bob.forgets()
    stage.world.crash_on(stage.actors[who], message)

    shown = ann.types(line)

    assert shown.count(STORY) == 1
    # Who sets out is seen to, and to be back: the room beyond decides later.
    assert stage.bob.lines == (["Ann leaves east.", "Ann appears."] if message is Enter else [])
    assert stage.states() == before
    failed = stage.world.performed[-1]
    assert (failed.session, failed.number, failed.outcome) == (ann.number, ann.typed, Outcome.FAILED)
    assert applied(ann) == ann.typed


@pytest.mark.parametrize(("line", "chain"), CHAINS)
def test_the_same_line_works_when_it_is_typed_again(
    stage: Stage, line: str, chain: list[tuple[str, type]]
) -> None:
    who, message = chain[-1]
    stage.world.crash_on(stage.actors[who], message)
    stage.ann.types(line)

    assert STORY not in stage.ann.types(line)

    assert stage.world.performed[-1].outcome is Outcome.DONE
    assert applied(stage.ann) == stage.ann.typed


def test_a_command_that_was_done_is_not_said_to_have_failed(stage: Stage) -> None:
    ann, bob = stage.ann, stage.bob
    stage.world.crash_on(ann, Answer)

    assert ann.types("give lantern to bob") == [DONE]

    assert bob.thing_names == ["a lantern"]
    assert stage.world.performed[-1].outcome is Outcome.DONE
    assert applied(ann) == ann.typed


def applied(player: Player) -> int:
    state = player.session.cell.good_state
    assert isinstance(state, WorldSession.State)
    return state.applied


# In a whole server -----------------------------------------------------------------------------------------


class Stumbler(Npc):
    """Raises over every gift, after it has taken it."""

    accepts_gifts = True

    @on(Receive)
    def take_gift(self, ctx: NpcContext, receive: Receive) -> None:
        super().take_gift(ctx, receive)
        raise RuntimeError("over a gift")


def test_a_failed_command_is_told_once_also_if_the_world_is_killed_and_runs_it_again() -> None:
    with House(behaviours={"Npc": Stumbler}) as house:
        ann = house.signs_up("Ann")
        ann.types("get lantern", "open door", "north")
        house.saves()

        ann.types("give lantern to marta")
        house.restarts()
        ann.types("inventory")

        told = [line for line in ann.lines if STORY in line]
        assert len(told) == 1
        assert ann.saw("You carry:")
        assert ann.saw("a brass lantern")


def test_a_failed_command_that_is_saved_is_not_run_again() -> None:
    with House(behaviours={"Npc": Stumbler}) as house:
        ann = house.signs_up("Ann")
        ann.types("get lantern", "open door", "north", "give lantern to marta")
        house.saves()
        ann.forgets()

        house.restarts()

        assert not any(STORY in line for line in ann.lines)
        marta = house.half.ref("zones/harbour/npc:innkeeper")
        assert marta.cell.incarnation == 1

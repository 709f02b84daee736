"""What an npc may remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors.world import Npc, Person, Thing
from actors.world.behaviours import BEHAVIOURS
from actors.world.errors import UnsaveableStateError
from actors.world.remembering import check_memory
from actors.world.testing import World
from wyld_actors import Record

if TYPE_CHECKING:
    from decimal import Decimal


class Debt(Record, frozen=True):
    """What somebody owes, and to whom that one owes it in turn."""

    who: str
    coins: int = 1
    behind: Debt | None = None


class Banker(Npc):
    """Remembers much, and all of it can be written down."""

    class State(Npc.State, frozen=True):
        debts: tuple[Debt, ...] = ()
        pledges: dict[str, Thing] = {}  # noqa: RUF012 (msgspec gives each record its own)


class Porter(Npc):
    """Remembers a person, as long as the process lasts."""

    class State(Npc.State, frozen=True):
        hirers: tuple[tuple[Person, int], ...] = ()


class Accountant(Npc):
    """Remembers what is imported for the type checker only."""

    class State(Npc.State, frozen=True):
        sum: Decimal | None = None


@pytest.mark.parametrize("behaviour", [*BEHAVIOURS.values(), Banker])
def test_plain_values_things_and_records_can_be_remembered(behaviour: type[Npc]) -> None:
    check_memory(behaviour)


def test_a_person_cannot_be_remembered_however_deep_it_is_hidden() -> None:
    with pytest.raises(
        UnsaveableStateError, match=r"Porter\.State\.hirers .*it holds a Ref.*its id and name"
    ):
        check_memory(Porter)


def test_a_type_that_is_not_known_at_run_time_is_named() -> None:
    with pytest.raises(UnsaveableStateError, match=r"Accountant\.State .*'Decimal' is not defined"):
        check_memory(Accountant)


def test_a_test_says_so_before_a_server_does() -> None:
    with World() as world, pytest.raises(UnsaveableStateError, match="hirers"):
        world.spawn(Porter, world.room("quay"))

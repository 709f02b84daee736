"""The test kit, as the author of a game of its own uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.world import Npc, NpcContext, Said
from actors.world.errors import AtlasError
from actors.world.testing import UnexpectedCrash, World
from wyld_actors import on

QUAY = """
[zone]
id = "harbour"
name = "The Harbour"
start = "quay"

[rooms.quay]
name = "The Quay"
description = "Black stones."

[npcs.jory]
name = "Jory"
description = "He carries anything."
behaviour = "Jory"
room = "quay"
"""
JORY = """
from actors.world import Npc, Said
from wyld_actors import on

class Jory(Npc):
    @on(Said)
    def agree(self, ctx, said):
        ctx.say("So it is.")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A world of one room, and beside it the module of who stands there."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "people_of_the_quay.py").write_text(JORY, encoding="utf-8")
    (tmp_path / "quay.toml").write_text(QUAY, encoding="utf-8")
    return tmp_path


def test_a_world_of_ones_own_is_played_by_ones_own_behaviours(folder: Path) -> None:
    with World.of(folder, "people_of_the_quay") as world:
        jory, ann = world.entity("npc:harbour/jory"), world.player("Ann")
        ann.types("say It rains.")

        assert ann.heard("Jory says, “So it is.”")
        assert jory.state.room == "room:harbour/quay"


def test_a_behaviour_that_no_module_has_is_a_problem_of_the_file(folder: Path) -> None:
    with pytest.raises(AtlasError, match=r"quay\.toml:\d+: .*'Jory'"):
        World.of(folder)


DEBTS: dict[str, int] = {}


class Forgetful(Npc):
    """Looks up what was never written down."""

    @on(Said)
    def reckon(self, ctx: NpcContext, said: Said) -> None:
        ctx.say(f"You owe {DEBTS[said.text]} coins.")


def test_a_handler_that_raises_fails_the_test_with_its_traceback() -> None:
    with World() as world:
        inn = world.room("inn")
        world.spawn(Forgetful, inn)
        ann = world.player("Ann", inn)

        with pytest.raises(UnexpectedCrash, match="forgetful-1 crashed") as crash:
            ann.types("say Hello")

    assert isinstance(crash.value.__cause__, KeyError)
    assert "in reckon" in str(crash.value)


def test_a_crash_may_be_expected() -> None:
    with World() as world:
        inn = world.room("inn")
        forgetful, ann = world.spawn(Forgetful, inn), world.player("Ann", inn)

        with world.expects_crash(KeyError):
            ann.types("say Hello")

        assert forgetful.incarnation == 2
        with pytest.raises(UnexpectedCrash):
            ann.types("say Hello")


def test_an_expected_crash_has_to_come() -> None:
    with World() as world, pytest.raises(AssertionError, match="no handler raised KeyError"):  # noqa: SIM117
        with world.expects_crash(KeyError):
            world.advance(seconds=60)


def test_one_crash_does_not_stand_for_another() -> None:
    with World() as world:
        inn = world.room("inn")
        world.spawn(Forgetful, inn)
        ann = world.player("Ann", inn)

        with pytest.raises(UnexpectedCrash), world.expects_crash(ZeroDivisionError):
            ann.types("say Hello")

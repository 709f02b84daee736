"""The test kit, as the author of a game of its own uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.world.errors import AtlasError
from actors.world.testing import World

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

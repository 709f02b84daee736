"""A running tree becomes what a new declaration says."""

from __future__ import annotations

from typing import Any

import pytest

from supervisors import (
    Changes,
    ChildSpec,
    InvalidSpec,
    Status,
    Tree,
    WhichChild,
    change_tree,
    dynamic,
    one_for_one,
    preview_tree,
    rest_for_one,
    supervisor,
)
from tests.supervisors.actors import Ping, Player, player
from tests.supervisors.conftest import Theatre


def declared(theatre: Theatre, *inner: str, top: str = "a", **flags: Any) -> ChildSpec:
    """A tree with some children at the top, some in a supervisor below, and a pool."""
    return supervisor("top", rest_for_one, [
        *(player(theatre.stage, id) for id in top),
        supervisor("inner", one_for_one, [player(theatre.stage, id) for id in inner], **flags),
        dynamic("pool", Player, theatre.stage),
    ])  # fmt: skip


@pytest.fixture
def tree(theatre: Theatre) -> Tree:
    tree = theatre.run(declared(theatre, "x", "y"))
    theatre.took()
    return tree


def test_a_dry_run_says_by_path_what_would_change_and_does_nothing(theatre: Theatre, tree: Tree) -> None:
    wanted = declared(theatre, "y", "z", top="ab", max_restarts=9)

    found = preview_tree(tree.ref, wanted)

    assert {path: str(changes) for path, changes in found.items()} == {
        "/top": "add b",
        "/top/inner": "add z, remove x, replace the flags",
    }
    assert theatre.took() == []


def test_the_tree_becomes_as_declared_and_who_stays_is_not_disturbed(theatre: Theatre, tree: Tree) -> None:
    wanted = declared(theatre, "y", "z", top="ab", max_restarts=9)

    assert change_tree(tree.ref, wanted) == {
        "/top": Changes(added=("b",)),
        "/top/inner": Changes(added=("z",), removed=("x",), has_new_flags=True),
    }
    assert sorted(theatre.took()) == ["b up", "x down", "z up"]
    y = theatre.system.find("/top/inner/y")
    assert y is not None
    assert y.ask(Ping()) == 1
    assert preview_tree(tree.ref, wanted) == {}


def test_a_restarted_supervisor_below_comes_back_as_it_was_changed(theatre: Theatre, tree: Tree) -> None:
    change_tree(tree.ref, declared(theatre, "z"))
    inner = theatre.system.find("/top/inner")
    assert inner is not None
    inner.cell.kill()
    theatre.system.settle()

    assert inner.ask(WhichChild("z")).status is Status.RUNNING
    assert theatre.system.find("/top/inner/x") is None


def test_what_is_refused_anywhere_changes_nothing_anywhere(theatre: Theatre, tree: Tree) -> None:
    wanted = supervisor("top", rest_for_one, [player(theatre.stage, "new")])
    flags, children = wanted.args
    broken = ChildSpec(
        id="inner",
        actor=declared(theatre).args[1][1].actor,
        args=(flags, (player(theatre.stage, "twice"), player(theatre.stage, "twice"))),
        type=declared(theatre).args[1][1].type,
    )
    wanted = ChildSpec(id="top", actor=wanted.actor, args=(flags, (*children, broken)), type=wanted.type)

    with pytest.raises(InvalidSpec, match="twice"):
        change_tree(tree.ref, wanted)
    assert theatre.took() == []


def test_only_the_declaration_of_a_static_supervisor_can_be_given(theatre: Theatre, tree: Tree) -> None:
    for wrong in (player(theatre.stage, "a"), dynamic("pool", Player)):
        with pytest.raises(InvalidSpec, match="/top"):
            preview_tree(tree.ref, wrong)

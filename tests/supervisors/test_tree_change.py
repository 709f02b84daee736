"""A running tree becomes what a new declaration says."""

from __future__ import annotations

from typing import Any

import pytest

from supervisors import (
    TEMPORARY,
    Changes,
    ChildSpec,
    InvalidSpec,
    LimitReached,
    SpawnChild,
    Started,
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
from tests.supervisors.actors import Crash, Ping, Player, player
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


def with_pool(theatre: Theatre, *names: str, **fields: Any) -> ChildSpec:
    return supervisor("top", one_for_one, [dynamic("pool", Player, theatre.stage, *names, **fields)])


def test_a_pool_follows_its_new_declaration_for_those_who_come_from_now_on(theatre: Theatre) -> None:
    tree = theatre.run(with_pool(theatre, "old"))
    pool = theatre.ref("/top/pool")
    there = [pool.ask(SpawnChild()), pool.ask(SpawnChild())]
    theatre.took()
    wanted = with_pool(theatre, "new", max_children=3, restart=TEMPORARY)

    assert {path: str(changes) for path, changes in preview_tree(tree.ref, wanted).items()} == {
        "/top/pool": "replace the flags, replace the template",
    }
    assert preview_tree(tree.ref, wanted) == change_tree(tree.ref, wanted), "what was said is done"

    assert isinstance(pool.ask(SpawnChild()), Started)
    assert theatre.took() == ["new up"]
    assert isinstance(pool.ask(SpawnChild()), LimitReached)
    there[0].ref.tell(Crash())
    theatre.system.settle()
    assert theatre.took() == ["old up"], "who was there goes on as he was declared"
    assert preview_tree(tree.ref, wanted) == {}


def test_a_restarted_pool_comes_back_as_it_was_changed(theatre: Theatre) -> None:
    tree = theatre.run(with_pool(theatre, "old"))
    change_tree(tree.ref, with_pool(theatre, "new", max_children=1))
    pool = theatre.ref("/top/pool")
    pool.cell.kill()
    theatre.system.settle()

    assert isinstance(pool.ask(SpawnChild()), Started)
    assert theatre.took() == ["new up"]
    assert isinstance(pool.ask(SpawnChild()), LimitReached)


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

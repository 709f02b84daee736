"""The live tree as JSON, row by row."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.admin import tree_json as module
from actors.admin.tree_json import tree_json
from supervisors import CellSnapshot
from tests.actors.admin.conftest import House
from tests.supervisors.actors import Ping
from wyld_actors import Actor, Context, on, slices

# The fields that an operator is promised of everybody; those in `SOMETIMES` when there is something to say.
ALWAYS = {
    "path", "name", "actor", "state", "incarnation", "restarts", "mailbox_depth", "high_water", "dropped",
    "handled", "oldest_seconds", "up_seconds",
}  # fmt: skip
SOMETIMES = {"recent", "last_error", "p50_seconds", "p99_seconds", "current_message", "busy_seconds"}

# A tree as (name, hidden, children).
trees: st.SearchStrategy[Any] = st.recursive(
    st.tuples(st.text(max_size=3), st.integers(0, 3), st.just([])),
    lambda below: st.tuples(st.text(max_size=3), st.just(0), st.lists(below, max_size=4)),
    max_leaves=20,
)


class Busy(Actor):
    """Has always something to do."""

    @on(Ping)
    def again(self, ctx: Context, ping: Ping) -> None:
        ctx.tell(ctx.ref, ping)


def row(name: str, hidden: int) -> CellSnapshot:
    return CellSnapshot("/" + name, name, "Player", "running", 1, 0, 0, 0, 0, 0, 0.0, hidden=hidden)


def flat(tree: Any, level: int = 0) -> Iterator[tuple[int, CellSnapshot]]:
    name, hidden, children = tree
    yield level, row(name, hidden)
    for child in children:
        yield from flat(child, level + 1)


def nested(found: Any) -> Any:
    return found["name"], found.get("hidden", 0), [nested(child) for child in found.get("children", [])]


def count(tree: Any) -> int:
    _, hidden, children = tree
    return int(hidden) + 1 + sum(map(count, children))


@given(st.lists(trees, max_size=3))
def test_rows_with_levels_become_nested_records(forest: list[Any]) -> None:
    rows = [row for tree in forest for row in flat(tree)]

    answer = json.loads(b"".join(tree_json(rows)))

    assert [nested(tree) for tree in answer["trees"]] == [(name, h, list(c)) for name, h, c in forest]
    assert answer["actors"] == sum(map(count, forest))


def test_what_is_written_leaves_in_pieces() -> None:
    rows = [(0, row("x" * 1000, 0))] * 1000

    pieces = list(tree_json(rows))

    assert len(pieces) > 10
    assert all(len(piece) < 2 * module.PIECE_BYTES for piece in pieces)


def test_each_actor_has_all_that_an_operator_asks_for(house: House) -> None:
    house.crash("/top/a")

    [top] = house.read("/api/tree")["trees"]

    assert all(set(cell) >= ALWAYS for cell in (top, *top["children"]))
    assert set(top["children"][0]) >= {"recent", "last_error"}
    assert set(CellSnapshot.__struct_fields__) >= ALWAYS | SOMETIMES


@pytest.mark.parametrize(
    "url", ["/api/tree", "/api/top?by=time", "/metrics", "/api/doctor", "/api/look?open=/top"]
)
def test_the_game_has_turns_while_operators_look_at_everybody(
    house: House, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)
    busy = house.system.spawn(Busy)
    busy.tell(Ping())
    before = house.system.dispatcher.turns

    assert house.get(url).data

    assert house.system.dispatcher.turns - before >= house.system.cell_count
    busy.cell.kill()

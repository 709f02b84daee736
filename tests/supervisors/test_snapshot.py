"""The live tree as a value."""

from __future__ import annotations

import msgspec
import pytest

from supervisors import SpawnChild, dynamic, one_for_all, one_for_one, snapshot, snapshot_of, supervisor
from tests.supervisors.actors import Crash, Ping, Player, player
from tests.supervisors.conftest import Theatre


def test_it_shows_every_actor_with_its_state_and_history(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_all, [player(theatre.stage, "a")])
    theatre.run(supervisor("top", one_for_one, [inner, player(theatre.stage, "b")]))
    b = theatre.system.find("/top/b")
    assert b is not None
    b.tell(Crash())
    theatre.system.settle()
    b.ask(Ping())
    theatre.system.advance(3.0)

    [top] = snapshot(theatre.system)
    assert (top.path, top.actor, top.strategy) == ("/top", "Supervisor", "one_for_one")
    assert [child.path for child in top.children] == ["/top/inner", "/top/b"]
    shown = top.find("/top/b")
    assert shown is not None
    assert (shown.state, shown.incarnation, shown.restarts) == ("running", 2, 1)
    assert (shown.up_seconds, shown.busy_seconds, shown.mailbox_depth) == (3.0, None, 0)
    assert top.count() == 4
    assert top.find("/top/x") is None


def test_it_can_be_taken_below_a_path(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_all, [player(theatre.stage, "a")])
    theatre.run(supervisor("top", one_for_one, [inner]))

    shown = snapshot_of(theatre.system, "/top/inner")

    assert shown is not None
    assert (shown.path, shown.children[0].path) == ("/top/inner", "/top/inner/a")
    assert snapshot_of(theatre.system, "/nowhere") is None


def test_it_is_json_as_it_is(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))

    [top] = msgspec.json.decode(msgspec.json.encode(snapshot(theatre.system)))

    assert top["children"][0]["state"] == "running"


@pytest.mark.slow
def test_every_one_of_ten_thousand_actors_is_shown(theatre: Theatre) -> None:
    tree = theatre.run(dynamic("pool", Player, theatre.stage))
    for _ in range(10_000):
        tree.ref.tell(SpawnChild())
    theatre.system.settle()

    [pool] = snapshot(theatre.system)

    assert pool.count() == 10_001

"""The live tree as values."""

from __future__ import annotations

import pytest

from supervisors import (
    CellSnapshot,
    SpawnChild,
    TerminateChild,
    dynamic,
    one_for_all,
    one_for_one,
    snapshot,
    snapshot_of,
    supervisor,
)
from tests.supervisors.actors import Crash, Ping, Player, Wait, player
from tests.supervisors.conftest import Theatre
from wyld_actors import slices
from wyld_actors.timings import SAMPLED_TURNS


def shown(theatre: Theatre, path: str) -> CellSnapshot:
    ref = theatre.system.find(path)
    assert ref is not None
    return snapshot_of(ref.cell)


def tell(theatre: Theatre, path: str, *messages: object) -> None:
    ref = theatre.system.find(path)
    assert ref is not None
    for message in messages:
        ref.tell(message)
        theatre.system.settle()


def outline(theatre: Theatre, path: str = "", depth: int | None = None) -> list[str]:
    """Level and path of each actor, and what is hidden below it."""
    rows = snapshot(theatre.system, path, depth)
    return [f"{level} {row.path}" + (f" +{row.hidden}" if row.hidden else "") for level, row in rows]


@pytest.fixture
def family(theatre: Theatre) -> Theatre:
    """A tree of three levels."""
    inner = supervisor("inner", one_for_all, [player(theatre.stage, "a"), player(theatre.stage, "b")])
    theatre.run(supervisor("top", one_for_one, [inner, player(theatre.stage, "c")]))
    return theatre


def test_it_shows_every_actor_parents_first_and_children_in_start_order(family: Theatre) -> None:
    assert outline(family) == ["0 /top", "1 /top/inner", "2 /top/inner/a", "2 /top/inner/b", "1 /top/c"]


@pytest.mark.parametrize("path", ["/top/inner", "top/inner/"])
def test_it_can_be_taken_below_a_path(family: Theatre, path: str) -> None:
    assert outline(family, path) == ["0 /top/inner", "1 /top/inner/a", "1 /top/inner/b"]
    assert outline(family, "/nowhere") == []


@pytest.mark.parametrize(
    ("depth", "expected"), [(0, ["0 /top +4"]), (1, ["0 /top", "1 /top/inner +2", "1 /top/c"])]
)
def test_what_is_below_its_depth_is_counted(family: Theatre, depth: int, expected: list[str]) -> None:
    assert outline(family, depth=depth) == expected


def test_an_actor_is_shown_with_its_state_and_history(family: Theatre) -> None:
    tell(family, "/top/c", Ping(), Crash(), Ping())
    family.system.advance(3.0)

    c = shown(family, "/top/c")

    assert (c.path, c.name, c.actor, c.state) == ("/top/c", "c", "Player", "running")
    assert (c.incarnation, c.restarts, c.up_seconds) == (2, 1, 3.0)
    assert (c.handled, c.last_error) == (2, "crash: ValueError: c has a bug")
    assert (c.busy_seconds, c.current_message, c.strategy) == (None, None, None)
    assert shown(family, "/top").strategy == "one_for_one"


def test_an_actor_is_shown_with_its_mail_and_what_it_works_on(family: Theatre) -> None:
    tell(family, "/top/c", Wait(family.stage.gate("gate")), Ping(), Ping())
    family.system.advance(2.0)

    c = shown(family, "/top/c")

    assert (c.mailbox_depth, c.high_water, c.oldest_seconds) == (2, 2, 2.0)
    assert (c.current_message, c.busy_seconds) == ("Wait", 2.0)
    family.stage.open_all()
    family.system.settle()
    c = shown(family, "/top/c")
    assert (c.mailbox_depth, c.high_water, c.current_message) == (0, 2, None)


def test_an_actor_is_shown_with_its_time_in_handlers_once_it_was_measured(family: Theatre) -> None:
    assert shown(family, "/top/c").p50_seconds is None

    tell(family, "/top/c", *[Ping()] * SAMPLED_TURNS)

    c = shown(family, "/top/c")
    assert c.p50_seconds is not None
    assert c.p99_seconds is not None


def test_restarts_of_late_are_shown_with_whom_they_happened_to(family: Theatre) -> None:
    rows = snapshot(family.system, recent={"/top/c": (1, 2, 3)})

    assert {row.path: row.recent for _, row in rows if row.recent} == {"/top/c": (1, 2, 3)}


def test_who_goes_while_it_is_taken_is_left_out_and_the_rest_is_shown(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)
    tree = theatre.run(dynamic("pool", Player, theatre.stage))
    for _ in range(4):
        tree.ref.tell(SpawnChild())
    theatre.system.settle()

    paths = []
    for _, row in snapshot(theatre.system):
        paths.append(row.path)
        if row.path == "/pool/1":
            tree.ref.tell(TerminateChild("2"))
            tree.ref.tell(SpawnChild())
            theatre.system.settle()

    assert paths == ["/pool", "/pool/1", "/pool/3", "/pool/4"]
    assert theatre.system.cell_count == 5


def test_actors_are_counted_as_they_come_and_go(family: Theatre) -> None:
    assert family.system.cell_count == len(outline(family)) == 5

    tell(family, "/top/inner/a", Crash())
    assert family.system.cell_count == len(outline(family)) == 5

    family.system.stop()
    assert family.system.cell_count == 0


@pytest.mark.slow
def test_every_one_of_ten_thousand_actors_is_shown(theatre: Theatre) -> None:
    tree = theatre.run(dynamic("pool", Player, theatre.stage))
    for _ in range(10_000):
        tree.ref.tell(SpawnChild())
    theatre.system.settle()

    assert sum(1 for _ in snapshot(theatre.system)) == theatre.system.cell_count == 10_001

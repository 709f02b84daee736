"""Answers of a server as text for people."""

import pytest
from rich.console import Console, RenderableType

from actors.admin.tables import checks_table, duration, letters_table, restart_line, tree_of
from tests.actors.admin.conftest import House


def drawn(thing: RenderableType) -> str:
    console = Console(width=200, highlight=False)
    with console.capture() as capture:
        console.print(thing)
    return capture.get()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0008, "0.8 ms"),
        (0.25, "250 ms"),
        (0.999_4, "999 ms"),
        (0.999_9, "1.0 s"),
        (4.21, "4.2 s"),
        (180, "3 min"),
        (7200, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_a_duration_is_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_tree_names_state_restarts_and_the_last_error(house: House) -> None:
    house.crash("/top/a")
    house.post("/api/actor/suspend", path="/top/b")

    text = drawn(tree_of(house.read("/api/tree")))

    assert "/top Supervisor one_for_one running" in text
    assert "a Player running" in text
    assert "1 restarts, 1 in 1 min, 1 in 5, 1 in 60" in text
    assert "last error: crash: ValueError: a has a bug" in text
    assert "b Player suspended" in text
    assert "4 actors" in text


def test_a_restart_is_one_line_with_cause_and_decision(house: House) -> None:
    house.crash("/top/a")

    ended, restarted = (drawn(restart_line(record)) for record in house.read("/api/restarts")[:2])

    assert "child_terminated /top/a crash: ValueError: a has a bug in Crash -> restart_now" in ended
    assert "restarted        /top/a" in restarted


def test_a_restart_says_who_noticed_and_what_caused_it() -> None:
    record = {
        "event": "child_terminated",
        "path": "/world/npc",
        "affected": {"players": 2},
        "trace_id": "5-7",
    }
    letter = {"event": "dead_letter", "path": "/world/npc", "message_id": "31", "repeated": 4}

    assert "/world/npc noticed by 2 players caused by 5-7" in drawn(restart_line(record))
    assert "/world/npc (letter 31) (4 more like it)" in drawn(restart_line(letter))


@pytest.mark.parametrize(
    ("affected", "shown"),
    [
        ({"players": 1, "names": ["Ann"]}, "-> leave noticed by Ann"),
        ({"players": 1}, "-> leave noticed by 1 player"),
        ({"players": 7, "names": ["Ann", "Bob", "Cy", "Di"]}, "-> leave noticed by Ann, Bob, Cy and 4 more"),
        ({}, "-> leave"),
    ],
)
def test_those_who_noticed_are_named(affected: dict[str, object], shown: str) -> None:
    record = {"event": "child_terminated", "path": "/top/a", "decision": "leave", "affected": affected}

    assert drawn(restart_line(record)).strip().endswith(shown)


def test_what_comes_from_outside_is_no_markup() -> None:
    letter = {
        "half": "world",
        "number": 1,
        "seconds_ago": 1.0,
        "path": "/[red]x",
        "message": "M",
        "why": "[b]",
    }

    text = drawn(letters_table([letter]))

    assert "/[red]x" in text
    assert "[b]" in text


def test_a_healthy_check_needs_no_advice() -> None:
    checks = [
        {"half": "world", "name": "disk", "health": "ok", "finding": "fine", "advice": "nothing"},
        {"half": "world", "name": "store", "health": "failing", "finding": "gone", "advice": "look"},
    ]

    text = drawn(checks_table(checks))

    assert "nothing" not in text
    assert "look" in text

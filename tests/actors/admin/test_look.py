"""What a page asks each second: only what it shows, counts for the rest, and news of the restart log."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from actors.admin.look import OPEN_LIMIT
from actors.admin.remembered import COST_FACTOR, KEPT_SECONDS, Remembered
from actors.admin.restarts import KEPT_RECORDS
from actors.admin.survey import take_survey
from supervisors import LogEvent, RestartRecord, SpawnChild
from tests.actors.admin.conftest import House
from tests.supervisors.actors import Ping
from wyld_actors import ManualClock


def rows(look: Any, path: str) -> list[str]:
    return [row["name"] for row in look["branches"][path]["rows"]]


def test_a_look_shows_the_roots_and_the_children_of_what_is_open(house: House) -> None:
    closed = house.read("/api/look")
    opened = house.read("/api/look?open=/top")

    assert (set(closed["branches"]), rows(closed, "")) == ({""}, ["top"])
    assert rows(opened, "/top") == ["a", "b", "guests"]
    assert opened["process"] == "top"


def test_a_closed_branch_tells_what_is_wrong_inside(house: House) -> None:
    house.post("/api/actor/suspend", path="/top/b")
    house.tell("/top/b", Ping())
    house.system.advance(KEPT_SECONDS)

    top = house.read("/api/look")["branches"][""]["rows"][0]

    assert top["below"] == {"actors": 3, "waiting": 1, "not_running": {"suspended": 1}}


def test_who_is_gone_has_no_branch_and_a_worker_has_an_empty_one(house: House) -> None:
    look = house.read("/api/look?open=/top/nobody&open=/top/a&open=")

    assert set(look["branches"]) == {"", "/top/a"}
    assert look["branches"]["/top/a"] == {"rows": [], "total": 0}


def guests(house: House, number: int) -> None:
    ref = house.system.find("/top/guests")
    assert ref is not None
    for _ in range(number):
        ref.ask(SpawnChild())
    house.settle()


def test_of_many_children_the_first_are_shown_and_all_that_do_not_run(house: House) -> None:
    guests(house, 6)
    names = rows(house.read("/api/look?open=/top/guests&limit=10"), "/top/guests")
    house.post("/api/actor/suspend", path=f"/top/guests/{names[4]}")

    look = house.read("/api/look?open=/top/guests&limit=2")

    assert rows(look, "/top/guests") == [names[0], names[1], names[4]]
    assert look["branches"]["/top/guests"]["total"] == 6


def test_no_more_branches_are_answered_than_a_page_may_have_open(house: House) -> None:
    query = "&".join(["open=/top/nobody"] * OPEN_LIMIT + ["open=/top"])

    assert "/top" not in house.read(f"/api/look?{query}")["branches"]


def test_the_survey_counts_everybody_once(house: House) -> None:
    guests(house, 3)

    survey = take_survey(house.system)

    assert survey.total.actors == len(list(house.system.cells())) == 7
    assert {path: below.actors for path, below in survey.below.items()} == {"/top": 6, "/top/guests": 3}


def test_restarts_are_told_once_to_who_says_how_far_it_has_read(house: House) -> None:
    start = house.read("/api/look")["news"]
    house.crash("/top/a")

    told = house.read(f"/api/look?after={start['last']}")["news"]
    again = house.read(f"/api/look?after={told['last']}")["news"]

    assert start["records"] == []
    assert [record["event"] for record in told["records"]] == ["child_terminated", "restarted"]
    assert again["records"] == []


@pytest.mark.parametrize("known", ["", "another-life:0", "another-life:7", "x", "7", ":"])
def test_who_knows_another_life_of_the_process_is_told_where_this_one_stands(
    house: House, known: str
) -> None:
    house.crash("/top/a")

    news = house.read(f"/api/look?after={known}")["news"]

    assert news["records"] == []
    assert news["last"].endswith(":2")


def test_records_that_came_too_fast_are_counted(house: House) -> None:
    start = house.read("/api/look")["news"]["last"]
    for number in range(KEPT_RECORDS + 5):
        house.log.write(RestartRecord(event=LogEvent.RESTARTED, supervisor="/top", path=f"/top/{number}"))

    news = house.read(f"/api/look?after={start}")["news"]

    assert (len(news["records"]), news["missed"]) == (KEPT_RECORDS, 5)


def test_actors_are_found_by_a_part_of_their_name(house: House) -> None:
    found = house.read("/api/find?name=GUEST")

    assert found == [{"path": "/top/guests", "actor": "DynamicSupervisor", "state": "running"}]
    assert len(house.read("/api/find?name=&limit=2")) == 2


def test_what_is_remembered_is_made_again_after_a_second() -> None:
    clock, numbers = ManualClock(), count(1)
    remembered = Remembered(lambda: next(numbers), clock.now)

    first = [remembered.get(), remembered.get()]
    clock.advance_to(KEPT_SECONDS)

    assert (first, remembered.get()) == ([1, 1], 2)


def test_who_asks_while_it_is_being_made_gets_the_one_before() -> None:
    clock, inside = ManualClock(), list[int]()

    def make() -> int:
        inside.extend([remembered.get()] if clock.now() else [])
        return int(clock.now())

    remembered = Remembered(make, clock.now)
    remembered.get()
    clock.advance_to(2 * KEPT_SECONDS)

    assert remembered.get() == 2
    assert inside == [0]


def test_what_is_dear_is_made_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, numbers = ManualClock(), count(1)
    ticks = iter([0.0, 0.1, 1.0, 1.1])
    monkeypatch.setattr("actors.admin.remembered.perf_counter", lambda: next(ticks))
    remembered = Remembered(lambda: next(numbers), clock.now)

    remembered.get()
    clock.advance_to(0.1 * COST_FACTOR - 0.01)
    assert remembered.get() == 1

    clock.advance_to(0.1 * COST_FACTOR + 0.01)
    assert remembered.get() == 2

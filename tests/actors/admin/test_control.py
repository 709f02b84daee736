"""What an operator may do to one actor, and that each deed is written down."""

import json
import os
import re
import stat
from typing import Any

import pytest

from supervisors import SpawnChild
from tests.actors.admin.conftest import TOKEN, House
from tests.supervisors.actors import Crash, Ping
from wyld_actors import CellState


def state_of(house: House, path: str) -> str:
    return str(house.read(f"/api/actor?path={path}")["cell"]["state"])


def audit(house: House) -> list[dict[str, Any]]:
    file = house.folder / "log" / "audit.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_suspended_actor_keeps_its_mail_until_it_is_resumed(house: House) -> None:
    assert house.post("/api/actor/suspend", path="/top/a").json == {"result": "suspended, 0 messages wait"}
    house.tell("/top/a", Ping())

    assert state_of(house, "/top/a") == "suspended"
    assert house.post("/api/actor/resume", path="/top/a").json == {"result": "resumed, 1 messages waited"}
    assert house.answers("/top/a") == 1


def test_a_supervisor_cannot_be_suspended(house: House) -> None:
    response = house.post("/api/actor/suspend", path="/top")

    assert response.status_code == 409
    assert "supervisor" in response.text


def test_who_is_not_suspended_cannot_be_resumed(house: House) -> None:
    assert house.post("/api/actor/resume", path="/top/a").status_code == 409


def test_a_restart_waits_for_the_next_incarnation(house: House) -> None:
    assert house.post("/api/actor/restart", path="/top/a").json == {"result": "incarnation 2 is up"}

    assert house.answers("/top/a") == 2
    ended = house.log.recent()[0]
    assert (ended.reason_class, ended.exc_msg) == ("killed", "by an operator")


def test_a_temporary_child_is_not_restarted(house: House) -> None:
    guests = house.system.find("/top/guests")
    assert guests is not None
    guests.ask(SpawnChild(id="eve"))

    response = house.post("/api/actor/restart", path="/top/guests/eve")

    assert response.status_code == 409
    assert "temporary" in response.text
    assert house.answers("/top/guests/eve") == 1


def test_the_root_is_not_restarted_from_here(house: House) -> None:
    assert house.post("/api/actor/restart", path="/top").status_code == 409


def test_who_is_held_back_after_crashes_is_left_to_its_supervisor(house: House) -> None:
    for _ in range(2):
        house.crash("/top/b")
    cell = house.system.find("/top/b")
    assert cell is not None
    assert cell.cell.state is CellState.BACKOFF

    assert house.post("/api/actor/restart", path="/top/b").status_code == 409
    assert house.post("/api/actor/kill", path="/top/b").status_code == 409


def test_a_kill_leaves_the_rest_to_the_supervisor(house: House) -> None:
    assert house.post("/api/actor/kill", path="/top/a").json == {"result": "killed incarnation 1"}

    assert house.answers("/top/a") == 2


def test_a_dead_letter_is_listed_and_sent_again_once(house: House) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for _ in range(11):
        house.tell("/top/a", Ping())
    house.post("/api/actor/resume", path="/top/a")
    house.settle()

    [letter] = house.read("/api/letters")
    assert (letter["number"], letter["path"], letter["message"]) == (1, "/top/a", "Ping")
    assert letter["why"] == "its mailbox is full"
    ref = house.system.find("/top/a")
    assert ref is not None
    before = ref.cell.handled
    assert house.post("/api/letters/1/send").status_code == 200
    house.settle()

    assert ref.cell.handled == before + 1
    assert house.read("/api/letters") == []
    assert house.post("/api/letters/1/send").status_code == 404


def test_a_dead_letter_is_shown_with_what_it_says(house: House) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for number in range(11):
        house.tell("/top/a", Crash(f"look {number}"))

    [letter] = house.read("/api/letters")

    assert letter["message"] == "Crash"
    assert "look 10" in str(letter["content"])


def test_a_dead_letter_stays_one_while_its_actor_takes_no_mail(house: House) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for _ in range(11):
        house.tell("/top/a", Ping())
    ref = house.system.find("/top/a")
    assert ref is not None
    ref.cell.quarantine()

    refused = house.post("/api/letters/1/send")

    assert refused.status_code == 409
    assert "takes no mail" in refused.text
    assert house.read("/api/letters")[-1]["number"] == 1
    audit = (house.folder / "log" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"action":"letters send"' in audit[-1]
    assert '"status":409' in audit[-1]


def test_every_deed_is_a_line_also_one_that_was_refused(house: House) -> None:
    house.post("/api/actor/kill", path="/top/a")
    house.post("/api/actor/kill", path="/top/zzz")
    house.post("/api/chaos/freeze", path="/top/b", seconds=1)
    house.read("/api/tree")

    lines = audit(house)

    assert [(line["action"], line["target"], line["status"]) for line in lines] == [
        ("kill", "/top/a", 200),
        ("kill", "/top/zzz", 404),
        ("chaos freeze", "/top/b", 200),
    ]
    assert {line["operator"] for line in lines} == {"ann"}
    assert {line["peer"] for line in lines} == {"127.0.0.1"}
    assert lines[2]["arguments"] == {"seconds": 1.0}
    assert all(len(line["token"]) == 12 for line in lines)
    assert TOKEN not in json.dumps(lines)
    assert stat.S_IMODE((house.folder / "log" / "audit.jsonl").stat().st_mode) == 0o600


DEEDS = {
    "/api/actor/<action>": ("suspend", "resume", "restart", "kill"),
    "/api/chaos/<kind>": ("crash", "freeze", "delay", "kill"),
    "/api/letters/<int:number>/send": ("1",),
}


def test_there_is_no_way_to_change_anything_that_is_not_written_down(house: House) -> None:
    rules = list(house.client.application.url_map.iter_rules())
    posts = [rule.rule for rule in rules if "POST" in (rule.methods or ())]

    for rule, words in DEEDS.items():
        for word in words:
            house.post(re.sub("<.*>", word, rule), path="/top/a")

    # What goes to the neighbour is written down there.
    assert {rule for rule in posts if not rule.startswith("/at/")} == set(DEEDS)
    assert {method for rule in rules for method in rule.methods or ()} == {"GET", "HEAD", "OPTIONS", "POST"}
    assert [line["action"] for line in audit(house)] == [
        *DEEDS["/api/actor/<action>"],
        *(f"chaos {kind}" for kind in DEEDS["/api/chaos/<kind>"]),
        "letters send",
    ]


def test_what_cannot_be_written_down_is_not_done(house: House) -> None:
    (house.folder / "log").write_text("in the way", encoding="utf-8")

    response = house.post("/api/actor/kill", path="/top/a")

    assert response.status_code == 503
    assert house.answers("/top/a") == 1


def test_what_was_done_before_the_disk_was_full_says_so_and_spoils_no_later_line(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    with monkeypatch.context() as patches:
        patches.setattr("os.write", lambda descriptor, line: write(descriptor, line[: len(line) // 2]))
        response = house.post("/api/actor/kill", path="/top/a")
    house.post("/api/actor/kill", path="/top/b")

    assert "the audit file could not be written: [Errno 28]" in response.json["result"]  # type: ignore[index]
    [_, whole] = (house.folder / "log" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(whole)["target"] == "/top/b"


@pytest.mark.parametrize("kind", ["kill", "crash"])
def test_chaos_ends_an_incarnation(house: House, kind: str) -> None:
    assert house.post(f"/api/chaos/{kind}", path="/top/a").status_code == 200
    house.settle()

    assert house.answers("/top/a") == 2
    if kind == "crash":
        assert house.log.recent()[0].exc_type == "ChaosError"
        assert house.log.recent()[0].message_type == "Chaos"


@pytest.mark.slow
def test_a_frozen_actor_handles_nothing_for_a_while(house: House) -> None:
    house.post("/api/chaos/freeze", path="/top/a", seconds=0.3)
    house.settle()
    house.tell("/top/a", Ping())

    shown = house.read("/api/actor?path=/top/a")
    assert (shown["cell"]["current_message"], shown["cell"]["mailbox_depth"]) == ("Chaos", 1)
    assert house.answers("/top/a") == 1


@pytest.mark.slow
def test_a_frozen_actor_can_be_killed(house: House) -> None:
    house.post("/api/chaos/freeze", path="/top/a", seconds=300)
    house.settle()

    house.post("/api/actor/kill", path="/top/a")
    house.settle()

    assert house.answers("/top/a") == 2


@pytest.mark.slow
def test_a_delayed_actor_is_late_until_the_time_is_over(house: House) -> None:
    house.post("/api/chaos/delay", path="/top/a", seconds=10, delay_seconds=0.2)
    house.tell("/top/a", Ping())

    assert house.read("/api/actor?path=/top/a")["cell"]["current_message"] == "Ping"
    assert house.answers("/top/a") == 1
    house.system.advance(10)
    house.tell("/top/a", Ping())
    assert "current_message" not in house.read("/api/actor?path=/top/a")["cell"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("freeze", {"path": "/top/a", "seconds": 0}),
        ("freeze", {"path": "/top/a", "seconds": 100_000}),
        ("delay", {"path": "/top/a", "delay_seconds": 11}),
        ("freeze", {"path": "/top"}),
        ("delay", {"path": "/top"}),
    ],
)
def test_trouble_has_limits(house: House, kind: str, body: dict[str, object]) -> None:
    assert house.post(f"/api/chaos/{kind}", **body).status_code == 409

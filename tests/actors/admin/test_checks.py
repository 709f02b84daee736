"""Each check with what makes it fail, warn, and pass."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from actors.admin import checks as rules
from actors.admin.checks import Check, Health
from actors.admin.gateway_half import link_check as gateway_link
from actors.admin.loop_lag import REMEMBERED_SECONDS, TICK_SECONDS, LoopLag
from actors.admin.world_half import link_check as world_link
from actors.gateway.messages.link import LinkStatus as GatewayLink
from actors.world_link.messages import LinkStatus as WorldLink
from supervisors.intensity import RestartWindow
from supervisors.process_records import end_records
from supervisors.processes import ProcessExit, RestartIn
from supervisors.restart_log import JsonLinesFile
from tests.actors.admin.conftest import WALL_TIME, House
from tests.supervisors.actors import Ping

KEY = Path("/srv/admin.key")


def gateway_status(is_up: bool) -> GatewayLink:
    return GatewayLink(is_up, "world", 1, 3, 0.001, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("failing", "passing"),
    [
        (rules.loop_check(1.5), rules.loop_check(0.01)),
        (rules.disk_check(1 << 20), rules.disk_check(1 << 40)),
        (rules.clock_check(0, 0), rules.clock_check(1.8e9, 0.1)),
        (rules.key_files_check({KEY: 0o100644}), rules.key_files_check({KEY: 0o100600})),
        (rules.store_check(0, 4, "refused"), rules.store_check(4, 4, "")),
        (rules.checkpoint_check(31, 1, "refused"), rules.checkpoint_check(1, 1, "")),
        (rules.mailbox_check([("/a", 95, 100, 0.0)]), rules.mailbox_check([("/a", 1, 100, 0.0)])),
        (rules.mailbox_check([("/a", 1, 100, 60.0), ("/b", 60, 100, 0)]), rules.mailbox_check([])),
        (rules.tree_check({}), rules.tree_check({"/top/a": "running"})),
        (gateway_link(gateway_status(False)), gateway_link(gateway_status(True))),
        (rules.silent("store", "no answer"), None),
    ],
    ids=lambda check: check.name if isinstance(check, Check) else "",
)
def test_a_failing_check_says_what_to_do_and_a_passing_one_need_not(
    failing: Check, passing: Check | None
) -> None:
    assert failing.is_failing
    assert failing.finding
    assert failing.advice
    assert passing is None or passing.health is Health.OK


@pytest.mark.parametrize(
    "check",
    [
        rules.loop_check(0.2),
        rules.disk_check(1 << 30),
        rules.clock_check(1.8e9, -5),
        rules.store_check(3, 4, ""),
        rules.checkpoint_check(5, 1, "refused"),
        rules.mailbox_check([("/a", 60, 100, 0.0)]),
        rules.restart_check({"/a": (1, 2, 30), "/b": (0, 0, 1)}),
        rules.letters_check(1),
        world_link(WorldLink({}, 0, 0, 0, 0)),
        world_link(WorldLink({}, 0, 0, 0, 0, refused=7)),
    ],
    ids=lambda check: check.name,
)
def test_what_does_no_harm_yet_is_a_warning_with_advice(check: Check) -> None:
    assert check.health is Health.WARNING
    assert check.advice


def test_the_actor_with_most_restarts_is_named() -> None:
    assert "30 of them of /a" in rules.restart_check({"/a": (1, 2, 30), "/b": (0, 0, 1)}).finding


def a_full_mailbox(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for _ in range(9):
        house.tell("/top/a", Ping())


def a_message_that_waits(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    house.tell("/top/a", Ping())
    house.system.advance(rules.WAIT_FAILING_SECONDS)
    house.desk.lag.pause()


def a_part_that_is_down(house: House, _patch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        house.crash("/top/b")


def a_loop_that_stood_still(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.desk.lag.tick()
    house.system.advance(3)


def a_key_for_all(house: House, _patch: pytest.MonkeyPatch) -> None:
    key = house.folder / "admin.key"
    key.write_text("secret", encoding="ascii")
    key.chmod(0o644)


def a_full_disk(_house: House, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=1 << 20))


def a_clock_that_was_never_set(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.desk.wall_clock = lambda: 0.0


def a_clock_that_was_set(house: House, _patch: pytest.MonkeyPatch) -> None:
    before = house.desk.wall_clock
    house.desk.wall_clock = lambda: before() + 60.0


def a_letter(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for _ in range(11):
        house.tell("/top/a", Ping())


def many_restarts(house: House, _patch: pytest.MonkeyPatch) -> None:
    for _ in range(rules.RESTARTS_WARNING):
        house.crash("/top/a")
        house.system.advance(100)
        house.desk.lag.tick()


def an_end_of_the_process(house: House, _patch: pytest.MonkeyPatch) -> None:
    write = JsonLinesFile(house.folder / "log" / "launcher-restarts.jsonl")
    for name, ago in ((house.half.name, 7200.0), (house.half.name, 60.0), ("another", 30.0)):
        ended = ProcessExit(-9, 60.0, was_asked=False)
        [record] = end_records(
            name,
            1,
            ended,
            RestartIn(0.0),
            time=WALL_TIME - ago,
            consecutive=1,
            window=RestartWindow(5, 60.0),
            affected={},
        )
        write(record)


def a_part_of_the_half(house: House, _patch: pytest.MonkeyPatch) -> None:
    house.half.found = [rules.silent("store", "it is away")]


@pytest.mark.parametrize(
    ("trouble", "name", "health"),
    [
        (a_full_mailbox, "mailboxes", Health.FAILING),
        (a_message_that_waits, "mailboxes", Health.FAILING),
        (a_part_that_is_down, "tree", Health.FAILING),
        (a_loop_that_stood_still, "loop", Health.FAILING),
        (a_key_for_all, "keys", Health.FAILING),
        (a_full_disk, "disk", Health.FAILING),
        (a_clock_that_was_never_set, "clock", Health.FAILING),
        (a_clock_that_was_set, "clock", Health.WARNING),
        (a_letter, "letters", Health.WARNING),
        (many_restarts, "restarts", Health.WARNING),
        (an_end_of_the_process, "process", Health.WARNING),
        (a_part_of_the_half, "store", Health.FAILING),
    ],
)
def test_the_doctor_finds_each_trouble(
    house: House, monkeypatch: pytest.MonkeyPatch, trouble: Callable[..., None], name: str, health: Health
) -> None:
    before = {check["name"]: check["health"] for check in house.read("/api/doctor")}

    trouble(house, monkeypatch)

    after = {check["name"]: check["health"] for check in house.read("/api/doctor")}
    assert before.get(name, "ok") == "ok"
    assert after[name] == health.value


def test_the_doctor_tells_how_its_process_ended_and_of_no_other(house: House) -> None:
    an_end_of_the_process(house, pytest.MonkeyPatch())

    [check] = [check for check in house.read("/api/doctor") if check["name"] == "process"]

    assert check["finding"] == "it has ended by itself, 1 in the last hour; 1 min ago: SIGKILL"
    assert "restarts --path /launcher/top" in check["advice"]


def test_ends_that_were_only_counted_count() -> None:
    ends = [{"time": 100.0, "path": "/launcher/world", "exc_msg": "exit code 1", "repeated": 3}]

    assert "4 in the last hour" in rules.process_check(ends, 160.0).finding


def test_a_part_that_is_down_makes_the_process_unready(house: House) -> None:
    for _ in range(2):
        house.crash("/top/b")

    response = house.client.get("/readyz")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["failing"] == ["tree"]


def test_a_loop_that_was_blocked_makes_the_process_unready_for_a_while(house: House) -> None:
    house.desk.lag.tick()
    house.system.advance(3)

    assert house.client.get("/readyz").status_code == 503

    house.desk.lag.tick()
    house.desk.lag.pause()
    assert house.client.get("/readyz").status_code == 503
    house.system.advance(REMEMBERED_SECONDS + 1)
    assert house.client.get("/readyz").status_code == 200


def test_ticks_in_time_are_no_lag() -> None:
    now = [0.0]
    lag = LoopLag(lambda: now[0])
    for _ in range(10):
        lag.tick()
        now[0] += TICK_SECONDS

    assert lag.worst() == 0

"""The HTTP face: who may ask, what is answered, and how mistakes are told."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.admin.answering import ROWS_LIMIT
from actors.admin.checks import Check, Health
from actors.admin.restarts import since_when
from actors.admin.survey import take_survey
from actors.admin.views import tree_view
from supervisors import TRANSIENT, SpawnChild, StartChild, Started, TerminateChild, worker
from tests.actors.admin.conftest import TOKEN, House
from tests.supervisors.actors import Ping
from wyld_actors import Actor, Context, on


@pytest.mark.parametrize("url", ["/api/", "/api/tree", "/metrics", "/api/restarts/stream", "/nowhere"])
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_without_the_token_nothing_is_told(house: House, url: str, header: str) -> None:
    response = house.client.get(url, headers={"Authorization": header} if header else {})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in response.text


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_health_needs_no_token(house: House, url: str) -> None:
    assert house.client.get(url).status_code == 200


def test_nothing_is_cached_and_no_other_site_may_read(house: House) -> None:
    response = house.client.get(
        "/api/", headers={"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil"}
    )

    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_process_that_is_not_ready_names_what_fails_and_tells_why_to_operators_only(house: House) -> None:
    house.half.found = [Check("store", Health.FAILING, "no connection to db.example.org", "look")]

    stranger, operator = house.client.get("/readyz"), house.get("/readyz")

    assert (stranger.status_code, operator.status_code) == (503, 503)
    assert stranger.json is not None
    assert (stranger.json["is_ready"], stranger.json["failing"]) == (False, ["store"])
    assert "db.example.org" not in stranger.text
    assert "db.example.org" in operator.text


class Errand(Actor):
    """A part that does one thing, and ends."""

    def on_start(self) -> None:
        self.ctx.ref.tell(Ping())

    @on(Ping)
    def end(self, ctx: Context, _: Ping) -> None:
        ctx.stop()


def test_a_part_that_has_done_its_work_is_not_missed_and_one_that_was_stopped_is(house: House) -> None:
    top = house.system.find("/top")
    assert top is not None
    assert isinstance(top.ask(StartChild(worker("errand", Errand, restart=TRANSIENT))), Started)
    house.settle()

    assert house.read("/readyz")["is_ready"] is True
    assert take_survey(house.system).total.not_running == {}
    assert house.read("/api/tree?path=/top/errand")["trees"][0]["state"] == "done"
    top.ask(TerminateChild("b"))
    house.settle()
    assert house.get("/readyz").status_code == 503
    assert house.read("/api/tree?path=/top/b")["trees"][0]["state"] == "stopped"


def test_the_overview_tells_which_process_this_is(house: House) -> None:
    overview = house.read("/api/")

    assert (overview["process"], overview["version"], overview["actors"]) == ("top", "1.2.3", 4)
    assert overview["is_ready"] is True


def test_the_tree_shows_all_actors_below_a_path_down_to_a_depth(house: House) -> None:
    whole = house.read("/api/tree")
    top = house.read("/api/tree?depth=0")
    one = house.read("/api/tree?path=/top/b")

    assert [child["path"] for child in whole["trees"][0]["children"]] == ["/top/a", "/top/b", "/top/guests"]
    assert (whole["actors"], top["actors"], one["actors"]) == (4, 4, 1)
    assert top["trees"][0]["hidden"] == 3
    assert one["trees"][0]["path"] == "/top/b"


def test_restarts_of_late_stand_with_the_actor(house: House) -> None:
    house.crash("/top/a")
    house.system.advance(120)
    house.crash("/top/a")

    [top] = house.read("/api/tree")["trees"]
    assert [child.get("recent") for child in top["children"]] == [[1, 2, 2], None, None]


def test_of_late_is_one_minute_five_and_sixty(house: House) -> None:
    for pause_minutes in (2, 55, 3, 1.5):
        house.crash("/top/a")
        house.system.advance(60 * pause_minutes)
    house.crash("/top/a")

    # 61.5, 59.5, 4.5, 1.5 and 0 minutes ago.
    assert house.read("/api/actor?path=/top/a")["restarts"] == [1, 3, 4]


@pytest.mark.parametrize(
    ("path", "meant"),
    [("/top/aa", ["/top/a"]), ("/topp/a", ["/top"]), ("/top/guest", ["/top/guests"]), ("", []), ("/xyz", [])],
)
def test_a_path_that_leads_nowhere_is_told_with_what_may_have_been_meant(
    house: House, path: str, meant: list[str]
) -> None:
    response = house.get(f"/api/actor?path={path}")

    assert response.status_code == 404
    assert response.json == {"error": f"there is no actor at {path}", "suggestions": meant}


def test_an_actor_is_shown_with_its_mailbox_and_its_last_error(house: House) -> None:
    house.crash("/top/a")
    house.post("/api/actor/suspend", path="/top/a")
    house.tell("/top/a", Ping())

    shown = house.read("/api/actor?path=/top/a")

    assert (shown["cell"]["state"], shown["cell"]["incarnation"]) == ("suspended", 2)
    assert [waiting["message"] for waiting in shown["mailbox_head"]] == ["Ping"]
    assert shown["last_error"]["reason"] == "crash: ValueError: a has a bug"
    assert shown["last_error"]["message"] == "Crash"
    assert shown["restarts"] == [1, 1, 1]


def test_what_met_a_full_mailbox_is_counted_with_its_actor(house: House) -> None:
    house.post("/api/actor/suspend", path="/top/a")
    for _ in range(12):
        house.tell("/top/a", Ping())

    [top] = house.read("/api/tree")["trees"]
    assert [child["dropped"] for child in top["children"]] == [2, 0, 0]


def test_top_shows_the_deepest_mailboxes_first(house: House) -> None:
    for path, count in (("/top/a", 2), ("/top/b", 3)):
        house.post("/api/actor/suspend", path=path)
        for _ in range(count):
            house.tell(path, Ping())

    rows = house.read("/api/top?by=depth&limit=2")

    assert [(row["path"], row["depth"]) for row in rows] == [("/top/b", 3), ("/top/a", 2)]
    assert house.read("/api/top?by=wait&limit=1")[0]["oldest_seconds"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "/api/top?by=beauty",
        "/api/top?limit=-1",
        f"/api/top?limit={ROWS_LIMIT + 1}",
        "/api/tree?depth=x",
        "/api/restarts?since=yesterday",
        "/api/restarts?since=nan",
        "/api/restarts?limit=²",
    ],
)
def test_a_question_with_a_mistake_is_answered_with_what_was_expected(house: House, url: str) -> None:
    response = house.get(url)

    assert response.status_code == 400
    assert response.json is not None
    assert any(word in response.json["error"] for word in ("expected", "must be"))


def test_restarts_are_told_by_time_path_and_number(house: House) -> None:
    house.crash("/top/a")
    house.system.advance(60)
    house.crash("/top/b")

    everything = house.read("/api/restarts")
    of_a = house.read("/api/restarts?path=/top/a")
    lately = house.read("/api/restarts?since=30s")
    last = house.read("/api/restarts?limit=1")

    assert [record["path"] for record in everything] == ["/top/a", "/top/a", "/top/b", "/top/b"]
    assert {record["path"] for record in of_a} == {"/top/a"}
    assert {record["path"] for record in lately} == {"/top/b"}
    assert [record["event"] for record in last] == ["restarted"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [("1e300", 100.0), ("inf", 100.0), ("-inf", 0.0), (f"{'9' * 400}d", 0.0), ("50", 50.0), ("1m", 40.0)],
)
def test_a_time_is_one_that_a_database_knows(text: str, moment: float) -> None:
    assert since_when(text, 100.0) == moment


def test_a_follower_gets_the_last_records_and_every_new_one(house: House) -> None:
    house.crash("/top/a")

    response = house.get("/api/restarts/stream?backlog=1")
    assert response.mimetype == "text/event-stream"
    stream: Iterator[Any] = iter(response.response)
    events = [next(stream), next(stream)]
    house.crash("/top/b")
    events.append(next(stream))
    response.close()

    first, second = (json.loads(event.partition(b"data: ")[2]) for event in events[1:])
    assert (first["event"], first["path"]) == ("restarted", "/top/a")
    assert (second["event"], second["path"]) == ("child_terminated", "/top/b")
    assert house.desk.history.followers == 0


def test_no_more_than_so_many_follow(house: House) -> None:
    streams = [house.desk.history.follow(0) for _ in range(house.desk.options.max_streams)]

    assert house.get("/api/restarts/stream").status_code == 503

    streams[0].close()
    assert house.get("/api/restarts/stream").status_code == 200


def test_paths_are_labels_of_the_deepest_mailboxes_only_and_those_are_few(house: House) -> None:
    guests = house.system.find("/top/guests")
    assert guests is not None
    for number in range(25):
        path = guests.ask(SpawnChild()).ref.path
        house.post("/api/actor/suspend", path=path)
        for _ in range(number + 1):
            house.tell(path, Ping())
    house.crash("/top/a")

    families = {family.name: family for family in text_string_to_metric_families(house.get("/metrics").text)}

    depths = [sample.value for sample in families["wyld_top_mailbox_depth"].samples]
    assert depths == [float(depth) for depth in range(25, 15, -1)]
    with_paths = [
        name for name, family in families.items() if any("path" in found.labels for found in family.samples)
    ]
    assert with_paths == ["wyld_top_mailbox_depth"]
    by_class = {sample.labels["class"] for sample in families["wyld_actors"].samples}
    assert by_class == {"Supervisor", "DynamicSupervisor", "Player"}


def test_slow_handlers_are_counted_by_class(house: House) -> None:
    ref = house.system.find("/top/a")
    assert ref is not None
    for _ in range(3):
        house.system.slow_handlers.note(ref.cell, Ping, 0.2, 1000.0)

    assert 'wyld_slow_handlers_total{class="Player"} 3.0' in house.get("/metrics").text


def test_those_who_ask_for_the_tree_together_cost_what_one_costs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*given: Any) -> Any:
        made.append(given)
        return tree_view(*given)

    monkeypatch.setattr("actors.admin.desk.tree_view", counted)

    assert house.read("/api/tree") == house.read("/api/tree")
    assert len(made) == 1
    house.post("/api/actor/suspend", path="/top/a")
    house.read("/api/tree")
    assert len(made) == 2, "what was changed is seen at once"


def test_sessions_link_and_doctor_come_from_the_half(house: House) -> None:
    assert house.read("/api/sessions")["by_state"] == {"playing": 1}
    assert house.read("/api/link") == {"is_up": True}
    assert {check["name"] for check in house.read("/api/doctor")} >= {"loop", "tree", "disk", "keys", "clock"}


@pytest.mark.parametrize("url", ["/api/actor/suspend", "/api/chaos/kill"])
def test_a_body_that_is_no_json_object_with_a_path_is_refused(house: House, url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    for body in (b"", b"[]", b"{}", b'{"path": 5}', b'{"path": "/top/a", "more": 1}'):
        response = house.client.post(url, data=body, content_type="application/json", headers=headers)
        assert response.status_code == 400, body
    assert house.client.post(url, data={"path": "/top/a"}, headers=headers).status_code == 400


def test_what_is_not_there_is_not_found(house: House) -> None:
    assert house.get("/api/nothing").status_code == 404
    assert house.post("/api/actor/praise", path="/top/a").status_code == 404
    assert house.post("/api/chaos/love", path="/top/a").status_code == 409
    assert house.client.delete("/api/tree", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405

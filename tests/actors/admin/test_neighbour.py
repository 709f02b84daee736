"""Both processes on one page: each asks the other for an operator who is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from actors.admin import neighbour
from actors.admin.app import create_admin_app
from actors.admin.changes import OPERATOR_LIMIT
from actors.admin.desk import AdminDesk
from actors.admin.http_server import AdminHttpServer
from tests.actors.admin.conftest import TOKEN, House


class Pair:
    """A gateway that is asked, and beside it a world on a real port, both with the actors of `House`."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.half.name = "gateway"
        self.world_half = type(house.half)()
        self.world_half.name = "world"
        self.options = replace(house.desk.options, audit_file=house.folder / "world-audit.jsonl")
        self.server: AdminHttpServer | None = None

    def open_world(self, token: str = TOKEN) -> None:
        options = replace(self.options, token=token)
        desk = AdminDesk(options, self.house.system, self.world_half, self.house.log)
        self.server = AdminHttpServer(options, create_admin_app(desk))
        self.server.start()
        self.say_where()

    def say_where(self) -> None:
        assert self.server is not None
        port = self.server.server_port
        content = {"addresses": {"world-admin": f"http://localhost:{port}/"}}
        (self.house.folder / "run.json").write_text(json.dumps(content), encoding="utf-8")

    def close_world(self) -> None:
        if self.server is not None:
            self.server.stop(1)

    def get(self, url: str, token: str = TOKEN) -> TestResponse:
        return self.house.get(url, token)

    def audit(self) -> dict[str, Any]:
        entry: dict[str, Any] = json.loads((self.house.folder / "world-audit.jsonl").read_bytes())
        return entry


@pytest.fixture
def pair(house: House) -> Iterator[Pair]:
    pair = Pair(house)
    yield pair
    pair.close_world()


def test_what_the_neighbour_answers_is_answered(pair: Pair) -> None:
    pair.open_world()

    assert pair.get("/at/world/api/").json["process"] == "world"  # type: ignore[index]  # an object
    assert pair.get("/at/world/api/look?open=/top&limit=1").json["branches"].keys() == {"", "/top"}  # type: ignore[index]


def test_its_errors_are_handed_on(pair: Pair) -> None:
    pair.open_world()

    response = pair.get("/at/world/api/actor?path=/top/aa")

    assert response.status_code == 404
    assert response.json == {"error": "there is no actor at /top/aa", "suggestions": ["/top/a"]}


def test_a_deed_is_in_the_audit_file_of_who_did_it_with_the_way_it_came(pair: Pair) -> None:
    pair.open_world()

    assert pair.house.post("/at/world/api/actor/suspend", path="/top/a").json == {
        "result": "suspended, 0 messages wait"
    }

    assert (pair.audit()["process"], pair.audit()["action"]) == ("world", "suspend")
    assert pair.audit()["operator"] == "ann from 127.0.0.1 by the gateway"


def test_a_long_name_does_not_push_the_way_out_of_the_audit_file(pair: Pair) -> None:
    pair.open_world()
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "x" * 200}

    pair.house.client.post("/at/world/api/actor/suspend", json={"path": "/top/a"}, headers=headers)

    assert pair.audit()["operator"].endswith(" from 127.0.0.1 by the gateway")
    assert len(pair.audit()["operator"]) == OPERATOR_LIMIT


def test_without_the_token_the_neighbour_is_not_asked(pair: Pair) -> None:
    pair.open_world()

    assert pair.get("/at/world/api/", "wrong").status_code == 401


def problem(response: TestResponse) -> str:
    assert response.status_code == 502
    assert response.json is not None
    text: str = response.json["error"]
    return text


def test_a_neighbour_that_is_away_is_said_to_be(pair: Pair) -> None:
    assert "runs without a launcher" in problem(pair.get("/at/world/api/"))

    (pair.house.folder / "run.json").write_text("{}", encoding="utf-8")
    assert "does not say where" in problem(pair.get("/at/world/api/"))

    pair.open_world()
    pair.close_world()
    assert problem(pair.get("/at/world/api/")).startswith("the world does not answer: ")


def test_a_neighbour_with_another_token_does_not_make_this_one_wrong(pair: Pair) -> None:
    pair.open_world(token="another")

    assert "has another token" in problem(pair.get("/at/world/api/"))


def test_who_took_the_port_of_the_neighbour_is_not_believed(pair: Pair) -> None:
    def stranger(environ: Any, start_response: Any) -> list[bytes]:
        assert "HTTP_AUTHORIZATION" not in environ
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<script>"]

    pair.server = AdminHttpServer(pair.options, stranger)
    pair.server.start()
    pair.say_where()

    assert "does not prove that it is this server" in problem(pair.get("/at/world/api/"))


@pytest.mark.parametrize("half", ["gateway", "localhost:22", "top", "%00"])
def test_nobody_but_the_other_process_can_be_asked(pair: Pair, half: str) -> None:
    pair.open_world()

    assert pair.get(f"/at/{half}/api/").status_code == 404


@pytest.mark.parametrize("url", ["/at/world/metrics", "/at/world/at/gateway/api/", "/at/world/api/../x"])
def test_nothing_but_its_questions_and_deeds_can_be_reached(pair: Pair, url: str) -> None:
    pair.open_world()

    assert pair.get(url).status_code == 404


@pytest.mark.parametrize("what", ["é", "a%20b", "a%0d%0aX-Evil:%201"])
def test_an_odd_path_stays_a_path(pair: Pair, what: str) -> None:
    pair.open_world()

    assert pair.get(f"/at/world/api/{what}").status_code == 404


def test_an_answer_that_is_too_long_is_not_cut_in_silence(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbour, "ANSWER_LIMIT_BYTES", 20)
    pair.open_world()

    assert "ask for less, or ask the world itself" in problem(pair.get("/at/world/api/tree"))


def test_a_stream_is_not_handed_on(pair: Pair) -> None:
    pair.open_world()

    assert pair.get("/at/world/api/restarts/stream").status_code == 400

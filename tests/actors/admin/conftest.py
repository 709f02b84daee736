"""A small tree in virtual time with an operators' interface, asked without a socket."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from prometheus_client.core import GaugeMetricFamily, Metric
from werkzeug.test import TestResponse

from actors.admin.app import create_admin_app
from actors.admin.checks import Check
from actors.admin.desk import AdminDesk
from actors.admin.half import SessionRow, SessionsView
from actors.admin.options import AdminOptions
from supervisors import TEMPORARY, RestartLog, Services, dynamic, one_for_one, run_tree, supervisor, worker
from tests.supervisors.actors import Crash, Ping, Player, Stage, player
from wyld_actors import ActorSystem, Mailbox, ManualClock

TOKEN: Final = "the-token-of-the-test"
WALL_TIME: Final = 1_800_000_000.0


class ScriptedHalf:
    """A half whose facts are made by the test."""

    name = "top"

    def __init__(self) -> None:
        self.found: list[Check] = []

    def link(self) -> dict[str, Any]:
        return {"is_up": True}

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        rows = [SessionRow(path="/top/b", state="playing")]
        return SessionsView(rows[:limit], 1, {"playing": 1})

    def checks(self) -> list[Check]:
        return self.found

    def metrics(self) -> Sequence[Metric]:
        return [GaugeMetricFamily("wyld_link_up", "Whether the link stands.", value=1)]


class House:
    """Actors `/top/a`, `/top/b`, and `/top/guests/...`, and what an operator has of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system = ActorSystem(clock=ManualClock())
        self.stage = Stage()
        self.log = RestartLog()
        self.half = ScriptedHalf()
        options = AdminOptions(
            TOKEN,
            version="1.2.3",
            data_dir=folder,
            audit_file=folder / "log" / "audit.jsonl",
            launcher_file=folder / "log" / "launcher-restarts.jsonl",
            refusal_seconds=0,
        )
        self.desk = AdminDesk(
            options, self.system, self.half, self.log, wall_clock=lambda: WALL_TIME + self.system.now()
        )
        services = Services(
            log=self.log, source=random.Random(1), wall_clock=lambda: WALL_TIME + self.system.now()
        )
        spec = supervisor(
            "top",
            one_for_one,
            [
                player(self.stage, "a", mailbox=Mailbox(limit=10)),
                worker("b", Player, self.stage),
                dynamic("guests", Player, self.stage, restart=TEMPORARY),
            ],
        )
        self.tree = run_tree(self.system, spec, services=services)
        self.client: FlaskClient = create_admin_app(self.desk).test_client()
        self.settle()

    def settle(self) -> None:
        self.system.settle()

    def crash(self, path: str) -> None:
        self.tell(path, Crash())

    def tell(self, path: str, message: Any) -> None:
        ref = self.system.find(path)
        assert ref is not None
        ref.tell(message)
        self.settle()

    def answers(self, path: str) -> int:
        """Ask the actor; its incarnation."""
        ref = self.system.find(path)
        assert ref is not None
        incarnation: int = ref.ask(Ping())
        return incarnation

    # As an operator

    def get(self, url: str, token: str = TOKEN) -> TestResponse:
        return self.client.get(url, headers={"Authorization": f"Bearer {token}"})

    def read(self, url: str) -> Any:
        response = self.get(url)
        assert response.status_code == 200, response.text
        return response.json

    def post(self, url: str, **body: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "ann"}
        return self.client.post(url, json=body, headers=headers)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.stage.open_all()
    house.system.stop()

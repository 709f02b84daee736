"""The restart log of the world: who noticed, and which command it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.world import Npc, NpcContext, Said
from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character, newborn
from actors.world.messages.senses import LookAround
from actors.world.restoring import restore
from actors.world.session import Line, WorldSession
from actors.world.surroundings import Surroundings
from actors.world.testing_records import RecordingOutlet, Records
from actors.world.transfers import watch
from actors.world.zones import presence_child, zone_children
from actors.world_affected import affected_by
from supervisors import (
    TRANSIENT,
    RestartLog,
    RestartRecord,
    Services,
    StartChild,
    Tree,
    dynamic,
    one_for_one,
    run_tree,
    supervisor,
    worker,
)
from tests.actors.world.sample import atlas
from wyld_actors import ActorSystem, ManualClock, Ref, on


class Clumsy(Npc):
    """Stumbles over every word."""

    @on(Said)
    def stumble(self, ctx: NpcContext, said: Said) -> None:
        raise RuntimeError("what was that?")


class Stage:
    """The tree of a world without store and link."""

    def __init__(self) -> None:
        self.system = ActorSystem("world", ManualClock())
        self.around = Surroundings(atlas(), self.system.registry)
        watch(self.system, self.around)
        self.records = Records()
        self.system.spawn(RecordingOutlet, self.records, name="outlet")
        self.log = RestartLog(clock=self.system.clock)
        behaviours = dict.fromkeys(BEHAVIOURS, Clumsy)
        start = restore(self.around.atlas, (), behaviours)
        zones = [
            supervisor(zone, one_for_one, zone_children(zone, self.around, start, behaviours))
            for zone in self.around.atlas.zones
        ]
        spec = supervisor(
            "world",
            one_for_one,
            [
                presence_child(self.around),
                supervisor("zones", one_for_one, zones),
                dynamic("characters", Character, restart=TRANSIENT),
                dynamic("sessions", WorldSession, restart=TRANSIENT),
            ],
        )
        services = Services(log=self.log, affected=lambda cell: affected_by(cell, self.around))
        self.tree: Tree = run_tree(self.system, spec, services=services)
        self.system.settle()

    def ref(self, path: str) -> Ref:
        found = self.system.find(path)
        assert found is not None, path
        return found

    def player(self, name: str, session: int, room: str) -> Ref:
        state = newborn(self.around.atlas, f"character:{name.lower()}", session, name, "wanderer")
        state = state.replace(room=room)
        character = worker(state.id, Character, self.around, kwargs={"state": state})
        self.ref("/world/characters").ask(StartChild(character))
        begin = WorldSession.State(session=session, character=session, name=name)
        character_ref = self.ref(f"/world/characters/{state.id}")
        child = worker(
            f"session-{session}", WorldSession, self.around, character_ref, kwargs={"state": begin}
        )
        self.ref("/world/sessions").ask(StartChild(child))
        self.system.settle()
        return self.ref(f"/world/sessions/session-{session}")

    def kill(self, path: str) -> RestartRecord:
        before = len(self.log.recent())
        self.ref(path).cell.kill()
        self.system.settle()
        return self.log.recent()[before]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.system.stop()


def test_the_record_of_a_crashed_npc_names_the_command_and_who_was_in_the_room(stage: Stage) -> None:
    ann = stage.player("Ann", 8589934593, "room:harbour/inn")
    stage.player("Bob", 8589934594, "room:harbour/inn")
    stage.player("Cora", 8589934595, "room:harbour/quay")
    ann.tell(Line(7, "say Good evening"))
    stage.system.settle()

    record = stage.log.recent()[0]
    assert record.path == "/world/zones/harbour/npc:innkeeper"
    assert record.trace_id == "8589934593-7"
    assert record.message_type == "Said"
    assert record.affected == {
        "room": "room:harbour/inn",
        "players": 2,
        "names": ["Ann", "Bob"],
        "sessions": [8589934593, 8589934594],
    }


def test_a_crash_on_the_way_of_a_command_names_it_too(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    ann = stage.player("Ann", 5, "room:harbour/quay")
    quay = stage.ref("/world/zones/harbour/room:quay").cell.instance
    assert quay is not None

    def crash(*_: object) -> None:
        raise ValueError("no ground")

    vars(quay)["handlers"] = {**quay.handlers, LookAround: crash}
    ann.tell(Line(1, "look"))
    stage.system.settle()

    assert stage.log.recent()[0].trace_id == "5-1"
    assert "caused by 5-1" in caplog.text


def test_a_character_and_a_session_are_their_own_player(stage: Stage) -> None:
    stage.player("Ann", 5, "room:harbour/quay")
    expected = {"players": 1, "names": ["Ann"], "sessions": [5]}

    assert stage.kill("/world/characters/character:ann").affected == expected
    assert stage.kill("/world/sessions/session-5").affected == expected


def test_a_room_is_whoever_is_in_it_and_a_zone_whoever_is_in_its_rooms(stage: Stage) -> None:
    stage.player("Ann", 5, "room:harbour/quay")
    stage.player("Bob", 6, "room:harbour/inn")
    stage.player("Cora", 7, "room:town/market")

    assert stage.kill("/world/zones/harbour/room:quay").affected["names"] == ["Ann"]
    assert sorted(stage.kill("/world/zones/harbour").affected["names"]) == ["Ann", "Bob"]  # type: ignore[call-overload]


def test_the_end_of_the_process_is_noticed_by_all_who_play(stage: Stage) -> None:
    for number in range(3):
        stage.player(f"Guest{number}", number + 1, "quay")

    assert stage.tree.affected() == {"players": 3}


def test_any_other_part_is_a_count_and_a_crowd_is_ten_names(stage: Stage) -> None:
    for number in range(12):
        stage.player(f"P{number}", number + 1, "room:harbour/quay")

    assert stage.kill("/world/presence").affected == {"players": 12}
    crowd = stage.kill("/world/zones/harbour/room:quay").affected
    assert crowd["players"] == 12
    assert len(crowd["names"]) == len(crowd["sessions"]) == 10  # type: ignore[arg-type]


def test_an_empty_room_is_nobody(stage: Stage) -> None:
    assert stage.kill("/world/zones/harbour/room:inn").affected == {"room": "room:harbour/inn"}
    assert stage.kill("/world/zones/harbour/item:lantern").affected == {}

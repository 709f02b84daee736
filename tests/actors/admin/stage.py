"""Both processes of a server in one, small and in real time, for the page to look at.

`/gateway` and `/world` are trees with an operators' interface each, on real ports, and `run.json` beside
them. What a scenario wants done it asks for by the names of the methods of `Server`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

import gevent

from actors.admin.half import SessionRow, SessionsView
from actors.admin.options import AdminOptions
from actors.admin.server import admin_address, admin_child
from supervisors import (
    Backoff,
    ChildSpec,
    LogEvent,
    RestartLog,
    RestartRecord,
    Services,
    SpawnChild,
    dynamic,
    one_for_all,
    one_for_one,
    run_tree,
    supervisor,
    worker,
)
from supervisors.intensity import RestartWindow
from supervisors.process_records import end_records, restarted_record
from supervisors.processes import ProcessExit, RestartIn
from supervisors.restart_log import JsonLinesFile
from tests.actors.admin.conftest import TOKEN, ScriptedHalf
from tests.supervisors.actors import Crash, Ping, Player, Stage, player
from wyld_actors import Actor, ActorSystem, Context, Message, Record, on

WAIT_SECONDS: Final = 5.0
LAUNCHER_FILE: Final = "launcher-restarts.jsonl"
# What nobody should ever be called, and what no error should ever say.
EVIL: Final = "<img src=x onerror=alert(1)><svg onload=alert(2)>"


class Say(Message, frozen=True):
    text: str


class Fail(Message, frozen=True):
    text: str


class Speaker(Actor):
    """Keeps what it is told, and fails with the words it is given."""

    class State(Record, frozen=True):
        said: str = ""

    @on(Say)
    def say(self, _ctx: Context, message: Say) -> None:
        self.state = self.state.replace(said=message.text)

    @on(Fail)
    def fail(self, _ctx: Context, message: Fail) -> None:
        raise RuntimeError(message.text)


class PageHalf(ScriptedHalf):
    """A half with the answers of a real one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.rows = [SessionRow(path="/gateway/b", state="playing", character="Ann", protocol="telnet")]

    def link(self) -> dict[str, Any]:
        if self.name == "world":
            gateways = {"gateway": {"state": "up", "round_trip_seconds": 0.001}}
            return {"gateways": gateways, "sessions": 1, "commands_waiting": 0}
        return {"is_up": True, "world": "world", "round_trip_seconds": 0.001, "statistics": None}

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        return SessionsView(self.rows[:limit], len(self.rows), {"playing": len(self.rows)})


class Half:
    """One running process."""

    def __init__(self, name: str, folder: Path, port: int = 0, token: str = TOKEN) -> None:
        self.system, self.log, self.half, self.stage = ActorSystem(), RestartLog(), PageHalf(name), Stage()
        options = AdminOptions(
            token,
            port=port,
            version="1.2.3",
            data_dir=folder,
            audit_file=folder / f"{name}-audit.jsonl",
            launcher_file=folder / LAUNCHER_FILE,
        )
        spec = supervisor(name, one_for_one, self._children(options))
        self.tree = run_tree(self.system, spec, services=Services(log=self.log))
        self.tree.started.get(timeout=WAIT_SECONDS)
        self.host, self.port = admin_address(self.system, self.half)

    def _children(self, options: AdminOptions) -> list[ChildSpec]:
        group = [player(self.stage, name) for name in ("first", "second", "third")]
        return [
            player(self.stage, "a"),
            player(self.stage, "b"),
            worker("speaker", Speaker, backoff=Backoff.none()),
            supervisor("group", one_for_all, group),
            dynamic("guests", Player, self.stage),
            admin_child(options, self.system, self.half, self.log),
        ]

    def tell(self, path: str, message: Message) -> None:
        ref = self.system.find(path)
        assert ref is not None, path
        ref.tell(message)

    def end(self) -> None:
        self.stage.open_all()
        self.tree.shutdown(WAIT_SECONDS)
        self.tree.ended.get(timeout=WAIT_SECONDS)
        self.system.stop()


class Server:
    """Both, and what can be done to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.halves = {name: Half(name, folder) for name in ("gateway", "world")}
        self.ports = {name: half.port for name, half in self.halves.items()}
        found = {f"{name}-admin": f"http://localhost:{port}/" for name, port in self.ports.items()}
        (folder / "run.json").write_text(json.dumps({"addresses": found}), encoding="utf-8")

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['gateway']}/"

    def close(self) -> None:
        for half in self.halves.values():
            half.end()

    def _of(self, path: str) -> Half:
        return self.halves[path.split("/")[1]]

    # What scenarios ask for

    def give_token(self) -> str:
        return TOKEN

    def crash(self, path: str) -> None:
        self._of(path).tell(path, Crash())

    def ping(self, path: str) -> None:
        self._of(path).tell(path, Ping())

    def suspend(self, path: str) -> None:
        ref = self._of(path).system.find(path)
        assert ref is not None
        ref.cell.suspend()

    def state(self, path: str) -> str:
        ref = self._of(path).system.find(path)
        assert ref is not None
        return "suspended" if ref.cell.is_suspended else ref.cell.state.value

    def invite(self, path: str, number: int) -> None:
        """So many children for a dynamic supervisor."""
        ref = self._of(path).system.find(path)
        assert ref is not None
        for _ in range(number):
            ref.ask(SpawnChild())

    def be_evil(self) -> None:
        """Names, errors, states and sessions that want to be markup."""
        half = self.halves["gateway"]
        ref = half.system.find("/gateway/guests")
        assert ref is not None
        ref.ask(SpawnChild(id=EVIL))
        half.tell("/gateway/speaker", Say(EVIL))
        half.tell("/gateway/speaker", Fail(EVIL))
        half.half.rows = [SessionRow(path=f"/gateway/{EVIL}", state=EVIL, character=EVIL, peer=EVIL)]
        half.log.write(
            RestartRecord(
                event=LogEvent.STUCK,
                supervisor="/gateway",
                path=f"/gateway/{EVIL}",
                exc_type=EVIL,
                exc_msg=EVIL,
                stack=EVIL,
                message_type=EVIL,
                trace_id=EVIL,
                affected={EVIL: [EVIL]},
                time=2e9,
            )
        )

    def evil(self) -> str:
        return EVIL

    def kill_world(self) -> None:
        """As the launcher tells it."""
        log = RestartLog([JsonLinesFile(self.folder / LAUNCHER_FILE)])
        ended, window, now = ProcessExit(-9, 60.0, was_asked=False), RestartWindow(5, 60.0), time.time()
        affected = {"players": 1}
        for record in end_records(
            "world", 1, ended, RestartIn(0.0), time=now, consecutive=1, window=window, affected=affected
        ):
            log.write(record)
        log.write(restarted_record("world", 2, time=now + 0.5, down_seconds=0.5))

    def stop(self, name: str) -> None:
        self.halves[name].end()
        del self.halves[name]

    def start(self, name: str, token: str = TOKEN) -> None:
        """Again, on the same port."""
        self.halves[name] = Half(name, self.folder, self.ports[name], token)

    def settle(self, name: str) -> None:
        """Wait until everybody there has done what was to be done."""
        self.halves[name].system.settle()

    def pass_time(self, seconds: float) -> None:
        gevent.sleep(seconds)

    def audit(self, name: str) -> list[dict[str, Any]]:
        file = self.folder / f"{name}-audit.jsonl"
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

"""What a running server says of itself."""

import json
import os
from pathlib import Path

from supervisors.announcement import Addresses, Announcement, form, welcome
from supervisors.backoff import Backoff
from supervisors.child_process import ProcessSpec
from supervisors.instance import RunFile
from supervisors.process_group import ProcessGroup
from supervisors.processes import RestartPolicy


class Server:
    """A group that was never started, with an announcement of it."""

    def __init__(self, data_dir: Path) -> None:
        self.run_file = RunFile(data_dir / "run.json")
        self.said: list[str] = []
        self.served: list[Addresses] = []
        specs = [ProcessSpec(name, lambda descriptor: []) for name in ("world", "gateway")]
        self.group = ProcessGroup(specs, RestartPolicy(Backoff(), 3, 10.0), 1.0, 1.0)
        self.announcement = Announcement(
            self.run_file, version="1.2.3", started_at="now", say=self.said.append, served=self.served.append
        )

    def ready(self) -> None:
        world, gateway = self.group.processes
        world.facts = {}
        gateway.facts = {"addresses": {"telnet": ["0.0.0.0", 4000], "web": ["::1", 8080]}}
        self.announcement(self.group)


def test_nothing_is_said_before_all_serve(tmp_path: Path) -> None:
    server = Server(tmp_path)

    server.group.processes[0].facts = {}
    server.announcement(server.group)

    assert server.said == []
    assert not server.run_file.path.exists()


def test_the_welcome_comes_once_and_names_every_way_in(tmp_path: Path) -> None:
    server = Server(tmp_path)

    server.ready()
    server.ready()

    (text,) = server.said
    assert "telnet localhost 4000" in text
    assert "http://localhost:8080/" in text
    assert str(tmp_path) in text
    assert server.served == [{"telnet": ("0.0.0.0", 4000), "web": ("::1", 8080)}]


def test_the_run_file_has_ids_ports_addresses_and_the_time_of_the_start(tmp_path: Path) -> None:
    server = Server(tmp_path)

    server.ready()

    assert json.loads(server.run_file.path.read_text()) == {
        "version": "1.2.3",
        "data_dir": str(tmp_path),
        "started_at": "now",
        "pids": {"launcher": os.getpid(), "world": None, "gateway": None},
        "troubles": {},
        "ports": {"telnet": 4000, "web": 8080},
        "addresses": {"telnet": "telnet localhost 4000", "web": "http://localhost:8080/"},
    }


def test_the_addresses_stand_while_a_process_is_away(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.ready()

    server.group.processes[1].facts = None
    server.announcement(server.group)

    assert json.loads(server.run_file.path.read_text())["ports"] == {"telnet": 4000, "web": 8080}


def test_an_address_of_one_interface_is_shown_as_it_is() -> None:
    assert form("telnet", "192.0.2.7", 4000) == "telnet 192.0.2.7 4000"
    assert form("web", "2001:db8::7", 80) == "http://[2001:db8::7]:80/"


def test_a_listener_of_another_name_is_shown_plainly() -> None:
    assert "metrics  localhost:9100" in welcome("1.2.3", Path("/srv"), {"metrics": ("", 9100)})

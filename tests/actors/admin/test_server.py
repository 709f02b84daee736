"""The server on real sockets: where it listens, what it endures, and what it does not."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gevent.event import Event

from actors.admin.options import AdminOptions
from actors.admin.server import ADMIN, admin_address, admin_child
from actors.gateway.errors import BindFailed
from supervisors import (
    ChildSpec,
    ChildStartFailed,
    LogEvent,
    RestartLog,
    Services,
    Tree,
    one_for_all,
    run_tree,
    supervisor,
)
from tests.actors.admin.conftest import TOKEN, ScriptedHalf
from tests.supervisors.actors import Crash, Stage, player
from wyld_actors import ActorSystem

pytestmark = pytest.mark.slow
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Served:
    """A tree in real time: `/top/a` and `/top/admin`, which are restarted together."""

    def __init__(self, folder: Path) -> None:
        self.system = ActorSystem()
        self.log = RestartLog()
        self.half = ScriptedHalf()
        self.options = AdminOptions(
            TOKEN,
            data_dir=folder,
            request_seconds=0.5,
            header_limit_bytes=2_000,
            body_limit_bytes=1_000,
            max_connections=4,
        )
        self.tree = self.run(
            [player(Stage(), "a"), admin_child(self.options, self.system, self.half, self.log)]
        )
        self.host, self.port = admin_address(self.system, self.half)

    def run(self, children: list[ChildSpec]) -> Tree:
        tree = run_tree(
            self.system, supervisor("top", one_for_all, children), services=Services(log=self.log)
        )
        tree.started.get(timeout=5)
        return tree

    def get(self, url: str, **headers: str) -> int:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        connection.request("GET", url, headers=HEADERS | headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def say(self, request: bytes) -> bytes:
        """Send bytes, and read until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=5) as client:
            client.sendall(request)
            answer = b""
            while data := client.recv(4096):
                answer += data
        return answer


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.tree.shutdown(5)
    served.tree.ended.get(timeout=5)
    served.system.stop()


def test_it_listens_on_this_machine_only_and_answers(served: Served) -> None:
    assert served.host == "127.0.0.1"
    assert served.get("/api/tree") == 200


def test_a_crash_of_the_actor_leaves_the_port_open(served: Served) -> None:
    ref = served.system.find(f"/top/{ADMIN}")
    assert ref is not None

    ref.cell.kill()
    served.system.settle()

    assert served.get("/api/tree") == 200


def test_after_a_restart_of_all_it_listens_on_the_same_port(served: Served) -> None:
    a = served.system.find("/top/a")
    assert a is not None
    is_back = Event()
    served.log.add_sink(
        lambda record: (
            is_back.set() if (record.event, record.path) == (LogEvent.RESTARTED, "/top/admin") else None
        )
    )

    a.tell(Crash())

    assert is_back.wait(5)
    assert admin_address(served.system, served.half) == (served.host, served.port)
    assert served.get("/api/tree") == 200


def test_a_port_in_use_keeps_the_tree_from_starting_and_is_named(served: Served) -> None:
    system = ActorSystem()
    options = AdminOptions(TOKEN, port=served.port)
    spec = supervisor("top", one_for_all, [admin_child(options, system, served.half, RestartLog())])

    reason = run_tree(system, spec).ended.get(timeout=5)

    assert reason is not None
    assert isinstance(reason.error, ChildStartFailed)
    assert isinstance(reason.error.reason.error, BindFailed)
    assert f"cannot listen for admin on 127.0.0.1:{served.port}" in str(reason.error.reason.error)
    system.stop()


def test_a_long_header_is_refused(served: Served) -> None:
    assert served.get("/healthz", **{"X-Long": "x" * 3_000}) == 431


def test_a_long_body_is_refused_before_it_is_read(served: Served) -> None:
    head = b"POST /api/actor/kill HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"

    assert served.say(head).startswith(b"HTTP/1.1 413")


def test_a_request_that_does_not_end_is_given_up(served: Served) -> None:
    assert served.say(b"GET /healthz HTTP/1.1\r\nHost: x").startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "rest",
    [
        b'Content-Length: 50\r\n\r\n{"path":',
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfff\r\n" + b"x" * 0xFFF + b"\r\n0\r\n\r\n",
    ],
)
def test_a_body_that_is_not_what_it_said_is_the_fault_of_who_sent_it(served: Served, rest: bytes) -> None:
    head = f"POST /api/actor/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"

    answer = served.say(head.encode() + b"Content-Type: application/json\r\n" + rest)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"the body did not come as it was announced" in answer


def test_many_who_never_finish_a_request_do_not_keep_an_operator_waiting(served: Served) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((served.host, served.port), timeout=5))
            for _ in range(3 * served.options.max_connections)
        ]
        for client in slow:
            client.sendall(b"GET /healthz HTTP/1.1\r\n")
        began = time.monotonic()

        assert served.get("/healthz") == 200

        assert time.monotonic() - began < served.options.request_seconds
        assert slow[0].recv(100) == b""


def test_an_idle_connection_is_closed(served: Served) -> None:
    assert b"200 OK" in served.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", b"GET\r\n\r\n", b"\r\n" * 3_000]
)
def test_rubbish_is_answered_with_an_error_and_the_next_is_served(served: Served, rubbish: bytes) -> None:
    served.say(rubbish)

    assert served.get("/healthz") == 200


def test_a_follower_is_let_go_when_the_server_stops(served: Served) -> None:
    connection = http.client.HTTPConnection(served.host, served.port, timeout=5)
    connection.request("GET", "/api/restarts/stream", headers=HEADERS)
    answer = connection.getresponse()
    assert answer.readline() == b": the restart log\n"
    a = served.system.find("/top/a")
    assert a is not None

    a.cell.kill()
    lines = [answer.readline() for _ in range(3)]
    served.tree.shutdown(5)

    assert json.loads(lines[2].partition(b"data: ")[2])["path"] == "/top/a"
    served.tree.ended.get(timeout=5)
    assert b"event" in answer.read() + lines[1]
    connection.close()

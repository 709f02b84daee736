"""The whole gateway on real sockets: it starts, serves, says why it cannot, and stops in order."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gevent
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from actors.gateway.errors import BindFailed, GatewayStartFailed
from actors.gateway.listeners import WhereAreYou
from actors.gateway.messages.pool import CountConnections
from actors.gateway.session_options import SessionOptions
from actors.gateway.world_line import LinkOptions
from actors.gateway_tree import ROOT, GatewayOptions, gateway_tree, start_gateway
from actors.restart_archive import ArchiveOptions
from actors.running_half import RunningHalf
from actors.storage.options import StoreOptions
from supervisors import WhichChildren
from tests.actors.gateway_kit import KEY, PASSWORD, ScriptedWorld
from tests.actors.login_scripts import WorldTable
from transports.link.memory import MemoryLink
from transports.link.protocol import TextOutput
from transports.telnet.settings import TelnetOptions
from transports.websocket.options import JSON_SUBPROTOCOL, WebOptions
from wyld_actors import ActorSystem, ExitKind


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink(gevent.get_hub().loop.run_callback)


@pytest.fixture
def world(link: MemoryLink) -> ScriptedWorld:
    table = WorldTable()
    table.add("Ann", PASSWORD, "Brand")
    return ScriptedWorld(link, 1, table)


def options(link: MemoryLink, **changes: object) -> GatewayOptions:
    given: dict[str, object] = {
        "link": LinkOptions(epoch=1, key=KEY),
        "dial": link.dealer,
        "telnet": TelnetOptions(port=0),
        "web": WebOptions(port=0),
        **changes,
    }
    return GatewayOptions(**given)  # type: ignore[arg-type]  # the tests' own shorthand


@pytest.fixture
def gateway(link: MemoryLink, world: ScriptedWorld) -> Iterator[RunningHalf]:
    with gevent.Timeout(20):
        running = start_gateway(options(link), system=ActorSystem("tree"))
        yield running
        running.stop(3.0)
        running.wait()
        running.system.stop()


class Telnet:
    """A plain client without telnet options."""

    def __init__(self, gateway: RunningHalf) -> None:
        self.socket = socket.create_connection(gateway.addresses["telnet"])
        self.socket.settimeout(5)
        self.seen = b""

    def send(self, *lines: str) -> None:
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def until(self, words: bytes) -> bytes:
        while words not in self.seen:
            read = self.socket.recv(65536)
            if not read:
                raise EOFError(self.seen)
            self.seen += read
        before, _, self.seen = self.seen.partition(words)
        return before + words

    def rest(self) -> bytes:
        while read := self.socket.recv(65536):
            self.seen += read
        return self.seen


def test_a_player_comes_in_by_telnet_and_plays(gateway: RunningHalf, world: ScriptedWorld) -> None:
    player = Telnet(gateway)
    with closing(player.socket):
        player.until(b"make one: ")
        player.send("ann", PASSWORD, "1", "look")
        player.until(b"Brand does look.\r\n1> ")
        assert gateway.tree.affected() == {"players": 1}, "who would notice the end of the process"

    assert world.ran == [("Brand", "look")]


def test_the_addresses_say_where_the_doors_really_are(gateway: RunningHalf) -> None:
    assert set(gateway.addresses) == {"telnet", "web"}
    assert all(port > 0 for _, port in gateway.addresses.values())


def test_a_port_in_use_stops_the_start_with_a_word(link: MemoryLink) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(BindFailed) as caught:
            start_gateway(options(link, telnet=TelnetOptions(port=port)), system=ActorSystem("bind"))

    assert (caught.value.protocol, caught.value.port) == ("telnet", port)
    assert "choose another port" in str(caught.value)


def test_another_part_that_does_not_start_is_named(link: MemoryLink) -> None:
    def no_endpoint(*_: object) -> None:
        raise RuntimeError("no endpoint today")

    with pytest.raises(GatewayStartFailed, match="link: no endpoint today"):
        start_gateway(options(link, dial=no_endpoint), system=ActorSystem("dial"))


def test_a_stop_says_farewell_and_ends_cleanly(link: MemoryLink, world: ScriptedWorld) -> None:
    with gevent.Timeout(10):
        running = start_gateway(options(link), system=ActorSystem("stop"))
        player = Telnet(running)
        player.until(b"make one: ")

        running.stop(5.0)
        last = player.rest()

        assert b"Farewell until then." in last
        assert running.wait().kind is ExitKind.SHUTDOWN
        player.socket.close()
        running.system.stop()


def test_a_stop_asks_the_page_to_come_again(link: MemoryLink, world: ScriptedWorld) -> None:
    with gevent.Timeout(10):
        running = start_gateway(options(link), system=ActorSystem("restart"))
        host, port = running.addresses["web"]
        url = f"ws://{host}:{port}/ws"
        with connect(url, subprotocols=[Subprotocol(JSON_SUBPROTOCOL)], proxy=None) as page:
            first = json.loads(page.recv())

            running.stop(3.0)
            *_, bye = json.loads(page.recv())
            with pytest.raises(ConnectionClosed) as closed:
                page.recv()

        assert first[0] == {"t": "data", "package": "session", "value": {"playing": False}}
        assert (bye["t"], bye["again"]) == ("bye", True)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.SERVICE_RESTART
        assert running.wait().kind is ExitKind.SHUTDOWN
        running.system.stop()


@pytest.mark.slow
def test_a_client_that_does_not_read_is_closed_and_the_others_play_on(
    link: MemoryLink, world: ScriptedWorld
) -> None:
    with gevent.Timeout(20):
        slow_options = TelnetOptions(port=0, write_limit_bytes=65_536)
        running = start_gateway(options(link, telnet=slow_options), system=ActorSystem("slow"))
        world.table.add("Bob", PASSWORD, "Cora")
        slow, quick = Telnet(running), Telnet(running)
        slow.send("ann", PASSWORD, "1")
        slow.until(b"Which one? ")
        quick.send("bob", PASSWORD, "1", "look")
        quick.until(b"Cora does look.")
        pool = running.system.find(f"/{ROOT}/pool")
        assert pool is not None

        for count in range(1000):
            world.tells(TextOutput("blah " * 10_000 + f"[{count}]"))
            quick.until(b"[%d]" % count)
            if pool.ask(CountConnections()) == 1:
                break

        assert pool.ask(CountConnections()) == 1
        quick.send("look")
        quick.until(b"Cora does look.")
        slow.socket.close()
        quick.socket.close()
        running.stop(3.0)
        running.wait()
        running.system.stop()


def test_more_players_than_there_is_room_for_are_told_so(link: MemoryLink, world: ScriptedWorld) -> None:
    with gevent.Timeout(10):
        running = start_gateway(options(link, max_sessions=1), system=ActorSystem("full"))
        first, second = Telnet(running), Telnet(running)
        first.until(b"make one: ")

        assert b"The house is full" in second.rest()

        first.send("help")
        first.until(b"make one: ")
        first.socket.close()
        second.socket.close()
        running.stop(3.0)
        running.wait()
        running.system.stop()


def test_a_crash_of_a_listener_keeps_its_socket_and_its_players(gateway: RunningHalf) -> None:
    player = Telnet(gateway)
    with closing(player.socket):
        player.until(b"make one: ")
        listener = gateway.system.find(f"/{ROOT}/telnet")
        assert listener is not None
        listener.cell.kill()
        gevent.sleep(0)

        assert listener.ask(WhereAreYou()) == gateway.addresses["telnet"]
        player.send("help")
        player.until(b"make one: ")
        second = Telnet(gateway)
        with closing(second.socket):
            second.until(b"make one: ")


def test_the_tree_reads_like_a_table_of_contents(link: MemoryLink) -> None:
    tree = gateway_tree(options(link, session=SessionOptions()), ActorSystem("contents"))
    children = tree.args[1]

    parts = ["link", "pool", "session_book", "sessions", "restorer", "connections", "telnet", "web"]
    assert [child.id for child in children] == parts


def test_a_gateway_whose_restart_log_finds_no_database_serves_all_the_same(
    link: MemoryLink, world: ScriptedWorld, tmp_path: Path
) -> None:
    with gevent.Timeout(20):
        nowhere = StoreOptions("postgresql://nobody@127.0.0.1:1/nothing", connect_timeout_seconds=1.0)
        archive = ArchiveOptions("gateway:test")
        launcher = ArchiveOptions("launcher:test", tmp_path / "launcher-restarts.jsonl", is_followed=True)
        running = start_gateway(
            options(link, store=nowhere, archive=archive, launcher=launcher),
            system=ActorSystem("no-database"),
        )
        player = Telnet(running)
        player.until(b"make one: ")

        root = running.system.find(f"/{ROOT}")
        assert root is not None
        ids = [child.id for child in reversed(root.ask(WhichChildren()))]
        assert ids[:4] == ["store", "archive", "launcher-archive", "link"]
        player.socket.close()
        running.stop(3.0)
        running.wait()
        running.system.stop()

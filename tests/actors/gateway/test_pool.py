"""The pool knows every open connection, speaks to many at once, and survives its own crash."""

import pytest

from actors import rendering
from actors.gateway.messages.client import Speak
from actors.gateway.messages.pool import (
    Broadcast,
    CloseAll,
    CountConnections,
    ListConnections,
    Register,
    SendTo,
    Unregister,
)
from actors.gateway.session_record import session_id
from actors.rendering import encoded
from tests.actors.gateway_kit import GatewayBench
from transports.adapter import Rendering

FIRST, SECOND, THIRD = (session_id(7, count) for count in (1, 2, 3))
NOBODY = session_id(7, 99)


def test_connections_are_counted_and_listed_by_protocol() -> None:
    with GatewayBench() as gateway:
        telnet, web = gateway.client(), gateway.client("websocket")

        entries = gateway.ask("pool", ListConnections())

        assert [(entry.protocol, entry.peer) for entry in entries] == [
            ("telnet", telnet.peer),
            ("websocket", web.peer),
        ]
        assert gateway.ask("pool", CountConnections()) == 2
        assert gateway.ask("pool", CountConnections("telnet")) == 1
        assert gateway.ask("pool", ListConnections("avian")) == ()


def test_one_is_spoken_to_by_its_number() -> None:
    with GatewayBench() as gateway:
        first, second = gateway.client(), gateway.client()

        assert gateway.ask("pool", SendTo(SECOND, "psst")) is True
        assert gateway.ask("pool", SendTo(NOBODY, "psst")) is False

        assert second.saw("psst")
        assert not first.saw("psst")


def test_a_broadcast_reaches_all_or_those_who_are_named() -> None:
    with GatewayBench() as gateway:
        clients = [gateway.client(), gateway.client("websocket"), gateway.client()]

        assert gateway.ask("pool", Broadcast("to all")) == 3
        assert gateway.ask("pool", Broadcast("to some", (FIRST, THIRD, NOBODY))) == 2

        assert [client.saw("to all") for client in clients] == [True, True, True]
        assert [client.saw("to some") for client in clients] == [True, False, True]


def test_a_broadcast_is_encoded_once_for_each_kind_of_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with GatewayBench() as gateway:
        for protocol in ["telnet", "websocket"] * 5:
            gateway.client(protocol)
        encodings: list[Rendering] = []

        def counted(text: str, kind: Rendering) -> bytes:
            encodings.append(kind)
            return encoded(text, kind)

        monkeypatch.setattr(rendering, "encoded", counted)
        gateway.ask("pool", Broadcast("to all"))

        assert len(encodings) == 2


def test_who_leaves_is_forgotten_also_when_killed() -> None:
    with GatewayBench() as gateway:
        gateway.client().hangs_up()
        gateway.client()
        killed = gateway.system.find("/gateway/connections/2")
        assert killed is not None

        killed.cell.kill()
        gateway.settle()

        assert gateway.ask("pool", CountConnections()) == 0


def test_to_unregister_twice_or_somebody_unknown_does_no_harm() -> None:
    with GatewayBench() as gateway:
        gateway.client()
        gone, stranger = gateway.system.find("/gateway/connections/1"), gateway.system.find("/gateway/pool")
        assert gone is not None
        assert stranger is not None
        for ref in (gone, gone, stranger):
            gateway.ask("pool", Unregister(ref))

        assert gateway.ask("pool", CountConnections()) == 0


def test_all_clients_are_closed_with_a_farewell() -> None:
    with GatewayBench() as gateway:
        clients = [gateway.client(), gateway.client("websocket")]

        assert gateway.ask("pool", CloseAll("Good night.", "closing time")) == 2
        gateway.settle()

        assert [client.lines[-1] for client in clients] == ["Good night.", "Good night."]
        assert [client.closed_for for client in clients] == ["closing time", "closing time"]
        assert gateway.ask("pool", CountConnections()) == 0


def test_the_directory_outlasts_a_crash_of_the_pool() -> None:
    with GatewayBench() as gateway:
        first, second = gateway.client(), gateway.client()
        before = gateway.system.find("/gateway/pool")

        gateway.crash("pool", Register(FIRST, None, "telnet", "nowhere"))  # type: ignore[arg-type]
        first.hangs_up()

        assert gateway.system.find("/gateway/pool") == before
        assert gateway.ask("pool", Broadcast("still here")) == 1
        assert second.saw("still here")


def test_a_client_that_came_through_the_pools_crash_can_still_be_spoken_to() -> None:
    with GatewayBench() as gateway:
        client = gateway.client()
        gateway.crash("pool", Broadcast("x", 5))  # type: ignore[arg-type]

        assert gateway.ask("pool", SendTo(FIRST, "hello")) is True
        assert client.saw("hello")


def test_what_the_gateway_says_itself_is_no_broadcast() -> None:
    with GatewayBench() as gateway:
        first, second = gateway.client(), gateway.client()
        ref = gateway.system.find("/gateway/connections/1")
        assert ref is not None

        ref.tell(Speak("for you", "> "))
        gateway.settle()

        assert first.saw("for you")
        assert first.prompt == "> "
        assert not second.saw("for you")

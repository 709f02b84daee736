"""Ports that are in use are told before anything starts."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.listeners import Obstacle, check_listeners, is_in_the_way, why_not
from config.loading import load
from config.problems import ConfigurationError

FREE = {
    "WYLD_GATEWAY__TELNET__PORT": "0",
    "WYLD_GATEWAY__WEB__PORT": "0",
    "WYLD_ADMIN__GATEWAY_PORT": "0",
    "WYLD_ADMIN__WORLD_PORT": "0",
}


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_any_free_port_is_always_to_be_had() -> None:
    check_listeners(load(environment=FREE))

    assert why_not("127.0.0.1", 0) is None


def test_a_port_in_use_is_named_with_its_setting_and_where_that_was_made(taken: int) -> None:
    configuration = load(environment=FREE | {"WYLD_GATEWAY__TELNET__PORT": str(taken)})

    with pytest.raises(ConfigurationError) as caught:
        check_listeners(configuration)

    assert [str(problem) for problem in caught.value.problems] == [
        f"variable WYLD_GATEWAY__TELNET__PORT: gateway.telnet.port = {taken}: is in use on 127.0.0.1; "
        "stop the other program, or choose another port (0: any free one)"
    ]


def test_a_port_that_was_in_use_a_moment_ago_can_be_had() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass

    assert why_not("127.0.0.1", port) is None


def test_every_port_in_use_is_named_at_once(taken: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        file = tmp_path / "my.toml"
        file.write_text(
            f"[gateway.telnet]\nport = {taken}\n[gateway.web]\nport = {server.getsockname()[1]}\n"
        )
        environment = {name: port for name, port in FREE.items() if "ADMIN" in name}

        with pytest.raises(ConfigurationError) as caught:
            check_listeners(load(file, environment=environment))

    assert [problem.key for problem in caught.value.problems] == ["gateway.telnet.port", "gateway.web.port"]


def test_two_listeners_on_one_port_are_both_named_with_where_that_was_set(
    free_port: int, tmp_path: Path
) -> None:
    file = tmp_path / "my.toml"
    file.write_text(f"[gateway.web]\nport = {free_port}\n")
    environment = {name: port for name, port in FREE.items() if "WEB" not in name}

    with pytest.raises(ConfigurationError) as caught:
        check_listeners(load(file, environment=environment | {"WYLD_ADMIN__WORLD_PORT": str(free_port)}))

    assert [str(problem) for problem in caught.value.problems] == [
        f"variable WYLD_ADMIN__WORLD_PORT: admin.world_port = {free_port}: is that of gateway.web.port "
        f"({file}, line 2) as well; choose another for one of them (0: any free one)"
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("play.example.org", "play.example.org", True),
        ("localhost", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("::1", "::", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "::1", False),
        ("play.example.org", "127.0.0.1", False),
    ],
)
def test_hosts_are_in_each_others_way_when_one_is_the_other_or_all(
    one: str, other: str, expected: bool
) -> None:
    assert is_in_the_way(one, other) is expected
    assert is_in_the_way(other, one) is expected


def test_an_encrypted_listener_that_is_off_needs_no_port(taken: int) -> None:
    check_listeners(load(environment=FREE | {"WYLD_GATEWAY__TELNETS__PORT": str(taken)}))

    with pytest.raises(ConfigurationError, match=r"gateway\.telnets\.port"):
        check_listeners(
            load(
                environment=FREE
                | {
                    "WYLD_GATEWAY__TELNETS__PORT": str(taken),
                    "WYLD_GATEWAY__TELNETS__ENABLED": "true",
                    "WYLD_GATEWAY__TELNETS__CERTFILE": "chain.pem",
                }
            )
        )


def test_a_host_of_another_machine_is_told_as_such() -> None:
    obstacle = why_not("192.0.2.1", 4000)

    assert obstacle == Obstacle(
        "host",
        "cannot be used: 192.0.2.1 is no address of this machine; name one that is, such as 127.0.0.1",
    )


@pytest.mark.parametrize("key", ["gateway.telnet.host", "admin.host"])
def test_a_host_that_cannot_be_had_is_named_with_its_own_setting(key: str) -> None:
    variable = f"WYLD_{key.upper().replace('.', '__')}"

    with pytest.raises(ConfigurationError) as caught:
        check_listeners(load(environment=FREE | {variable: "192.0.2.1"}))

    assert len(caught.value.problems) == 1
    assert str(caught.value.problems[0]) == (
        f'variable {variable}: {key} = "192.0.2.1": cannot be used: 192.0.2.1 is no address of this machine; '
        "name one that is, such as 127.0.0.1"
    )


def test_a_host_that_is_no_address_is_told_as_such() -> None:
    obstacle = why_not("999.0.0.1", 4000)

    assert obstacle is not None
    assert obstacle.blamed == "host"
    assert "999.0.0.1 is unknown" in obstacle.why

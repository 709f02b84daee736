"""Ports that are in use are told before anything starts."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.listeners import Obstacle, check_listeners, why_not
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
    file = tmp_path / "my.toml"
    file.write_text(f"[gateway.telnet]\nport = {taken}\n[gateway.web]\nport = {taken}\n")

    with pytest.raises(ConfigurationError) as caught:
        check_listeners(load(file, environment={}))

    assert [problem.key for problem in caught.value.problems] == ["gateway.telnet.port", "gateway.web.port"]


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

    assert obstacle == Obstacle("host", "cannot be used: 192.0.2.1 is no address of this machine")


@pytest.mark.parametrize("key", ["gateway.telnet.host", "admin.host"])
def test_a_host_that_cannot_be_had_is_named_with_its_own_setting(key: str) -> None:
    variable = f"WYLD_{key.upper().replace('.', '__')}"

    with pytest.raises(ConfigurationError) as caught:
        check_listeners(load(environment=FREE | {variable: "192.0.2.1"}))

    assert len(caught.value.problems) == 1
    assert str(caught.value.problems[0]) == (
        f'variable {variable}: {key} = "192.0.2.1": cannot be used: 192.0.2.1 is no address of this machine'
    )


def test_a_host_that_is_no_address_is_told_as_such() -> None:
    obstacle = why_not("999.0.0.1", 4000)

    assert obstacle is not None
    assert obstacle.blamed == "host"
    assert "999.0.0.1 is unknown" in obstacle.why

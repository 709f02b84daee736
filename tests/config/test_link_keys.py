"""What an operator is told to copy where."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from config.link_keys import DEFAULT_PORT, LinkKeys, port_in

KEYS = LinkKeys("aa" * 32, Path("/srv/world-curve.key"), "bb" * 32, Path("/srv/gateway-curve.key"), "east")


def test_what_is_to_be_copied_is_toml_and_holds_public_keys_only() -> None:
    _, for_gateway, for_world = KEYS.words().split("  [link]\n")
    gateway = tomllib.loads("[link]\n" + for_gateway.partition("If the GATEWAY")[0])
    world = tomllib.loads("[link]\n" + for_world.partition("Then start")[0])

    assert gateway["link"] == {"address": "tcp://WORLD-HOST:4800", "curve": {"world": "aa" * 32}}
    assert world["link"] == {"address": "tcp://0.0.0.0:4800", "curve": {"gateways": ["east=" + "bb" * 32]}}


@pytest.mark.parametrize("name", ["a", "gateway", "n" * 32])
def test_a_name_never_runs_into_its_key(name: str) -> None:
    keys = dataclasses.replace(KEYS, gateway_name=name)

    assert f'"{name}" ' in keys.words()


def test_a_program_is_told_the_same() -> None:
    assert KEYS.fields() == {
        "world": {"public": "aa" * 32, "secret_file": "/srv/world-curve.key"},
        "gateway": {"name": "east", "public": "bb" * 32, "secret_file": "/srv/gateway-curve.key"},
    }


@pytest.mark.parametrize(
    ("address", "port"),
    [("tcp://10.0.0.1:5000", 5000), ("", DEFAULT_PORT), ("ipc:///x:1", DEFAULT_PORT), ("tcp://h:0", 4800)],
)
def test_the_port_is_that_of_the_address_if_it_has_one(address: str, port: int) -> None:
    assert port_in(address) == port

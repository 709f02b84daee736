"""A real server whose halves meet over tcp with keys, as those of two machines do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from gevent import socket

from tests.play.kit import PROJECT, Server
from transports.link.curve import key_pair, make_secret

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keys_of(server: Server) -> dict[str, dict[str, str]]:
    """What `run.py keys` makes for this server."""
    command = [sys.executable, str(PROJECT / "run.py"), "keys", "--json"]
    done = subprocess.run(command, env=server.environment, stdout=subprocess.PIPE, check=True, timeout=60)
    keys: dict[str, dict[str, str]] = json.loads(done.stdout)
    return keys


def with_keys(server: Server, *, listed: str | None = None) -> Server:
    """The server, told to use its keys. The world lists the gateway's key, or the one that is given."""
    keys = keys_of(server)
    server.environment |= {
        "WYLD_LINK__ADDRESS": f"tcp://127.0.0.1:{free_port()}",
        "WYLD_LINK__CURVE__WORLD": keys["world"]["public"],
        "WYLD_LINK__CURVE__GATEWAYS": f"gateway={listed or keys['gateway']['public']}",
    }
    return server


def test_play_goes_on_over_an_encrypted_link_and_over_the_death_of_its_world(
    new_server: Callable[..., Server],
) -> None:
    server = with_keys(new_server(LAUNCHER__BACKOFF__MIN_SECONDS="0.1")).start()
    ann = server.telnet("ann").signs_up()

    server.kill_and_wait("world")

    ann.types("say back again")
    ann.sees('You say, "back again"')
    assert server.stop() == 0


def test_a_gateway_with_an_unknown_key_stays_outside_and_both_logs_say_why(
    new_server: Callable[..., Server],
) -> None:
    server = with_keys(new_server(), listed=key_pair(make_secret()).public.hex())
    server.start()

    own = keys_of(server)["gateway"]["public"]
    server.until_said(f"with the public key {own} is not let in")
    server.until_said(f"add its name and public key to link.curve.gateways of the world, NAME={own}")
    assert server.stop() == 0

"""A real server whose halves meet over tcp with keys, as those of two machines do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.play.kit import PROJECT, Server, dsn_of, folder, free_port, until_open
from tests.play.players import TelnetPlayer
from transports.link.curve import key_pair, make_secret

pytestmark = pytest.mark.slow


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


class Machine:
    """One of two machines: a folder with its data, its keys and its configuration file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        folder.chmod(0o711)
        self.folder = folder
        self.environment = os.environ | {"WYLD_DATA_DIR": str(folder / "data"), "WYLD_ADMIN__WORLD_PORT": "0"}
        self.environment |= {"WYLD_ADMIN__GATEWAY_PORT": "0", "WYLD_GATEWAY__WEB__PORT": "0"}

    def runs(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        environment = self.environment | {f"WYLD_{key}": value for key, value in settings.items()}
        command = [sys.executable, str(PROJECT / "run.py"), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def blocks(self) -> list[str]:
        """What `run.py keys` says is to be copied from here: for a gateway, and for the world."""
        said, _ = self.runs("keys").communicate(timeout=60)
        return re.findall(r"(?:^  .*\n|^\n)*^  \[link\]\n(?:^  .*\n|^\n)+", said, re.MULTILINE)

    def is_told(self, block: str, port: int) -> None:
        """The operator pastes it; here both machines are this one, and the port is a free one."""
        host = block.replace("WORLD-HOST", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")
        text = host.replace(":4800", f":{port}")
        (self.folder / "wyld.toml").write_text(textwrap.dedent(text), encoding="utf-8")

    def serves(self, half: str, **settings: str) -> subprocess.Popen[str]:
        return self.runs("--config", str(self.folder / "wyld.toml"), half, **settings)


def test_two_machines_set_up_as_the_page_for_operators_says_play_together() -> None:
    with folder() as shared:
        there, here = Machine(shared / "there"), Machine(shared / "here")
        link, telnet = free_port(), free_port()
        for_gateway, _ = there.blocks()
        _, for_world = here.blocks()
        here.is_told(for_gateway, link)
        there.is_told(for_world, link)

        world = there.serves("world")
        dsn = dsn_of(there.folder / "data")
        gateway = here.serves("gateway", DATABASE__DSN=dsn, GATEWAY__TELNET__PORT=str(telnet))
        try:
            until_open(telnet)
            ann = TelnetPlayer("Ann", telnet).signs_up()
            ann.types("say far away")
            ann.sees('You say, "far away"')
            ann.leave()
        finally:
            for process in (gateway, world):
                process.terminate()
        assert [process.wait(60) for process in (gateway, world)] == [0, 0]

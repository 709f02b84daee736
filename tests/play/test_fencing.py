"""Two processes of one name, for real: one of them has the say, and the other is told so."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisors.processes import ExitCode
from tests.play.kit import RUN_SECONDS, Server, half_of

pytestmark = pytest.mark.slow


def test_a_second_world_of_one_name_does_not_start_and_the_first_goes_on(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server().start()
    ann = server.telnet("ann").signs_up()

    second = half_of(server, "world", tmp_path)
    words, _ = second.communicate(timeout=RUN_SECONDS)

    assert second.returncode == ExitCode.CONFIGURATION
    assert "is owned by another process; stop it, or give this one another name" in words
    ann.types("say still here")
    ann.sees('You say, "still here"')
    assert server.stop() == 0


def test_a_gateway_that_was_frozen_is_fenced_off_by_its_successor(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server(LINK__LIVENESS__DOWN_AFTER_SECONDS="600", WATCHDOG__RESTART_AFTER_SECONDS="0").start()
    ann = server.telnet("ann").signs_up()
    first = server.pid("gateway")

    os.kill(first, signal.SIGSTOP)
    successor = half_of(
        server,
        "gateway",
        tmp_path,
        LINK__ADDRESS=f"ipc://{server.data_dir / 'link.sock'}",
        LINK__KEY=(server.data_dir / "link.key").read_text(encoding="ascii").strip(),
    )
    try:
        server.until(lambda _: server.words.count("is here as gateway:") == 2)
        os.kill(first, signal.SIGCONT)
        ann.types("say I am the ghost of a gateway")
        server.until_said("is fenced off, epoch")
        ann.sees("The world holds its breath.")
        assert "You say" not in ann.text
    finally:
        successor.terminate()
        successor.wait(RUN_SECONDS)

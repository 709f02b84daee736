"""What a process says of itself from the side: to its launcher, with every sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from actors.guard import Guard
from supervisors.watchdog import WatchdogOptions
from wyld_actors import ActorSystem


@pytest.mark.slow
def test_a_sign_of_life_says_who_would_notice_the_end(tmp_path: Path) -> None:
    players, signs, heard = {"players": 3}, [], Event()
    loop = gevent.get_hub().loop

    def sign(facts: Mapping[str, object]) -> None:
        signs.append(facts)
        loop.run_callback_threadsafe(heard.set)

    system = ActorSystem()
    guard = Guard("world", WatchdogOptions(), tmp_path, say=lambda *_: None, sign=sign)
    guard.start()
    try:
        with gevent.Timeout(20):
            guard.watch(system, lambda: players)
            while not signs or not signs[-1]["affected"]:
                heard.wait()
                heard.clear()
    finally:
        guard.stop()
        system.stop()

    assert signs[-1] == {"blocked_seconds": 0.0, "blocked": "", "affected": {"players": 3}}

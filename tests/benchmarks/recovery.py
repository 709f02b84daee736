"""How long players wait for a world that was killed: from SIGKILL to the first answer.

A real server, and players on telnet who type all the time, also while there is no world. Each line is a word
of its own that the world's answer repeats, so it is known which line was answered: what counts is the first
answer to a line that was typed after the kill. Every line has to be answered once and in order, or the run
counts for nothing.

Where the time went is told by the server's own logs, which have the same clock: the launcher's record of the
end (noticed), the world's line that it serves with the time since its modules were there (interpreter and
modules; ours), the answer (link, and lines that had waited).
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.large_worlds import larger_world
from tests.benchmarks.load import READ_BYTES, Crowd, Player, log_in
from tests.benchmarks.running import Server, running_server
from tests.benchmarks.table import Row, at_most, rows_of

__all__ = ["recovery_rows"]

KILLS = 7
LOGIN_SECONDS = 60.0
# After the last kill is answered: checkpoints are taken, and the launcher takes the world for stable.
CALM_SECONDS = 2.5
PATIENCE_SECONDS = 30.0
SETTINGS = {
    # The split is read from these lines.
    "LOG__LEVEL": "info",
    # Each kill is to be the first of its kind: no back-off, as after hours of quiet.
    "LAUNCHER__BACKOFF__STABLE_AFTER_SECONDS": "1",
    "LAUNCHER__MAX_RESTARTS": "1000",
}
_ANSWER = re.compile(rb"'xyz(\d+)'|\xe2\x80\x98xyz(\d+)\xe2\x80\x99")

TOTAL, EVERYBODY = "ms from SIGKILL to the first answer", "ms from SIGKILL until everybody has one"
PARTS = (
    "    noticed, and started anew: ms",
    "    interpreter and modules: ms",
    "    ours until the world serves: ms",
    "    link, lines that waited, the answer: ms",
)
OURS = "    ours, both together: ms"


@dataclass(slots=True)
class Typist:
    """A player who types without waiting. Line n is the word xyz<n>."""

    player: Player
    typed: int = 0
    answered: int = 0
    faults: int = 0
    unread: bytes = b""

    def type(self) -> None:
        self.typed += 1
        self.player.send(b"xyz%d\r\n" % self.typed)

    def read(self) -> None:
        """Take what has come."""
        *lines, self.unread = (self.unread + self.player.socket.recv(READ_BYTES)).split(b"\n")
        for line in lines:
            for found in _ANSWER.finditer(line):
                number = int(found[1] or found[2])
                self.faults += number != self.answered + 1
                self.answered = number


@dataclass(slots=True)
class Typists:
    """All of them. Each types every `pause_seconds`, spread evenly."""

    crowd: Crowd
    pause_seconds: float
    all: list[Typist] = field(init=False)
    by_number: dict[int, Typist] = field(init=False)
    due: float = 0.0
    turn: int = 0

    def __post_init__(self) -> None:
        self.all = [Typist(player) for player in self.crowd.players]
        self.by_number = {one.player.socket.fileno(): one for one in self.all}
        self.due = time.monotonic()

    def go_on(self, *, types: bool = True) -> None:
        """One round: type what is due, read what is there."""
        now = time.monotonic()
        while types and self.due <= now:
            self.all[self.turn % len(self.all)].type()
            self.turn += 1
            self.due += self.pause_seconds / len(self.all)
        for number, _ in self.crowd.poll.poll(0.001):
            self.by_number[number].read()

    def type_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.go_on()

    def finish(self) -> None:
        """Wait until every line is answered. Raises AssertionError for one that is not, or not once."""
        until = time.monotonic() + PATIENCE_SECONDS
        while any(one.answered < one.typed for one in self.all):
            assert time.monotonic() < until, "a line is not answered"
            self.go_on(types=False)
        assert not sum(one.faults for one in self.all), "a line is answered twice, or out of order"


def recovery_rows() -> list[Row]:
    """With few players in the world that is shipped, and with many in a larger one."""
    rows = _rows("10 players, the shipped world", _kills(10, 0.05))
    with larger_world(20, stones=49) as files:
        rows += _rows("100 players, 1,000 entities more", _kills(100, 0.1, WORLD__FILES=str(files)))
    return rows


def _rows(title: str, kills: list[dict[str, float]]) -> list[Row]:
    return [
        replace(row, name=f"{title}: {row.name}" if row.name == TOTAL else row.name)
        for row in rows_of(kills, {TOTAL: at_most(2_000), OURS: at_most(200)})
    ]


def _kills(count: int, pause_seconds: float, **settings: str) -> list[dict[str, float]]:
    with running_server(count, **SETTINGS, **settings) as server:
        names = [player_name(number) for number in range(count)]
        typists = Typists(log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS), pause_seconds)
        return [_kill(server, typists) for _ in range(KILLS)]


def _kill(server: Server, typists: Typists) -> dict[str, float]:
    typists.due = time.monotonic()
    typists.type_for(CALM_SECONDS)
    pid = server.pid("world")
    assert pid is not None
    killed = time.time()
    os.kill(pid, signal.SIGKILL)
    before = {id(one): one.typed for one in typists.all}
    waiting, first = list(typists.all), 0.0
    while waiting:
        assert time.time() < killed + PATIENCE_SECONDS, "no answer"
        typists.go_on()
        waiting = [one for one in waiting if one.answered <= before[id(one)]]
        if not first and len(waiting) < len(typists.all):
            first = time.time()
    last = time.time()
    typists.finish()
    return _split(server, killed, first, last)


def _split(server: Server, killed: float, first: float, last: float) -> dict[str, float]:
    """Where the time went, in milliseconds."""
    log = server.data_dir / "log"
    started = _last(log / "launcher.log", lambda line: line["event"].startswith("world started"))
    serves = _last(log / "world.log", lambda line: "start_seconds" in line)
    began, served = _moment(started), _moment(serves)
    modules = served - serves["start_seconds"]
    moments = [killed, began, modules, served, first]
    parts = [1000 * (after - before) for before, after in pairwise(moments)]
    return {
        TOTAL: 1000 * (first - killed),
        **dict(zip(PARTS, parts, strict=True)),
        OURS: parts[2] + parts[3],
        EVERYBODY: 1000 * (last - killed),
    }


def _last(path: Path, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if fits(line)][-1]


def _moment(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["timestamp"]).timestamp()

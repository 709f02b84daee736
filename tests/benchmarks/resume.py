"""Players whose connections break all at once, and who come back all at once: how long until each is back.

A real server; players on telnet who have walked off in all directions. Each asks for a code, all sockets are
reset, and all connect again in the same moment with "reconnect" and their codes. Somebody is back when the
room is shown with its prompt. After each round every player has to have one owner: as many sessions play as
there are players, there are no others, and every line typed then is answered once.
"""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import time
from urllib.request import Request, urlopen

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.load import END_OF_RECORD, READ_BYTES, Crowd, Player, log_in
from tests.benchmarks.recovery import Typists
from tests.benchmarks.running import Server, running_server
from tests.benchmarks.table import Row, row_of

__all__ = ["resume_rows"]

SIZES = (10, 500)
ROUNDS = 3
LOGIN_SECONDS = 120.0
STEPS, STEP_SECONDS = 10, 0.7
LIMIT_SECONDS = 60.0
LINES = 3
_CODE = re.compile(rb"reconnect ([0-9A-Z]{4}-[0-9A-Z]{4})")
_BACK = re.compile(rb"You are back.*" + re.escape(END_OF_RECORD), re.DOTALL)


def resume_rows() -> list[Row]:
    """A few, then a hall full of them."""
    rows = []
    with running_server(max(SIZES)) as server:
        names = [player_name(number) for number in range(max(SIZES))]
        crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
        _walk(crowd)
        for size in SIZES:
            halves, tails, whole = [], [], []
            for _ in range(ROUNDS):
                crowd, times = _break(server, crowd, size)
                halves.append(1000 * times[len(times) // 2])
                tails.append(1000 * times[int(len(times) * 0.99)])
                whole.append(1000 * times[-1])
            rows += [
                row_of(f"{size} come back at once: ms until one is back, p50", halves),
                row_of("    p99", tails),
                row_of("    the last", whole),
            ]
    return rows


def _walk(crowd: Crowd) -> None:
    """In all directions; whoever meets a wall stays."""
    chance = random.Random(4)
    for _ in range(STEPS):
        for player in crowd.players:
            player.send(chance.choice((b"north\r\n", b"east\r\n", b"south\r\n", b"west\r\n")))
        crowd.run(STEP_SECONDS)


def _break(server: Server, crowd: Crowd, size: int) -> tuple[Crowd, list[float]]:
    """The first so many lose their sockets. All players, and how long it took each to be back, sorted."""
    codes = [_code(crowd, player) for player in crowd.players[:size]]
    for player in crowd.players[:size]:
        # A reset, as from a router that has forgotten the connection.
        player.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        player.socket.close()
    began = time.perf_counter()
    back = Crowd([Player(server.port) for _ in codes])
    for player, code in zip(back.players, codes, strict=True):
        player.send(b"reconnect " + code + b"\r\n")
    times = _until_back(back, began)
    again = Crowd([*back.players, *crowd.players[size:]])
    _check_owners(server, again)
    return again, sorted(times)


def _code(crowd: Crowd, player: Player) -> bytes:
    """One that brings this player back."""
    heard = b""
    player.send(b"reconnect\r\n")
    until = time.perf_counter() + LIMIT_SECONDS
    while not (found := _CODE.search(heard)):
        assert time.perf_counter() < until, "no code"
        player.text = b""
        crowd.turn(0.05)
        heard += player.text
    return found[1]


def _until_back(crowd: Crowd, began: float) -> list[float]:
    """Seconds since `began` until each has been shown where it is."""
    unread = {player.socket.fileno(): b"" for player in crowd.players}
    times: list[float] = []
    while unread:
        assert time.perf_counter() < began + LIMIT_SECONDS, f"{len(unread)} are not back"
        for number, _ in crowd.poll.poll(0.05):
            data = crowd.by_number[number].socket.recv(READ_BYTES)
            assert data, "the server closed a connection"
            if number in unread:
                unread[number] += data
                if _BACK.search(unread[number]):
                    times.append(time.perf_counter() - began)
                    del unread[number]
    return times


def _check_owners(server: Server, crowd: Crowd) -> None:
    """One session for each player, which answers each line once. Raises AssertionError."""
    typists = Typists(crowd, 0.2)
    for one in typists.all:
        for _ in range(LINES):
            one.type()
    typists.finish()
    counts = _sessions(server)
    assert counts == {"playing": len(crowd.players)}, counts


def _sessions(server: Server) -> dict[str, int]:
    """How many are in each state, as operators see it."""
    token = (server.data_dir / "admin.key").read_text().strip()
    url = f"http://127.0.0.1:{server.ports['gateway-admin']}/api/sessions?limit=1"
    with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"})) as answer:
        by_state: dict[str, int] = json.loads(answer.read())["by_state"]
    return {state: count for state, count in by_state.items() if count}

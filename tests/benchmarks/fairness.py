"""One noisy session among many: what the others feel of it.

A server, the others (telnet players who wait for each answer), and one more that is a process of its own and
keeps no pause: it *pastes* short commands as fast as the server takes them, or asks for the *longest answers*
there are, the same way. Quiet and noisy turns alternate, so that what else the machine does falls on both.

Two figures: how much the others get done when everybody hurries, and how long an answer takes when each of
them types one line a second. MISSION asks that one session slows another by 20 % at most.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import select
import socket
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.load import READ_BYTES, Crowd, log_in, pace, saturate
from tests.benchmarks.running import running_server
from tests.benchmarks.table import Row, at_most, row_of

__all__ = ["fairness_rows"]

OTHERS = 50
# Short turns and many of them: what else a shared machine does falls on quiet and noisy ones alike.
ROUNDS, SECONDS = 7, 1.5
LOGIN_SECONDS = 240.0
# What is pasted, and how it is called.
NOISES = {"pastes": b"inventory\r\n", "asks for long answers": b"look\r\n"}
_PASTE_LINES = 500
# Of the noisy one, before its noise is measured: it is past what may come at once. Answers of one moment
# share a prompt.
_PROMPTS_FIRST = 60


def fairness_rows() -> list[Row]:
    """Both figures, for each kind of noise."""
    rows = []
    with running_server(OTHERS + 1) as server:
        names = [player_name(number) for number in range(OTHERS)]
        crowd = log_in(server.port, names, PASSWORD, seconds=LOGIN_SECONDS)
        for words, line in NOISES.items():
            rows += _rows(crowd, server.port, words, line)
        for player in crowd.players:
            player.socket.close()
    return rows


def _rows(crowd: Crowd, port: int, words: str, line: bytes) -> list[Row]:
    hurried: dict[bool, list[float]] = {False: [], True: []}
    halves: dict[bool, list[float]] = {False: [], True: []}
    tails: dict[bool, list[float]] = {False: [], True: []}
    answered: list[float] = []
    for _ in range(ROUNDS):
        for is_noisy in (False, True):
            with _noise(port, line) if is_noisy else contextlib.nullcontext() as lines:
                before = lines.value if lines is not None else 0
                hurried[is_noisy].append(saturate(crowd, b"inventory\r\n", SECONDS))
                if lines is not None:
                    answered.append((lines.value - before) / SECONDS)
                _, times = pace(crowd, b"inventory\r\n", SECONDS)
            halves[is_noisy].append(1000 * times[len(times) // 2])
            tails[is_noisy].append(1000 * times[int(len(times) * 0.99)])
    lost = [100 * (1 - noisy / quiet) for quiet, noisy in zip(hurried[False], hurried[True], strict=True)]
    return [
        *_pair(f"{OTHERS} others who hurry, commands a second", words, hurried),
        row_of("    what they lose, %", lost, at_most(20)),
        row_of("    meanwhile prompts of the one, a second", answered),
        *_pair("one line a second each: p50 ms", words, halves),
        *_pair("one line a second each: p99 ms", words, tails),
    ]


def _pair(name: str, words: str, values: dict[bool, list[float]]) -> list[Row]:
    return [row_of(name, values[False]), row_of(f"    and one {words}", values[True])]


@contextlib.contextmanager
def _noise(port: int, line: bytes) -> Iterator[Synchronized[int]]:
    """One more player, in the game and at it. Gives the count of its prompts."""
    context = multiprocessing.get_context("spawn")
    count = context.Value("q", 0)
    process = context.Process(target=make_noise, args=(port, line, count), daemon=True)
    process.start()
    try:
        end = time.monotonic() + LOGIN_SECONDS
        while count.value < _PROMPTS_FIRST:
            if time.monotonic() > end or not process.is_alive():
                raise RuntimeError("the noisy player did not come into play")
            time.sleep(0.01)
        yield count
    finally:
        process.kill()
        process.join()
        time.sleep(0.5)


def make_noise(port: int, line: bytes, count: Synchronized[int]) -> None:
    """Paste and read, for ever."""
    crowd = log_in(port, [player_name(OTHERS)], PASSWORD, seconds=LOGIN_SECONDS)
    (player,) = crowd.players
    paste, sent = line * _PASTE_LINES, 0
    while True:
        readable, writable, _ = select.select([player.socket], [player.socket], [])
        if writable:
            with contextlib.suppress(BlockingIOError):
                sent = (sent + player.socket.send(paste[sent:])) % len(paste)
        if readable:
            # Lines that were refused have a prompt as well, and are counted: they too take time.
            count.value += _read(player.socket)


def _read(connection: socket.socket) -> int:
    data = connection.recv(READ_BYTES)
    if not data:
        raise ConnectionError("the server closed the noisy connection")
    return data.count(b"\xff\xef")

"""A telnet load generator: many players in one process, on epoll and nothing else.

It is plain Python without gevent, so that its own processor time is small beside that of the server; that
time is printed with every figure. A command is answered when its prompt is here: the server ends each
with IAC EOR (RFC 885), which occurs nowhere else.
"""

from __future__ import annotations

import resource
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

END_OF_RECORD = b"\xff\xef"
DO_END_OF_RECORD = b"\xff\xfd\x19"
READ_BYTES = 262_144


class Player:
    """One connection. `answers` counts prompts, `received` bytes."""

    __slots__ = ("answers", "on_answer", "received", "sent_at", "socket", "tail", "text")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.socket.send(DO_END_OF_RECORD)
        self.answers = 0
        self.received = 0
        self.sent_at = 0.0
        self.tail = b""
        self.text = b""
        self.on_answer: Callable[[Player], None] | None = None

    def send(self, line: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.send(line)


@dataclass(slots=True)
class Crowd:
    """All players of a run."""

    players: list[Player]
    poll: select.epoll = field(default_factory=select.epoll)
    by_number: dict[int, Player] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for player in self.players:
            self.join(player)

    def join(self, player: Player) -> None:
        """Watch one more player."""
        self.by_number[player.socket.fileno()] = player
        self.poll.register(player.socket.fileno(), select.EPOLLIN)

    def turn(self, timeout: float) -> None:
        """Read what is there; tell each player about its answers."""
        for number, _ in self.poll.poll(timeout):
            player = self.by_number[number]
            data = player.socket.recv(READ_BYTES)
            if not data:
                raise ConnectionError("the server closed a connection")
            player.received += len(data)
            player.text = data
            # The two bytes of a marker may come apart.
            count = (player.tail + data).count(END_OF_RECORD)
            player.tail = data[-1:] if data[-1:] == END_OF_RECORD[:1] else b""
            if count:
                player.answers += count
                if player.on_answer is not None:
                    player.on_answer(player)

    def run(self, seconds: float) -> float:
        """Turn for so long; how long it was."""
        began = time.perf_counter()
        end = began + seconds
        while (now := time.perf_counter()) < end:
            self.turn(min(end - now, 0.05))
        return now - began

    def run_until(self, is_done: Callable[[], bool], *, seconds: float) -> None:
        """Turn until it is done. Raises TimeoutError."""
        end = time.perf_counter() + seconds
        while not is_done():
            if time.perf_counter() > end:
                raise TimeoutError(f"not done within {seconds} seconds")
            self.turn(0.05)


def log_in(
    port: int,
    names: Sequence[str],
    password: str,
    *,
    at_once: int = 16,
    seconds: float,
    crowd: Crowd | None = None,
) -> Crowd:
    """All of `names` into the game, each with its first character; `at_once` logins are under way.

    They join the `crowd`, which goes on reading meanwhile. On a machine that does much else, of too many at
    once some wait for their hash until they are refused.
    """
    crowd = Crowd([]) if crowd is None else crowd
    waiting = deque(names)
    entered: list[Player] = []

    def begin() -> None:
        if waiting:
            player = Player(port)
            # Typed ahead of the first prompt, which may come before EOR is agreed; the last answer is the
            # room.
            player.send(waiting.popleft().encode() + b"\r\n")
            steps = deque([password.encode(), b"1"])
            player.on_answer = lambda player: step(player, steps)
            crowd.players.append(player)
            crowd.join(player)

    def step(player: Player, steps: deque[bytes]) -> None:
        if steps:
            player.send(steps.popleft() + b"\r\n")
        else:
            player.on_answer = None
            entered.append(player)
            begin()

    for _ in range(at_once):
        begin()
    crowd.run_until(lambda: len(entered) == len(names), seconds=seconds)
    return crowd


def leave(crowd: Crowd, *, seconds: float = 60.0) -> None:
    """All go for good. Who only closed the connection would be waited for, and be in everybody's way."""
    gone = 0
    for player in crowd.players:
        player.on_answer = None
        player.send(b"quit\r\nquit\r\n")
    end = time.perf_counter() + seconds
    while gone < len(crowd.players):
        if time.perf_counter() > end:
            raise TimeoutError("not all have left")
        for number, _ in crowd.poll.poll(0.05):
            if not _read(crowd.by_number[number]):
                crowd.poll.unregister(number)
                gone += 1
    for player in crowd.players:
        player.socket.close()


def _read(player: Player) -> bytes:
    """What has come; nothing at the end."""
    try:
        return player.socket.recv(READ_BYTES)
    except ConnectionResetError:
        return b""


def saturate(crowd: Crowd, line: bytes, seconds: float) -> float:
    """Every player sends the line again as soon as it is answered: commands a second."""

    def again(player: Player) -> None:
        player.send(line)

    before = sum(player.answers for player in crowd.players)
    for player in crowd.players:
        player.on_answer = again
        player.send(line)
    took = crowd.run(seconds)
    answered = sum(player.answers for player in crowd.players) - before
    for player in crowd.players:
        player.on_answer = None
    crowd.run(0.5)
    return answered / took


def pace(crowd: Crowd, line: bytes, seconds: float) -> tuple[float, list[float]]:
    """Every player sends the line once a second: answers a second, and the time each took."""
    times: list[float] = []

    def note(player: Player) -> None:
        # A prompt that comes by itself, after something that happened, answers nothing.
        if player.sent_at:
            times.append(time.perf_counter() - player.sent_at)
            player.sent_at = 0.0

    for player in crowd.players:
        player.on_answer = note
    began = time.perf_counter()
    gap = 1.0 / len(crowd.players)
    due, number = began, 0
    while (now := time.perf_counter()) < began + seconds:
        while due <= now:
            crowd.players[number % len(crowd.players)].send(line)
            number += 1
            due += gap
        crowd.turn(max(min(due - time.perf_counter(), 0.05), 0.0))
    took = time.perf_counter() - began
    answered = len(times)
    crowd.run(1.0)
    return answered / took, sorted(times)


def deliveries(crowd: Crowd, speech: bytes, seconds: float) -> float:
    """Every player speaks without pause: how often a second somebody has read it."""
    marker = speech.strip()[-12:]
    read = 0

    def again(player: Player) -> None:
        player.send(speech)

    for player in crowd.players:
        player.on_answer = again
        player.send(speech)
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        for number, _ in crowd.poll.poll(0.05):
            player = crowd.by_number[number]
            data = player.socket.recv(READ_BYTES)
            read += data.count(marker)
            if END_OF_RECORD in data:
                again(player)
    took = time.perf_counter() - began
    for player in crowd.players:
        player.on_answer = None
    crowd.run(1.0)
    return read / took


def own_seconds() -> float:
    """Processor time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

"""What sessions cost as actors: the pool, many that come at once, and lines that are replayed to a new world.

A process of its own (`python -m tests.benchmarks.session_actors`), which prints milliseconds as JSON. It is
the gateway of the server with its tree, its link's codec, streams and handshake (`GatewayBench`); in memory
are the sockets, and the world is a script that answers at once and hashes no password.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections import deque  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402

import gevent  # noqa: E402

from actors.gateway.messages.pool import Broadcast, CountConnections, Register, SendTo, Unregister  # noqa: E402
from actors.gateway.session_record import SessionId  # noqa: E402
from run_half import calm_collector  # noqa: E402
from tests.actors.gateway_kit import PASSWORD, TELNET, GatewayBench  # noqa: E402
from tests.benchmarks.accounts import player_name  # noqa: E402
from transports.adapter import Capabilities, LineReceived, Sink  # noqa: E402
from wyld_actors import Ref  # noqa: E402

CROWDS = (10, 50, 100, 500)
TIMES = 1_000
MEMBERS = 100
LINES = 64
TEXT = "The bell over the harbour strikes, and the gulls answer it for a while."


class Player:
    """A client without a socket: the `Adapter` that the gateway sees, and what its player answers."""

    protocol = "telnet"
    peer = "203.0.113.9:40000"
    capabilities = Capabilities(TELNET)

    def __init__(self, name: str) -> None:
        self.written_bytes = 0
        self.writes = 0
        self._answers = deque([name, PASSWORD, "1"])
        self._sink: Sink | None = None

    def arrive(self, house: GatewayBench) -> None:
        self._sink = house.reception(self)

    def type(self, line: str) -> None:
        assert self._sink is not None
        self._sink(LineReceived(line))

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        self.writes += 1
        self.written_bytes += sum(map(len, fragments))
        if prompt is not None and self._answers:
            # In a greenlet of its own, as what a driver reads.
            gevent.spawn(self.type, self._answers.popleft())

    def send_text(self, text: str) -> None:
        self.writes += 1

    send_line = send_text

    def send_binary(self, data: bytes) -> None: ...

    def send_data(self, package: str, value: object) -> None: ...

    def set_echo(self, enabled: bool) -> None: ...

    def close(self, reason: str) -> None: ...


def crowd(size: int) -> tuple[GatewayBench, list[Player]]:
    """A gateway with so many accounts, and players who have not come yet."""
    house = GatewayBench(max_sessions=10_000)
    names = [player_name(number).capitalize() for number in range(size)]
    for name in names:
        house.table.add(name, PASSWORD, name)
    house.settle()
    house.starts_world().credit = 256
    return house, [Player(name) for name in names]


def come(house: GatewayBench, players: Sequence[Player]) -> None:
    """All at once, until each is in the world."""
    for player in players:
        gevent.spawn(player.arrive, house)
    house.settle()
    assert house.world is not None
    assert len(house.world.places) == len(players), f"{len(house.world.places)} of {len(players)} play"


def of_crowds() -> dict[str, float]:
    """From connecting to the world, so many at once: milliseconds for each."""
    figures = {}
    for size in CROWDS:
        house, players = crowd(size)
        calm_collector()
        began = time.perf_counter()
        come(house, players)
        figures[f"ms a session, {size} at once: connect, log in, enter"] = (
            1000 * (time.perf_counter() - began) / size
        )
        house.system.stop()
    return figures


def of_pool() -> dict[str, float]:
    """Until it is done: the pool has answered the next question, and the adapters have the bytes."""
    house, players = crowd(MEMBERS)
    come(house, players)
    pool = house.system.find("/gateway/pool")
    assert pool is not None
    sessions = [SessionId(session) for session in house.world.places] if house.world else []
    some = house.system.find(f"/gateway/connections/{MEMBERS}")
    assert some is not None
    calm_collector()

    def register(number: int) -> None:
        pool.tell(Register(SessionId(number), some, "telnet", "203.0.113.9:40000"))
        house.ask("pool", CountConnections())

    def register_and_not(number: int) -> None:
        pool.tell(Unregister(some))
        register(number)

    return {
        "ms to register a connection in the pool": median_ms(register),
        "ms to unregister one, and register it again": median_ms(register_and_not),
        "ms to route a message to one connection": shown_ms(
            house, players[:1], pool, lambda _: SendTo(sessions[0], TEXT)
        ),
        f"ms to broadcast to {MEMBERS} connections": shown_ms(
            house, players, pool, lambda _: Broadcast(TEXT)
        ),
        "ms to broadcast to a set of 10": shown_ms(
            house, players[:10], pool, lambda _: Broadcast(TEXT, tuple(sessions[:10]))
        ),
    }


def shown_ms(
    house: GatewayBench, players: Sequence[Player], pool: Ref, message: Callable[[int], SendTo | Broadcast]
) -> float:
    """Until each of these has been sent it."""
    before = [player.writes for player in players]

    def send(number: int) -> None:
        pool.tell(message(number))
        house.settle()

    took = median_ms(send)
    assert [player.writes - TIMES for player in players] == before
    return took


def median_ms(work: Callable[[int], None]) -> float:
    seconds = []
    for number in range(TIMES):
        began = time.perf_counter()
        work(1_000_000 + number)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def of_replay() -> dict[str, float]:
    """Lines of a hundred players that were typed while there was no world, until all are answered."""
    house, players = crowd(MEMBERS)
    come(house, players)
    world = house.kills_world()
    for player in players:
        for number in range(LINES):
            gevent.spawn(player.type, f"line {number}")
    house.settle()
    calm_collector()
    began = time.perf_counter()
    again = house.starts_world(remembering=world)
    took = time.perf_counter() - began
    assert len(again.ran) == MEMBERS * LINES
    return {"ms to replay a command to a new world, with its answer": 1000 * took / (MEMBERS * LINES)}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(of_pool() | of_crowds() | of_replay()))  # noqa: T201 - read by sessions.py

"""What an idle connection costs in the transports alone: `python -m tests.benchmarks.transport_memory KIND`.

A listener as the gateway has it, for `telnet` or `websocket`, with a sink that does nothing: no actor, no
session. Prints KiB of the process for each connection, as JSON.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import sys  # noqa: E402

import gevent  # noqa: E402
import psutil  # noqa: E402
from gevent import subprocess  # noqa: E402

from run_half import calm_collector  # noqa: E402
from transports.adapter import Adapter, Event, Sink  # noqa: E402
from transports.telnet import TelnetListener, TelnetOptions  # noqa: E402
from transports.websocket import WebListener, WebOptions  # noqa: E402

CONNECTIONS = 10_000
# The first few pay for what all share.
FIRST = 100
SETTLE_SECONDS = 1.0


def accept(adapter: Adapter) -> Sink:
    """Say a word, as the gateway does, and listen to nothing."""
    adapter.send_line("Welcome.")
    return deaf


def deaf(_event: Event) -> None: ...


def listener(kind: str) -> TelnetListener | WebListener:
    if kind == "telnet":
        return TelnetListener(TelnetOptions(port=0, max_connections=20_000), accept)
    return WebListener(WebOptions(port=0, connections_per_address=20_000), accept)


def kib_each(kind: str) -> float:
    """Growth of this process for one connection of many."""
    _, port = listener(kind).start()
    first = _clients(kind, port, FIRST)
    before = _resident_kib()
    others = _clients(kind, port, CONNECTIONS)
    grown = _resident_kib() - before
    for clients in (first, others):
        clients.communicate()
    return grown / CONNECTIONS


def _clients(kind: str, port: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.benchmarks.idle_clients", kind, str(port), str(count)]
    clients = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert clients.stdout is not None
    assert clients.stdout.readline(), "the clients are not all connected"
    gevent.sleep(SETTLE_SECONDS)
    calm_collector()
    return clients


def _resident_kib() -> float:
    return psutil.Process().memory_info().rss / 1024


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    name = f"KiB for a connection in the transport alone: {sys.argv[1]}"
    print(json.dumps({name: kib_each(sys.argv[1])}))  # noqa: T201 - read by capacity.py

"""What an idle player costs in memory: by process in a real server, and by part in each half."""

from __future__ import annotations

from tests.benchmarks.accounts import PASSWORD, player_name
from tests.benchmarks.load import Crowd, log_in
from tests.benchmarks.running import running_server
from tests.benchmarks.table import Row, at_most, figures_of, row_of

__all__ = ["memory_rows"]

FIRST, PLAYERS = 100, 1_000
LOGIN_SECONDS = 240.0
CALM_SECONDS = 3.0


def memory_rows() -> list[Row]:
    """Resident memory first: what it is all about. Then what Python has allocated."""
    return [*_resident_rows(), *(row for half in ("gateway", "world") for row in _part_rows(half))]


def _resident_rows() -> list[Row]:
    with running_server(FIRST + PLAYERS) as server:
        crowd = _come(server.port, 0, FIRST)
        before = server.resident_kib()
        _come(server.port, FIRST, PLAYERS, crowd)
        after = server.resident_kib()
        assert len(crowd.players) == FIRST + PLAYERS
    each = {name: (after[name] - before[name]) / PLAYERS for name in before}
    return [
        row_of("KiB for an idle player logged in, all processes", [sum(each.values())], at_most(20)),
        *(row_of(f"    {name}, resident", [kib]) for name, kib in each.items()),
    ]


def _come(port: int, first: int, count: int, others: Crowd | None = None) -> Crowd:
    names = [player_name(number) for number in range(first, first + count)]
    crowd = log_in(port, names, PASSWORD, seconds=LOGIN_SECONDS, crowd=others)
    # Somebody who comes is seen by all: that has to be read, and confirmed.
    crowd.run(CALM_SECONDS)
    return crowd


def _part_rows(half: str) -> list[Row]:
    (parts,) = figures_of("tests.benchmarks.idle_memory", half, runs=1)
    return [
        row_of(f"KiB that Python has allocated in the {half}", [sum(parts.values())]),
        *(row_of(f"    {part}", [kib]) for part, kib in parts.items()),
    ]

"""How long each kind of fault was felt. Pure.

A player has recovered from a fault when an answer arrives to something typed after the fault was over: after
the kill, or after the frozen process went on. A fault is over for all when the last player has recovered.
Another fault that strikes before that is part of the time it took.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from tests.chaos.faults import Fault, Kind
from tests.chaos.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was done, and when it began and was over, on the ledger's clock."""

    fault: Fault
    began: float
    ended: float


def recovery_seconds(struck: Struck, ledger: Ledger, players: Sequence[str]) -> float | None:
    """How long until all of `players` were answered again; None if one of them never was."""
    times = [_answered_after(struck.ended, ledger, player) for player in players]
    return max((time for time in times if time is not None), default=None) if None not in times else None


def answered_again(ledger: Ledger, moment: float) -> float:
    """When everybody had been answered to something typed after `moment`; never, if somebody was not."""
    times = [_answered_after(moment, ledger, player) for player in ledger.players]
    return moment + max(inf if time is None else time for time in times)


def _answered_after(moment: float, ledger: Ledger, player: str) -> float | None:
    times = [
        answer - moment
        for command in ledger.of(player)
        if command.typed_at >= moment
        for answer in command.answers[:1]
    ]
    return min(times, default=None)


def by_kind(all_struck: Iterable[Struck], ledger: Ledger) -> Mapping[Kind, Sequence[float]]:
    """The times of each kind of fault, sorted. The victims of a cut connection are its player alone."""
    found: dict[Kind, list[float]] = defaultdict(list)
    for struck in all_struck:
        is_alone = struck.fault.kind is Kind.CLIENT_CUT
        players = [ledger.players[struck.fault.victim]] if is_alone else ledger.players
        seconds = recovery_seconds(struck, ledger, players)
        if seconds is not None:
            found[struck.fault.kind].append(seconds)
    return {kind: sorted(found[kind]) for kind in Kind if kind in found}


def table(times: Mapping[Kind, Sequence[float]]) -> list[str]:
    """Lines of a table: how often, the middle and the longest time in seconds."""
    lines = [f"{'fault':<20} {'times':>6} {'p50':>8} {'max':>8}"]
    for kind, seconds in times.items():
        middle, longest = statistics.median(seconds), max(seconds)
        lines.append(f"{kind.value:<20} {len(seconds):>6} {middle:>6.2f} s {longest:>6.2f} s")
    return lines

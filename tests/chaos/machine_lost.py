"""What deaths of the world may cost. Pure.

A world that begins again runs again what was not saved: the lines of each session in their order, and those
of different sessions in another order than before. Who reaches for the same thing may be first this time. So
what such a line was answered need not be what came of it (`rerun_times`).

The gateway keeps every line until the world says that it is saved, and the world what it has done: either may
die. When both do before a checkpoint, play goes back to the last one, as a whole, as when the machine was
lost: at most an interval before the first death, or before the database was away, if it was away then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.chaos.faults import Kind
from tests.chaos.recovery import Struck

# Seconds. What a checkpoint may be old: its interval, and the time to write it beside all else.
CHECKPOINT_SECONDS = 2.0
# Seconds until a database that is back is found again by who writes checkpoints.
RETURN_SECONDS = 10.0

# Seconds until the world has heard that something was shown.
CONFIRM_SECONDS = 1.5

_SILENT = frozenset(
    {
        Kind.WORLD_KILLED,
        Kind.WORLD_FROZEN,
        Kind.GATEWAY_FROZEN,
        Kind.LINK_CUT,
        Kind.LINK_STALLED,
        Kind.LINK_SLOW,
    }
)
_DATABASE = frozenset({Kind.DATABASE_KILLED, Kind.DATABASE_AWAY, Kind.DATABASE_FROZEN})

Times = tuple[float, float]


def lost_times(all_struck: Sequence[Struck], is_back_at: Callable[[float], float]) -> list[Times]:
    """From when to when what was typed may be forgotten, for each such pair of deaths.

    `is_back_at` says when a world that died at a moment had answered everybody again. Until it has saved that
    as well, only the gateway knows what was typed.
    """
    unsaved = _unsaved(all_struck)
    found = []
    for world in _deaths(all_struck, Kind.WORLD_KILLED):
        for gateway in _deaths(all_struck, Kind.GATEWAY_KILLED):
            # A world goes on for a checkpoint's time with what a dead gateway had; a gateway keeps its lines
            # until a dead world is back.
            known_until = gateway if gateway < world else is_back_at(world)
            if _last_save(max(world, gateway), unsaved) <= known_until:
                found.append((_last_save(min(world, gateway), unsaved), max(world, gateway)))
    return found


def rerun_times(all_struck: Sequence[Struck]) -> list[Times]:
    """From when to when what was typed may have run once more, for each death of the world."""
    unsaved = _unsaved(all_struck)
    return [(_last_save(world, unsaved), world) for world in _deaths(all_struck, Kind.WORLD_KILLED)]


def unconfirmed_times(all_struck: Sequence[Struck], is_back_at: Callable[[float], float]) -> list[Times]:
    """From when to when a gateway had shown what it could not tell the world any more before it died: for a
    client that cannot say itself what it has seen, that comes again."""
    silent = [
        (
            struck.began - CONFIRM_SECONDS,
            is_back_at(struck.began) if kind is Kind.WORLD_KILLED else struck.ended,
        )
        for struck in all_struck
        if (kind := struck.fault.kind) in _SILENT
    ]
    deaths = _deaths(all_struck, Kind.GATEWAY_KILLED)
    return [(_before(death - CONFIRM_SECONDS, silent), death) for death in deaths]


def _unsaved(all_struck: Sequence[Struck]) -> list[Times]:
    return [
        (struck.began - CHECKPOINT_SECONDS, struck.ended + RETURN_SECONDS)
        for struck in all_struck
        if struck.fault.kind in _DATABASE
    ]


def _deaths(all_struck: Sequence[Struck], kind: Kind) -> Iterator[float]:
    return (struck.began for struck in all_struck if struck.fault.kind is kind)


def _last_save(moment: float, unsaved: Sequence[Times]) -> float:
    """When a checkpoint was surely written last before `moment`."""
    return _before(moment - CHECKPOINT_SECONDS, unsaved)


def _before(moment: float, times: Sequence[Times]) -> float:
    """The last moment up to this one that is in none of these times."""
    while within := [since for since, until in times if since < moment <= until]:
        moment = min(within)
    return moment

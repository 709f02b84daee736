"""The live tree as values: what is running, how busy it is, how often it was restarted.

Taken in slices (`wyld_actors.slices`), so that nobody waits for it: what is said of one actor is of one
moment, the whole tree is not. Who is gone before it is looked at is left out, and so is who came after its
siblings were counted. It copies numbers and names, no state and no messages, and holds one actor at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from supervisors.acting import SupervisorActor
from wyld_actors import NORMAL, ActorSystem, Cell, CellState
from wyld_actors.slices import in_slices
from wyld_actors.timings import quantile

# What operators read for a running actor whose mail was told to wait.
SUSPENDED = "suspended"
# For one that has ended in order and is not missed: what else is stopped, is.
DONE = "done"

# Restarts in the last 1, 5 and 60 minutes, by path; who had none is not in it.
Recent = Mapping[str, tuple[int, ...]]
NONE_OF_LATE: Final[Recent] = {}


# Flat values only, never part of a cycle: the collector need not know of a hundred thousand of them.
class CellSnapshot(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One actor. Durations in seconds.

    `up_seconds` is the age of this incarnation, `recent` how often it was restarted in the last 1, 5 and 60
    minutes. `busy_seconds` is how long the current message, of type `current_message`, has been handled, None
    between two messages; `dropped` counts what met a full mailbox. `p50_seconds` and `p99_seconds` are times
    in handlers, sampled, None before the first sample. `last_error` is how the last incarnation ended that
    did not end well. `strategy` is there for supervisors. `hidden` counts actors below that are not shown.
    """

    path: str
    name: str
    actor: str
    state: str
    incarnation: int
    restarts: int
    mailbox_depth: int
    high_water: int
    dropped: int
    handled: int
    oldest_seconds: float
    busy_seconds: float | None = None
    up_seconds: float | None = None
    strategy: str | None = None
    current_message: str | None = None
    p50_seconds: float | None = None
    p99_seconds: float | None = None
    last_error: str | None = None
    recent: tuple[int, ...] = ()
    hidden: int = 0


def snapshot(
    system: ActorSystem, path: str = "", depth: int | None = None, recent: Recent = NONE_OF_LATE
) -> Iterator[tuple[int, CellSnapshot]]:
    """Every actor at `path` and below, with its level there: 0 for the first, 1 for its children.

    Parents before their children, children in start order; no more than `depth` levels below the first. All
    trees, in the order of their making, for the path "". Nothing when there is nobody at `path`.
    """
    ref = system.find(path) if path.strip("/") else None
    if ref is not None:
        cells, top = [ref.cell], ref.cell.path.rpartition("/")[0]
    else:
        cells, top = [] if path.strip("/") else list(system.roots.values()), ""
    for level, above, cell in in_slices(_walk(cells, top, depth)):
        hidden = _count_below(cell) if level == depth and cell.children else 0
        if not cell.closed:
            yield level, snapshot_of(cell, f"{above}/{cell.name}", recent, hidden)


def snapshot_of(
    cell: Cell, path: str | None = None, recent: Recent = NONE_OF_LATE, hidden: int = 0
) -> CellSnapshot:
    """One actor. Who knows its `path` already saves finding it out."""
    now = cell.system.now()
    instance = cell.instance
    return CellSnapshot(
        path=path or cell.path,
        name=cell.name,
        actor=cell.actor_class.__name__,
        state=state_of(cell),
        incarnation=cell.incarnation,
        restarts=max(cell.incarnation - 1, 0),
        mailbox_depth=cell.depth,
        high_water=cell.high_water,
        dropped=cell.dropped,
        handled=cell.handled,
        oldest_seconds=cell.oldest_seconds,
        busy_seconds=None if cell.busy_since is None else now - cell.busy_since,
        up_seconds=None if instance is None else now - cell.started_at,
        strategy=instance.strategy_name if isinstance(instance, SupervisorActor) else None,
        current_message=None if cell.worker is None else current_message(cell),
        p50_seconds=None if cell.timings is None else quantile(cell.timings, 0.5),
        p99_seconds=None if cell.timings is None else quantile(cell.timings, 0.99),
        last_error=None if cell.last_error is None else cell.last_error.reason,
        recent=recent.get(path or cell.path, ()),
        hidden=hidden,
    )


def is_done(cell: Cell) -> bool:
    """Whether it has done what it was for: a transient child that has ended by itself, in order."""
    return cell.state is CellState.STOPPED and cell.exit_reason == NORMAL


def state_of(cell: Cell) -> str:
    """The state of an actor in a word."""
    if is_done(cell):
        return DONE
    return SUSPENDED if cell.is_suspended and cell.state is CellState.RUNNING else cell.state.value


def current_message(cell: Cell) -> str | None:
    """The type of the message being handled."""
    worker = cell.worker
    envelope = None if worker is None else worker.envelope
    return None if envelope is None else type(envelope.message).__name__


def _walk(cells: Iterable[Cell], above: str, depth: int | None) -> Iterator[tuple[int, str, Cell]]:
    """Level, path above, and cell: these and all below them, who is gone by then left out.

    What is below a cell is looked up when the next one is asked for. Not by recursion: a tree may be deep.
    """
    branches = [(above, iter(tuple(cells)))]
    while branches:
        above, branch = branches[-1]
        cell = next(branch, None)
        if cell is None:
            branches.pop()
        elif not cell.closed:
            level = len(branches) - 1
            yield level, above, cell
            if cell.children and level != depth:
                branches.append((f"{above}/{cell.name}", iter(tuple(cell.children.values()))))


def _count_below(cell: Cell) -> int:
    return sum(1 for _ in in_slices(_walk((cell.children or {}).values(), "", None)))

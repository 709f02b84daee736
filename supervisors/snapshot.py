"""The live tree as a value: what is running, how busy it is, how often it was restarted.

Taken in one go between two turns of the loop, so it is consistent; it copies numbers and names,
no state and no messages. A record encodes itself to JSON by `msgspec.json.encode`.
"""

from __future__ import annotations

import msgspec

from supervisors.acting import SupervisorActor
from wyld_actors import ActorSystem, Cell, CellState
from wyld_actors.timings import quantile

# What operators read for a running actor whose mail was told to wait.
SUSPENDED = "suspended"


class CellSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One actor and everything below it. Durations in seconds, `children` in start order.

    `busy_seconds` is how long the current message, of type `current_message`, has been handled, None between
    two messages; `dropped` counts what met a full mailbox. `p50_seconds` and `p99_seconds` are times in
    handlers, sampled, None before the first sample. `last_error` is how the last incarnation ended that did
    not end well. `strategy` is there for supervisors. `hidden` counts actors below that are not shown.
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
    hidden: int = 0
    children: tuple[CellSnapshot, ...] = ()

    def find(self, path: str) -> CellSnapshot | None:
        """The actor at `path`, this one or one below it."""
        if path == self.path:
            return self
        if not path.startswith(self.path + "/"):
            return None
        return next((found for child in self.children if (found := child.find(path))), None)

    def count(self) -> int:
        """How many actors this is, itself and those not shown included."""
        return 1 + self.hidden + sum(child.count() for child in self.children)


def snapshot(system: ActorSystem, depth: int | None = None) -> tuple[CellSnapshot, ...]:
    """Every tree of `system`, in the order of their making; no more than `depth` levels below its top."""
    now = system.now()
    return tuple(_of(cell, "", now, depth) for cell in system.roots.values())


def snapshot_of(system: ActorSystem, path: str, depth: int | None = None) -> CellSnapshot | None:
    """One actor and what is below it, None when there is nobody at `path`."""
    ref = system.find(path)
    if ref is None:
        return None
    above = path.rstrip("/").rpartition("/")[0]
    return _of(ref.cell, above, system.now(), depth)


def state_of(cell: Cell) -> str:
    """The state of an actor in a word."""
    return SUSPENDED if cell.is_suspended and cell.state is CellState.RUNNING else cell.state.value


def current_message(cell: Cell) -> str | None:
    """The type of the message being handled."""
    worker = cell.worker
    envelope = None if worker is None else worker.envelope
    return None if envelope is None else type(envelope.message).__name__


def _of(cell: Cell, above: str, now: float, depth: int | None) -> CellSnapshot:
    path = f"{above}/{cell.name}"
    instance = cell.instance
    is_cut = depth == 0
    children = cell.children.values() if cell.children else ()
    below = None if depth is None else depth - 1
    return CellSnapshot(
        path=path,
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
        hidden=sum(map(_count, children)) if is_cut else 0,
        children=() if is_cut else tuple(_of(child, path, now, below) for child in children),
    )


def _count(cell: Cell) -> int:
    return 1 + (sum(map(_count, cell.children.values())) if cell.children else 0)

"""The live tree as a value: what is running, how busy it is, how often it was restarted.

Taken in one go between two turns of the loop, so it is consistent; it copies numbers and names,
no state and no messages. A record encodes itself to JSON by `msgspec.json.encode`.
"""

from __future__ import annotations

import msgspec

from supervisors.acting import SupervisorActor
from wyld_actors import ActorSystem, Cell


class CellSnapshot(msgspec.Struct, frozen=True):
    """One actor and everything below it. Durations in seconds, `children` in start order.

    `busy_seconds` is how long the current message has been handled, None between two messages; `dropped`
    counts what met a full mailbox. `strategy` is there for supervisors.
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
    children: tuple[CellSnapshot, ...] = ()

    def find(self, path: str) -> CellSnapshot | None:
        """The actor at `path`, this one or one below it."""
        if path == self.path:
            return self
        if not path.startswith(self.path + "/"):
            return None
        return next((found for child in self.children if (found := child.find(path))), None)

    def count(self) -> int:
        """How many actors this is, itself included."""
        return 1 + sum(child.count() for child in self.children)


def snapshot(system: ActorSystem) -> tuple[CellSnapshot, ...]:
    """Every tree of `system`, in the order of their making."""
    now = system.now()
    return tuple(_of(cell, "", now) for cell in system.roots.values())


def snapshot_of(system: ActorSystem, path: str) -> CellSnapshot | None:
    """One actor and what is below it, None when there is nobody at `path`."""
    ref = system.find(path)
    if ref is None:
        return None
    above = path.rstrip("/").rpartition("/")[0]
    return _of(ref.cell, above, system.now())


def _of(cell: Cell, above: str, now: float) -> CellSnapshot:
    path = f"{above}/{cell.name}"
    instance = cell.instance
    return CellSnapshot(
        path=path,
        name=cell.name,
        actor=cell.actor_class.__name__,
        state=cell.state.value,
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
        children=tuple(_of(child, path, now) for child in cell.children.values()) if cell.children else (),
    )

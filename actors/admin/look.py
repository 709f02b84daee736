"""What a page that is kept open asks each second: the branches it shows, and what is new in the restart log.

The whole tree of 10,000 actors is megabytes. A page says which actors it has opened and gets their children
only, so an answer is as large as what is on the screen; closed branches are counted (`survey`). Restarts come
by number: who names the last it has is given what came after. The numbers begin anew with each life of the
process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from actors.admin.restarts import Fields, RestartHistory
from actors.admin.survey import Below, Survey, is_running
from supervisors.acting import SupervisorActor
from supervisors.snapshot import current_message, state_of
from wyld_actors import ActorSystem, Cell
from wyld_actors.slices import in_slices
from wyld_actors.timings import quantile

# Branches that one page may have open.
OPEN_LIMIT: Final = 100
# Of the text of an error: enough for a line.
ERROR_LIMIT: Final = 200


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One actor on a line. Durations in seconds; `recent` are restarts in the last 1, 5 and 60 minutes."""

    path: str
    name: str
    actor: str
    state: str
    incarnation: int
    up_seconds: float | None = None
    strategy: str | None = None
    depth: int = 0
    oldest_seconds: float = 0.0
    busy_seconds: float | None = None
    current_message: str | None = None
    p99_seconds: float | None = None
    recent: tuple[int, ...] = ()
    last_error: str | None = None
    below: Below | None = None


class Branch(msgspec.Struct, frozen=True):
    """The children of an actor: some in the order of their making, and all that do not run up to a limit."""

    rows: Sequence[Row]
    total: int


class News(msgspec.Struct, frozen=True):
    """Records after the last that was known; `missed` could not be kept, `last` is to be asked with next."""

    records: Sequence[Fields]
    missed: int
    last: str


class Look(msgspec.Struct, frozen=True):
    """One process at a glance."""

    process: str
    version: str
    pid: int
    time: float
    up_seconds: float
    dead_letters: int
    total: Below
    branches: dict[str, Branch]
    news: News


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a row needs beside its cell."""

    survey: Survey
    recent: Mapping[str, tuple[int, ...]]


def branches(
    system: ActorSystem,
    survey: Survey,
    recent: Mapping[str, tuple[int, ...]],
    opened: Iterable[str],
    limit: int,
) -> dict[str, Branch]:
    """The roots by "", and the children of everyone in `opened` who is still there."""
    facts = _Facts(survey, recent)
    found = {"": _branch("", system.roots, facts, limit)}
    for path in islice(opened, OPEN_LIMIT):
        ref = system.find(path) if path.strip("/") else None
        if ref is not None:
            found[path] = _branch(path, ref.cell.children or {}, facts, limit)
    return found


def _branch(above: str, cells: Mapping[str, Cell], facts: _Facts, limit: int) -> Branch:
    rest = (cell for cell in in_slices(tuple(cells.values())) if not cell.closed)
    shown = list(islice(rest, limit))
    shown += islice((cell for cell in rest if not is_running(cell)), limit)
    return Branch(
        [_row(cell, f"{above}/{cell.name}", facts) for cell in shown if not cell.closed], len(cells)
    )


def _row(cell: Cell, path: str, facts: _Facts) -> Row:
    instance, now = cell.instance, cell.system.now()
    return Row(
        path=path,
        name=cell.name,
        actor=cell.actor_class.__name__,
        state=state_of(cell),
        incarnation=cell.incarnation,
        up_seconds=None if instance is None else now - cell.started_at,
        strategy=instance.strategy_name if isinstance(instance, SupervisorActor) else None,
        depth=cell.depth,
        oldest_seconds=cell.oldest_seconds,
        busy_seconds=None if cell.busy_since is None else now - cell.busy_since,
        current_message=None if cell.worker is None else current_message(cell),
        p99_seconds=None if cell.timings is None else quantile(cell.timings, 0.99),
        recent=facts.recent.get(path, ()),
        last_error=None if cell.last_error is None else cell.last_error.reason[:ERROR_LIMIT],
        below=facts.survey.below.get(path),
    )


def news(history: RestartHistory, life: str, known: str) -> News:
    """What came after `known`, a `News.last` of before; nothing for who knows nothing of this life."""
    name, _, number = known.rpartition(":")
    last = f"{life}:{history.count}"
    if name != life or not number.isdecimal():
        return News([], 0, last)
    records = history.after(int(number))
    missed = max(0, history.count - int(number)) - len(records)
    return News([record.as_fields() for record in records], missed, last)

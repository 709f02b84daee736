"""What is answered to "who is there", "who is busy", "what about this one" and "what was not delivered".

Each actor is looked at between two turns of the loop, so what is said of it is consistent. Who looks at all
of them does it in slices, and nobody waits for that. A view copies numbers, names and summaries; it holds on
to nothing and changes nothing.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from actors.admin.finding import find_cell
from actors.admin.summary import summary
from supervisors.snapshot import CellSnapshot, Recent, current_message, snapshot, snapshot_of, state_of
from wyld_actors import ActorSystem, Cell
from wyld_actors.slices import cells_in_slices
from wyld_actors.timings import mean, quantile

# Messages of a mailbox that are named, oldest first.
MAILBOX_HEAD: Final = 10


class TopRow(msgspec.Struct, frozen=True):
    """A busy actor. `seconds` is its time in handlers since it was made, estimated from samples."""

    path: str
    actor: str
    state: str
    depth: int
    high_water: int
    oldest_seconds: float
    handled: int
    seconds: float
    p50_seconds: float | None
    p99_seconds: float | None
    busy_seconds: float | None
    current_message: str | None


class WaitingMessage(msgspec.Struct, frozen=True):
    """A message in a mailbox, without its content."""

    message: str
    waiting_seconds: float
    is_ask: bool


class ErrorView(msgspec.Struct, frozen=True):
    """The last end that was not in order."""

    seconds_ago: float
    incarnation: int
    reason: str
    message: str | None
    traceback: str


class ActorView(msgspec.Struct, frozen=True):
    """Everything about one actor. `state` is a summary without secrets, `children` is how many there are."""

    cell: CellSnapshot
    children: int
    state: Any
    mailbox_limit: int
    overflow: str
    mailbox_head: tuple[WaitingMessage, ...]
    restarts: tuple[int, ...]
    is_supervised: bool
    waits_for: str | None
    last_error: ErrorView | None


class LetterView(msgspec.Struct, frozen=True):
    """A message that nobody handled."""

    number: int
    path: str
    message: str
    why: str
    seconds_ago: float
    trace: str | None
    content: Any


def tree_view(
    system: ActorSystem, recent: Recent, path: str = "", depth: int | None = None
) -> Iterator[tuple[int, CellSnapshot]]:
    """All trees, or what is at `path` and below, as `snapshot` gives it. Raises NoSuchActor at once."""
    return snapshot(system, find_cell(system, path).path if path.strip("/") else "", depth, recent)


def _by_depth(cell: Cell) -> tuple[float, float]:
    return cell.depth, cell.high_water


def _by_time(cell: Cell) -> tuple[float, float]:
    return seconds_in_handlers(cell), cell.handled


def _by_wait(cell: Cell) -> tuple[float, float]:
    return cell.oldest_seconds, cell.depth


ORDERS: Final[Mapping[str, Callable[[Cell], tuple[float, float]]]] = {
    "depth": _by_depth,
    "time": _by_time,
    "wait": _by_wait,
}


def seconds_in_handlers(cell: Cell) -> float:
    """How long this actor has worked, as far as samples can tell."""
    return cell.handled * mean(cell.timings)


def top_view(system: ActorSystem, by: str, limit: int) -> list[TopRow]:
    """The `limit` busiest actors. `by` is one of ORDERS."""
    order = ORDERS[by]
    ranked = ((order(cell), index, cell) for index, cell in enumerate(cells_in_slices(system)))
    busiest = heapq.nlargest(limit, ranked)
    now = system.now()
    return [_top_row(cell, now) for rank, _, cell in busiest if any(rank) and not cell.closed]


def _top_row(cell: Cell, now: float) -> TopRow:
    return TopRow(
        path=cell.path,
        actor=cell.actor_class.__name__,
        state=state_of(cell),
        depth=cell.depth,
        high_water=cell.high_water,
        oldest_seconds=cell.oldest_seconds,
        handled=cell.handled,
        seconds=seconds_in_handlers(cell),
        p50_seconds=quantile(cell.timings, 0.5),
        p99_seconds=quantile(cell.timings, 0.99),
        busy_seconds=None if cell.busy_since is None else now - cell.busy_since,
        current_message=current_message(cell),
    )


def actor_view(system: ActorSystem, recent: Recent, path: str) -> ActorView:
    """One actor. Raises NoSuchActor."""
    cell = find_cell(system, path)
    now = system.now()
    return ActorView(
        cell=snapshot_of(cell, cell.path, recent),
        children=len(cell.children or ()),
        state=summary(cell.good_state),
        mailbox_limit=cell.mailbox.limit,
        overflow=cell.mailbox.overflow.value,
        mailbox_head=tuple(
            WaitingMessage(
                type(envelope.message).__name__, now - envelope.enqueued_at, envelope.reply_to is not None
            )
            for envelope in cell.waiting()[:MAILBOX_HEAD]
        ),
        restarts=recent.get(cell.path, (0, 0, 0)),
        is_supervised=cell.is_supervised,
        waits_for=None if cell.waiting_for is None else cell.waiting_for.path,
        last_error=_error_view(cell, now),
    )


def _error_view(cell: Cell, now: float) -> ErrorView | None:
    error = cell.last_error
    if error is None:
        return None
    return ErrorView(now - error.at, error.incarnation, error.reason, error.message_type, error.traceback)


def letter_views(system: ActorSystem, limit: int) -> list[LetterView]:
    """The newest dead letters first."""
    now = system.now()
    return [
        LetterView(
            number=letter.number,
            path=letter.path,
            message=type(letter.message).__name__,
            why=letter.why,
            seconds_ago=now - letter.at,
            trace=None if letter.trace is None else str(letter.trace),
            content=summary(letter.message, 2),
        )
        for letter in list(system.dead_letters)[: -limit - 1 : -1]
    ]

"""A child as its supervisor's engine sees it: one mutable row, nothing but values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from supervisors.calls import ApplyChange, DeleteChild, RestartChild, StartChild, Status, TerminateChild
from supervisors.specs import ChildSpec
from supervisors.strategies import Sibling

LifeCall = StartChild | TerminateChild | RestartChild | DeleteChild
Call = LifeCall | ApplyChange


class Purpose(enum.Enum):
    """Why a start was begun: each has its own rule for failure."""

    INITIAL = "initial"
    """With its supervisor: no retry, the supervisor's own start fails."""
    API_START = "start_child"
    """No retry, the caller is told and the specification forgotten."""
    API_RESTART = "restart_child"
    """No retry, the caller is told and the specification kept."""
    AUTOMATIC = "automatic"
    """Tried again until the budget or the window says no."""


LIVE = frozenset({Status.STARTING, Status.RUNNING, Status.STOPPING})


@dataclass(slots=True, eq=False)
class Child:
    """One row. `failures` counts restarts in a row, `timer` is the one timer it waits for.

    `starters` and `stoppers` are the tokens of calls that wait for the end of a start or a stop, `calls`
    those that met the child half way and are run again when it has arrived. `is_leaving`: a change of the
    supervisor has taken its specification away, it is forgotten when it is down.
    """

    spec: ChildSpec
    purpose: Purpose
    status: Status = Status.WAITING
    incarnation: int = 0
    failures: int = 0
    timer: int | None = None
    down_since: float | None = None
    up_at: float = 0.0
    unanswered_since: float | None = None
    was_killed: bool = False
    is_by_hand: bool = False
    is_leaving: bool = False
    has_slot: bool = False
    starters: list[int] | None = None
    stoppers: list[int] | None = None
    calls: list[tuple[int, LifeCall]] | None = None

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def is_live(self) -> bool:
        """Whether an incarnation is there, in whatever state."""
        return self.status in LIVE

    def add_starter(self, token: int | None) -> None:
        if token is not None:
            self.starters = [*(self.starters or ()), token]

    def add_stopper(self, token: int | None) -> None:
        if token is not None:
            self.stoppers = [*(self.stoppers or ()), token]

    def add_call(self, token: int, call: LifeCall) -> None:
        self.calls = [*(self.calls or ()), (token, call)]

    def take_starters(self) -> list[int]:
        taken, self.starters = self.starters or [], None
        return taken

    def take_stoppers(self) -> list[int]:
        taken, self.stoppers = self.stoppers or [], None
        return taken

    def take_calls(self) -> list[tuple[int, LifeCall]]:
        taken, self.calls = self.calls or [], None
        return taken

    def as_sibling(self, *, revive_stopped: bool) -> Sibling:
        """What the strategies want to know."""
        stays_down = self.status is Status.STOPPED and self.is_by_hand and not revive_stopped
        return Sibling(self.id, self.spec.restart, self.is_live, stays_down)

"""The part of an actor that lasts: place in the tree, mailbox, history and life cycle.

A cell is made once and runs any number of *incarnations*, one Pykka actor object after the other
(`lifecycle.py`). References point to the cell, so they stay good across a crash.

Life cycle calls are asynchronous and happen on the thread of the system's hub. The parent of a
supervised cell hears of every incarnation exactly once that it started (ChildStarted) and once
that it ended (ChildExited), and decides what comes next. A cell that nobody supervises is discarded
as soon as its incarnation ends.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wyld_actors.errors import NameTaken, WrongState
from wyld_actors.lifecycle import LifeCycle
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.messages import ChildAnswered, ChildExited, ChildStarted, Exited, StopRequested
from wyld_actors.poison import MessageFate
from wyld_actors.reasons import NORMAL, SHUTDOWN, ExitKind, ExitReason
from wyld_actors.ref import Ref
from wyld_actors.seam import announce
from wyld_actors.states import LIVE, NOT_YET_ENDED, CellState

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.system import ActorSystem

__all__ = ["Cell", "Watcher"]


class Watcher(Protocol):
    """Somebody who wants to know when a cell is gone for good."""

    def deliver(self, exited: Exited, /) -> None:
        """Called once, wherever the end happens: must not wait. What it raises is logged."""


class Cell(LifeCycle):
    """One place in the tree of actors. Made by `ActorSystem.create_cell`."""

    # A hundred thousand cells: slots, and nothing is allocated before it is needed.
    __slots__ = ("__weakref__", "_registrations", "_watchers", "children", "name", "parent")

    def __init__(
        self,
        system: ActorSystem,
        actor_class: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str,
        parent: Cell | None,
        mailbox: Mailbox,
        keep_mailbox: bool,
        message_retries: int,
        is_supervised: bool,
        start_timeout_seconds: float | None,
        state: Any,
    ) -> None:
        super().__init__(
            system,
            actor_class,
            args,
            kwargs,
            mailbox=mailbox,
            keep_mailbox=keep_mailbox,
            message_retries=message_retries,
            is_supervised=is_supervised,
            start_timeout_seconds=start_timeout_seconds,
            state=state,
        )
        self.name = name
        self.parent = parent
        self.children: dict[str, Cell] | None = None
        self._watchers: dict[Watcher, None] | None = None
        self._registrations: list[tuple[str, bool]] | None = None
        self.actor_ref = Ref(self)
        siblings = system.roots if parent is None else parent.child_table()
        if name in siblings:
            raise NameTaken(self.path)
        siblings[name] = self
        system.cell_count += 1
        self.note_unready()

    def __repr__(self) -> str:
        return f"<Cell {self.path} {self.state.value} incarnation {self.incarnation}>"

    @property
    def ref(self) -> Ref:
        """The reference that others may keep for as long as they like."""
        return self.actor_ref

    @property
    def path(self) -> str:
        """Names from the root, such as `/world/zones/harbour/npc:innkeeper`."""
        parts = [self.name]
        above = self.parent
        while above is not None:
            parts.append(above.name)
            above = above.parent
        return "/" + "/".join(reversed(parts))

    @property
    def is_alive(self) -> bool:
        """Whether mail will be handled some day: now, or by a next incarnation."""
        if self.is_supervised:
            return not self.closed
        return self.state in NOT_YET_ENDED and self.kill_reason is None and not self.closed

    @property
    def is_new(self) -> bool:
        """Whether it was never started, and may be."""
        return self.state is CellState.NEW

    def child_table(self) -> dict[str, Cell]:
        """The children by name, in order of creation."""
        if self.children is None:
            self.children = {}
        return self.children

    # For parents and supervisors --------------------------------------------------------------------

    def start(self) -> None:
        """Begin the next incarnation. `__init__` and `on_start` run in the actor's own turn.

        The parent gets ChildStarted, or ChildExited with `started=False`. Raises WrongState while
        an incarnation is alive, or when the cell is discarded.
        """
        if self.state in LIVE or self.state is CellState.DISCARDED:
            raise WrongState(self.path, "start", self.state.value)
        self._next_incarnation()

    def stop(self, reason: ExitReason = SHUTDOWN, deadline: float | None = None) -> None:
        """End the incarnation after the message being handled, before those that wait.

        `on_stop` is run; a class with a handler for StopRequested gets that message instead. Does
        nothing when no incarnation is alive.
        """
        if self.state in LIVE:
            self.post_step(partial(self._asked_to_stop, StopRequested(reason, deadline)))

    def discard(self) -> None:
        """Forget the cell: free its names, fail its waiting asks, tell its monitors.

        The monitors get the reason of its last end. Raises WrongState while an incarnation is alive. A second
        call does nothing.
        """
        if self.state in LIVE:
            raise WrongState(self.path, "discard", self.state.value)
        self._discard(self.exit_reason or NORMAL)

    def call_off(self) -> None:
        """Discard a cell that was never started; nothing else."""
        if self.is_new:
            self._discard(NORMAL)

    def abandon(self) -> None:
        """Leave behind an incarnation that survived its kill: free its path and names for another cell.

        For everybody else it is gone: those who wait for it are told, its children and timers end, and
        nothing that its handler does from now on leaves it. The parent hears no more of it.
        """
        self.is_supervised = False
        self.kill()
        if self.state not in LIVE:
            self._discard(self.exit_reason or NORMAL)
            return
        if self.worker is not None:
            self.give_up_handling(self.worker.envelope)
        self._let_go()
        reason = self.kill_reason or ExitReason(ExitKind.KILLED)
        self._close(reason, "the actor does not end and was left behind")

    # Reports ------------------------------------------------------------------------------------------

    def _make_instance(self) -> Actor:
        instance = self.actor_class.bind(self)
        instance.__init__(*self._args, **(self._kwargs or {}))  # type: ignore[misc]
        return instance

    def keep_state(self, state: Any) -> None:
        """`state` is what the next incarnation will start from."""
        self.good_state = state
        if self.actor_class.is_persistent:
            self.system.changed.add(self)

    def note_unready(self) -> None:
        """It does not handle its mail from now on."""
        if self.actor_class.is_persistent:
            self.system.unready[self] = None

    def note_ready(self) -> None:
        """It handles its mail again."""
        self.system.unready.pop(self, None)

    def _report_start(self) -> None:
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(ChildStarted(self, self.incarnation))

    def _report_answer(self, asked_at: float) -> None:
        parent = self.parent
        if self.is_supervised and parent is not None and ChildAnswered in parent.actor_class.handlers:
            parent.post_control(ChildAnswered(self, self.incarnation, asked_at, self.system.now()))

    def _park(self, envelope: Envelope, why: str) -> None:
        self.system.park(self, envelope, why)

    def _report_end(self, envelope: Envelope | None, uptime_seconds: float, started: bool) -> None:
        reason = self.exit_reason or NORMAL
        fate = self.last_fate if envelope is not None else MessageFate.DROPPED
        exited = ChildExited(self, self.incarnation, reason, envelope, uptime_seconds, started, fate)
        self.system.incarnation_ended(exited)
        if self.is_supervised and self.parent is not None:
            self.parent.post_control(exited)
        else:
            self._discard(reason)

    # Going ----------------------------------------------------------------------------------------------

    def _end_children(self) -> None:
        """Nothing is left without a parent: what is still below goes with this incarnation."""
        for cell in reversed(self._take_descendants()):
            cell.is_supervised = False
            if cell.state in LIVE:
                # One that is still unwinding must not stand in the way of a successor.
                cell.abandon()
            else:
                cell._discard(SHUTDOWN)

    def _take_descendants(self) -> list[Cell]:
        """All cells below, parents before their children. Not by recursion: a tree may be deep."""
        found: list[Cell] = []
        waiting: list[Cell] = [self]
        while waiting:
            cell = waiting.pop()
            children, cell.children = cell.children, None
            if children:
                found.extend(children.values())
                waiting.extend(children.values())
        return found

    def _discard(self, reason: ExitReason) -> None:
        if self.state is not CellState.DISCARDED:
            self.state = CellState.DISCARDED
            self._let_go()
            self._close(reason, "the actor is gone")

    def _close(self, reason: ExitReason, why: str) -> None:
        """Nobody can reach it any more; all who might wait for it are told."""
        if self.closed:
            return
        self.closed = self.refuses_mail = True
        self.system.cell_count -= 1
        self.system.handled_by_gone[self.actor_class] += self.handled
        self.is_open = False
        self._free_names()
        self.system.changed.discard(self)
        self._give_up_mail(why)
        watchers, self._watchers = self._watchers, None
        if watchers:
            announce([watcher.deliver for watcher in watchers], Exited(self.actor_ref, reason))

    def _free_names(self) -> None:
        siblings = self.system.roots if self.parent is None else self.parent.children
        if siblings is not None and siblings.get(self.name) is self:
            del siblings[self.name]
        registrations, self._registrations = self._registrations, None
        if registrations:
            self.system.registry.forget(self.actor_ref, registrations)

    # What others leave with the cell ------------------------------------------------------------------------

    def add_watcher(self, watcher: Watcher) -> None:
        """Tell `watcher` of the final end; at once if that has been."""
        if self.closed:
            gone = ExitReason(ExitKind.NORMAL, detail="it was gone already")
            announce([watcher.deliver], Exited(self.actor_ref, gone))
            return
        if self._watchers is None:
            self._watchers = {}
        self._watchers[watcher] = None

    def remove_watcher(self, watcher: Watcher) -> None:
        """Forget `watcher`, if it is still there."""
        if self._watchers is not None:
            self._watchers.pop(watcher, None)

    def add_registration(self, name: str, is_group: bool) -> None:
        """Remember a name or group of the registry, to be freed with the cell."""
        if self._registrations is None:
            self._registrations = []
        self._registrations.append((name, is_group))

    def remove_registration(self, name: str, is_group: bool) -> None:
        """The name or group is free already."""
        if self._registrations is not None and (name, is_group) in self._registrations:
            self._registrations.remove((name, is_group))

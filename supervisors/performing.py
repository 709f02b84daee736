"""Doing what an engine has decided: a method for each of its `actions`, most a step on a child's cell.

It never blocks: no ask, no join, no code of a child.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from supervisors.actions import (
    Abandon,
    Action,
    Announce,
    CancelTimer,
    End,
    Forget,
    Hold,
    Kill,
    Note,
    Purge,
    Redefine,
    Reply,
    Rest,
    SetTimer,
    Start,
    Stop,
)
from supervisors.calls import AlreadyStarted, Started
from supervisors.dynamic_engine import DynamicEngine
from supervisors.engine import Engine
from supervisors.errors import SupervisionError
from supervisors.recording import record_of
from supervisors.records import LogEvent
from supervisors.services import Services
from supervisors.specs import ChildSpec, Mail
from wyld_actors import Actor, Cell, CellState, Mailbox, Message, NameTaken, Timer
from wyld_actors import Reply as DeferredReply

logger = logging.getLogger(__name__)

# Events after which somebody may miss an actor.
_HURTS: Final = frozenset(
    {
        LogEvent.CHILD_TERMINATED,
        LogEvent.START_ERROR,
        LogEvent.GAVE_UP,
        LogEvent.QUARANTINED,
        LogEvent.LEAKED,
    }
)
# A supervisor's calls are rare and small, but a burst of logins is not to be lost.
SUPERVISOR_MAILBOX: Final = Mailbox(limit=100_000)
# Shared by all who have said nothing about theirs.
_MAILBOX: Final = Mailbox()


class SubtreeStarted(Message, frozen=True):
    """To the parent of a supervisor: everything below it is up."""

    cell: Cell
    incarnation: int


class TimerDue(Message, frozen=True):
    """To oneself: a timer of the engine has fired."""

    timer: int


class StartRefused(Message, frozen=True):
    """To oneself: no cell could be made for this start."""

    id: str
    incarnation: int
    error: Exception


class Performing(Actor):
    """The part of a supervisor that does what its engine has decided, one action after the other."""

    engine: Engine | DynamicEngine

    def __init__(self, services: Services | None, on_up: Callable[[], None] | None) -> None:
        super().__init__()
        self.services = services or Services()
        self._on_up = on_up
        self._cells: dict[str, Cell] = {}
        self._redefined: dict[str, ChildSpec] = {}
        self._timers: dict[int, Timer] = {}
        self._calls: dict[int, DeferredReply] = {}

    @property
    def strategy_name(self) -> str:
        """Of a dynamic supervisor "dynamic": its children have no group."""
        return self.engine.flags.strategy.value if isinstance(self.engine, Engine) else "dynamic"

    @property
    def intensity(self) -> str:
        """The limit of restarts, as text."""
        return f"{self.engine.flags.max_restarts} in {self.engine.flags.max_seconds:g} s"

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            _PERFORMERS[action.__class__](self, action)

    # Children ------------------------------------------------------------------------------------------

    def _do_start(self, action: Start) -> None:
        try:
            cell = self._cells.get(action.id) or self._make_cell(action.id, action.spec)
        except NameTaken as error:
            # Somebody who is not supervised here has the address: a failed start like any other.
            incarnation = self.engine.children[action.id].incarnation
            self.ctx.cell.post_control(StartRefused(action.id, incarnation, error))
        else:
            if (spec := self._redefined.pop(action.id, None)) is not None:
                cell.redefine(**self._definition(spec))
            cell.start()

    def _do_stop(self, action: Stop) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.stop(action.reason, action.deadline)

    def _do_kill(self, action: Kill) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.kill()

    def _do_abandon(self, action: Abandon) -> None:
        if (cell := self._cells.pop(action.id, None)) is not None:
            cell.abandon()

    def _do_hold(self, action: Hold) -> None:
        cell = self._cells.get(action.id)
        if cell is None:
            return
        if action.is_quarantined:
            cell.quarantine()
        else:
            cell.state = CellState.BACKOFF

    def _do_rest(self, action: Rest) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.refuse_mail()

    def _do_forget(self, action: Forget) -> None:
        self._redefined.pop(action.id, None)
        if (cell := self._cells.pop(action.id, None)) is not None:
            cell.discard()

    def _do_purge(self, action: Purge) -> None:
        if (cell := self._cells.get(action.id)) is not None:
            cell.purge_mail("its group was restarted")

    def _do_redefine(self, action: Redefine) -> None:
        self._redefined[action.id] = action.spec

    def _make_cell(self, id: str, spec: ChildSpec) -> Cell:
        cell: Cell = self.ctx.system.create_cell(name=id, parent=self.ctx.cell, **self._definition(spec))
        self._cells[id] = cell
        return cell

    def _definition(self, spec: ChildSpec) -> dict[str, Any]:
        is_supervisor = issubclass(spec.actor, Performing)
        default = SUPERVISOR_MAILBOX if is_supervisor else _MAILBOX
        return {
            "actor_class": spec.actor,
            "args": spec.args,
            "kwargs": {**spec.kwargs, "services": self.services} if is_supervisor else dict(spec.kwargs),
            "mailbox": spec.mailbox or default,
            "keep_mailbox": spec.mail is Mail.KEEP,
            "message_retries": spec.message_retries,
            "start_timeout_seconds": spec.start_timeout_seconds,
        }

    # Timers, answers, records --------------------------------------------------------------------------

    def _do_set_timer(self, action: SetTimer) -> None:
        self._timers[action.timer] = self.ctx.after(action.seconds, TimerDue(action.timer))

    def _do_cancel_timer(self, action: CancelTimer) -> None:
        if (timer := self._timers.pop(action.timer, None)) is not None:
            timer.cancel()

    def _do_reply(self, action: Reply) -> None:
        reply, result = self._calls.pop(action.token), action.result
        if isinstance(result, SupervisionError):
            reply.fail(result)
        elif isinstance(result, Started | AlreadyStarted):
            reply.set(dataclasses.replace(result, ref=self._cells[result.id].ref))
        else:
            reply.set(result)

    def _do_note(self, note: Note) -> None:
        own = self.ctx.path
        record = record_of(
            note,
            supervisor=own,
            path=own if note.id is None else f"{own}/{note.id}",
            cell=None if note.id is None else self._cells.get(note.id),
            time=self.services.wall_clock(),
            strategy=self.strategy_name,
            intensity=self.intensity,
            affected=self._affected(note),
        )
        self.services.log.write(record)

    def _affected(self, note: Note) -> Mapping[str, object]:
        cell = None if note.id is None else self._cells.get(note.id)
        if cell is None or self.services.affected is None or note.event not in _HURTS:
            return {}
        try:
            return self.services.affected(cell)
        except Exception:
            logger.exception("nobody can say who is affected by the end of %s", cell.path)
            return {}

    def _do_announce(self, _: Announce) -> None:
        cell = self.ctx.cell
        if self._on_up is not None:
            self._on_up()
        if cell.is_supervised and cell.parent is not None:
            cell.parent.post_control(SubtreeStarted(cell, cell.incarnation))

    def _do_end(self, action: End) -> None:
        self.ctx.stop(action.reason)


_PERFORMERS: Final[dict[type, Callable[[Performing, Any], None]]] = {
    Start: Performing._do_start,
    Stop: Performing._do_stop,
    Kill: Performing._do_kill,
    Abandon: Performing._do_abandon,
    Hold: Performing._do_hold,
    Rest: Performing._do_rest,
    Forget: Performing._do_forget,
    Purge: Performing._do_purge,
    Redefine: Performing._do_redefine,
    SetTimer: Performing._do_set_timer,
    CancelTimer: Performing._do_cancel_timer,
    Reply: Performing._do_reply,
    Note: Performing._do_note,
    Announce: Performing._do_announce,
    End: Performing._do_end,
}

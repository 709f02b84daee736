"""What an operator may do to one actor: hold it, let it go on, restart it, end it, send it a lost message.

A restart is that of a crash: the incarnation is killed and its supervisor starts the next one, which every
actor here is made for; an orderly stop would say goodbye to players first. It counts in the supervisor's
budget.
"""

import time
from typing import Final

import gevent

from actors.admin.errors import NoSuchLetter, NotAnswered, NotPossible
from actors.admin.finding import find_cell
from supervisors import TEMPORARY, ChildSpec, Done, GetChildSpec, NotFound, RestartChild, Running, Started
from supervisors.acting import SupervisorActor
from wyld_actors import (
    ActorDeadError,
    ActorError,
    ActorSystem,
    Cell,
    CellState,
    ExitKind,
    ExitReason,
    Message,
    Refused,
)
from wyld_actors.states import LIVE

BY_OPERATOR: Final = ExitReason(ExitKind.KILLED, detail="by an operator")
# For the new incarnation to be up: the time-out of a start, and a bit.
RESTART_SECONDS: Final = 12.0
_LOOK_SECONDS: Final = 0.01
_ASK_SECONDS: Final = 5.0


def suspend(system: ActorSystem, path: str) -> str:
    """Let its mail wait. Raises NotPossible for a supervisor: its children need it."""
    cell = find_cell(system, path)
    if issubclass(cell.actor_class, SupervisorActor):
        raise NotPossible(f"{cell.path} is a supervisor; suspend the actors below it instead")
    if cell.state is not CellState.RUNNING:
        raise NotPossible(f"{cell.path} is {cell.state.value}, not running")
    if cell.is_suspended:
        return "it was suspended already"
    cell.suspend()
    return f"suspended, {cell.depth} messages wait"


def resume(system: ActorSystem, path: str) -> str:
    """Go on with the mail that waits."""
    cell = find_cell(system, path)
    if not cell.is_suspended:
        raise NotPossible(f"{cell.path} is not suspended")
    cell.resume()
    return f"resumed, {cell.depth} messages waited"


def kill(system: ActorSystem, path: str) -> str:
    """End its incarnation at once; what comes next is its supervisor's decision."""
    cell = find_cell(system, path)
    if cell.state not in LIVE:
        raise NotPossible(f"{cell.path} is {cell.state.value}: nothing to kill")
    incarnation = cell.incarnation
    cell.kill(BY_OPERATOR)
    return f"killed incarnation {incarnation}"


def restart(system: ActorSystem, path: str) -> str:
    """End its incarnation and wait until the next one is up."""
    cell = find_cell(system, path)
    supervisor = _supervisor_of(cell)
    if cell.state in LIVE:
        spec = _ask(supervisor, GetChildSpec(cell.name))
        if isinstance(spec, ChildSpec) and spec.restart is TEMPORARY:
            raise NotPossible(f"{cell.path} is temporary: it would end and not come back; `kill` ends it")
        before = cell.incarnation
        cell.kill(BY_OPERATOR)
        return _wait_for_next(cell, before)
    before = cell.incarnation
    answer = _ask(supervisor, RestartChild(cell.name))
    if isinstance(answer, Started | Running | Done):
        return f"incarnation {cell.incarnation} is up"
    if isinstance(answer, NotFound):
        raise NotPossible(f"{supervisor.path} does not know it any more")
    raise NotPossible(f"{cell.path} is {cell.state.value}: its supervisor starts it by itself")


def _supervisor_of(cell: Cell) -> Cell:
    if cell.parent is None or not cell.is_supervised:
        raise NotPossible(f"nobody would start {cell.path} again; `kill` ends it")
    return cell.parent


def _ask(supervisor: Cell, question: Message) -> object:
    try:
        return supervisor.ref.ask(question, timeout=_ASK_SECONDS)
    except (ActorError, ActorDeadError) as error:
        raise NotAnswered(f"its supervisor does not answer: {error}") from error


def _wait_for_next(cell: Cell, before: int) -> str:
    deadline = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < deadline:
        if cell.incarnation > before and cell.state is CellState.RUNNING:
            return f"incarnation {cell.incarnation} is up"
        if cell.state is CellState.BACKOFF:
            return "ended; its supervisor lets it wait before the next start, see `restarts`"
        if cell.state in {CellState.QUARANTINED, CellState.DISCARDED}:
            return f"ended, and now {cell.state.value}, see `restarts`"
        gevent.sleep(_LOOK_SECONDS)
    raise NotAnswered(f"no new incarnation within {RESTART_SECONDS:g} s; it is {cell.state.value}")


def send_letter(system: ActorSystem, number: int) -> str:
    """Put a dead letter into the mailbox it was meant for; it is no dead letter then."""
    letter = next((letter for letter in system.dead_letters if letter.number == number), None)
    if letter is None:
        raise NoSuchLetter(number)
    cell = find_cell(system, letter.path)
    if cell.refuses_mail:
        raise NotPossible(
            f"{cell.path} is {cell.state.value} and takes no mail; `actor {cell.path} restart` first"
        )
    if cell.depth >= cell.mailbox.limit:
        raise NotPossible(f"the mailbox of {cell.path} is full")
    try:
        system.send_again(number)
    except Refused as refusal:
        raise NotPossible(str(refusal)) from refusal
    return f"{type(letter.message).__name__} is in the mailbox of {cell.path}"

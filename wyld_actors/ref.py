"""A reference to an actor: stays good across its crashes and restarts.

A Pykka `ActorRef` that points to the cell, not to one incarnation. What a handler sends through it
is held back until the handler returns.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import pykka
from gevent.event import Event
from greenlet import getcurrent

from wyld_actors.errors import ActorDeadError, ActorKilled, AskTimeout
from wyld_actors.future import Future, refuse_cycle
from wyld_actors.mailbox import Envelope
from wyld_actors.pykka_names import ActorStop
from wyld_actors.worker import Worker, current_handler

if TYPE_CHECKING:
    from wyld_actors.cell import Cell
    from wyld_actors.messages import Exited

__all__ = ["DEFAULT_ASK_SECONDS", "Inbox", "Ref", "StopFlag"]

# Finite, so that a lost answer is an error and not a hung player; as long as OTP's gen_server:call.
DEFAULT_ASK_SECONDS = 5.0


class Ref(pykka.ActorRef[Any]):
    """The address of an actor. Two references to one actor are equal."""

    __slots__ = ("cell",)

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and other.cell is self.cell

    def __hash__(self) -> int:
        return id(self.cell)

    def __str__(self) -> str:
        return f"{self.actor_class.__name__} ({self.actor_urn})"

    def __repr__(self) -> str:
        return f"<ActorRef for {self}>"

    @property
    def path(self) -> str:
        """Names from the root of the tree."""
        return self.cell.path

    def is_alive(self) -> bool:
        """Whether mail will be handled some day: by this incarnation or by a next one."""
        return self.cell.is_alive

    def tell(self, message: Any) -> None:
        """Send and forget.

        In a handler the message leaves when the handler has returned, and the dead letters take what
        cannot be delivered. From anywhere else it is sent at once; that waits for room when the
        mailbox is full and its policy is BLOCK, and raises ActorDeadError when the actor is gone.
        """
        # The hot path of everything: the class is compared and the cell asked without a call.
        worker = getcurrent()
        cell = self.cell
        if worker.__class__ is Worker and worker.cell is not None:
            worker.outbox.append((cell.post, Envelope(message, None, None, worker.trace)))
        elif cell.is_open:
            cell.post(Envelope(message))
        else:
            cell.post_from_outside(Envelope(message))

    def try_tell(self, message: Any) -> bool:
        """Send unless the actor is gone, in quarantine or its mailbox full now; whether it was sent.

        Never waits.
        Held back in a handler as `tell` is.
        """
        cell = self.cell
        if not cell.is_alive or cell.refuses_mail or cell.depth >= cell.mailbox.limit:
            return False
        handler = current_handler()
        if handler is not None:
            handler.outbox.append((cell.post, Envelope(message, None, None, handler.trace)))
        else:
            cell.post(Envelope(message))
        return True

    def ask(self, message: Any, *, block: bool = True, timeout: float | None = DEFAULT_ASK_SECONDS) -> Any:
        """Send and wait for the answer, or get a future for it with `block=False`.

        `timeout` is in seconds and travels with the request: it is skipped when its time is over before its
        turn comes. In a handler everything done so far becomes final first. Raises
        AskTimeout, DeadlockError, ActorDeadError, Refused, or what crashed the other actor.
        """
        cell = self.cell
        future: Future[Any] = Future(cell, timeout)
        worker = getcurrent()
        if worker.__class__ is Worker and worker.cell is not None:
            asker = worker.cell
            if asker.kill_reason is not None:
                raise ActorKilled(asker.path)
            if block:
                refuse_cycle(asker, cell)
            asker.commit(worker)
            cell.post(Envelope(message, future, future.deadline, worker.trace))
        elif block:
            self._ask_from_outside(Envelope(message, future, future.deadline))
        elif not cell.is_alive:
            future.fail(ActorDeadError(f"{self} not found"))
        else:
            cell.post(Envelope(message, future, future.deadline))
        return future.get() if block else future

    def _ask_from_outside(self, envelope: Envelope) -> None:
        try:
            self.cell.post_from_outside(envelope)
        except (ActorDeadError, AskTimeout) as error:
            assert envelope.reply_to is not None
            envelope.reply_to.fail(error)

    def stop(self, *, block: bool = True, timeout: float | None = None) -> Any:
        """End the actor after the mail that waits already (Pykka's rule); whether it was there to be ended.

        Without `timeout` (seconds) there is no limit to how long that takes, and the request never expires.
        """
        asked = self.ask(ActorStop(), block=False, timeout=None)
        stopped: Future[bool] = Future()
        stopped.set_get_hook(lambda limit: _was_stopped(asked, limit))
        return stopped.get(timeout=timeout) if block else stopped

    # What Pykka's own code reads from a reference ------------------------------------------------

    # Pykka declares these as attributes; here they are views of the cell, which saves their memory.

    @property
    def actor_class(self) -> Any:  # type: ignore[override]
        return self.cell.actor_class

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        name = self.cell.name
        return name if name.startswith("urn:") else self.cell.path

    @property
    def actor_inbox(self) -> Inbox:  # type: ignore[override]
        return Inbox(self.cell)

    @property
    def actor_stopped(self) -> StopFlag:  # type: ignore[override]
        return StopFlag(self.cell)

    @property
    def _actor_weakref(self) -> Any:  # type: ignore[override]
        instance = self.cell.instance
        return _gone if instance is None else weakref.ref(instance)


def _gone() -> None:
    return None


def _was_stopped(asked: Future[Any], timeout: float | None) -> bool:
    try:
        asked.get(timeout=timeout)
    except ActorDeadError:
        return False
    return True


class Inbox:
    """Pykka's view of a mailbox."""

    __slots__ = ("_cell",)

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def put(self, envelope: Any, /) -> None:
        if not isinstance(envelope.reply_to, Future | None):
            raise TypeError(f"an actor answers with a wyld_actors.Future, not {envelope.reply_to!r}")
        self._cell.post_from_outside(Envelope(envelope.message, envelope.reply_to))

    def get(self) -> Any:
        raise NotImplementedError("the dispatcher takes the mail of an actor; tell or ask it instead")

    def empty(self) -> bool:
        return self._cell.depth == 0


class StopFlag:
    """Pykka's view of the end of an actor."""

    __slots__ = ("_cell",)

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def is_set(self) -> bool:
        return not self._cell.is_alive

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the actor is gone for good, `timeout` seconds at most."""
        alarm = _Alarm()
        self._cell.add_watcher(alarm)
        try:
            return bool(alarm.gone.wait(timeout)) or self.is_set()
        finally:
            self._cell.remove_watcher(alarm)


class _Alarm:
    __slots__ = ("gone",)

    def __init__(self) -> None:
        self.gone = Event()

    def deliver(self, _exited: Exited, /) -> None:
        self.gone.set()

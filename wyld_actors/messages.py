"""Messages and records: frozen values that actors exchange, keep and send across the link.

Everything here is a `msgspec.Struct`, so the same vocabulary is used between actors, on the
link and in storage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec

from wyld_actors.poison import MessageFate

if TYPE_CHECKING:
    from wyld_actors.cell import Cell
    from wyld_actors.mailbox import Envelope
    from wyld_actors.reasons import ExitReason
    from wyld_actors.ref import Ref

__all__ = ["ChildAnswered", "ChildExited", "ChildStarted", "Exited", "Message", "Record", "StopRequested"]


class Message(msgspec.Struct, frozen=True):
    """Base of what actors tell each other."""

    can_be_sent_again: ClassVar[bool] = True
    """Whether an operator may send it again as a dead letter. False for what carries something that goes back
    to its sender when the message fails: it would be there twice."""

    is_moot_without_receiver: ClassVar[bool] = False
    """Whether nobody misses it when its receiver has ended before it was read: no dead letter then. True for
    what an actor tells itself, to look again behind the mail that waits."""


class Record(msgspec.Struct, frozen=True):
    """Base of what actors remember. A handler replaces its record, it never changes one."""

    def replace(self, **changes: Any) -> Self:
        """A copy with `changes`. Raises TypeError for a field that does not exist."""
        return msgspec.structs.replace(self, **changes)


class Exited(Message, frozen=True):
    """A monitored actor has ended for good. Delivered exactly once for each monitor."""

    ref: Ref
    reason: ExitReason


class StopRequested(Message, frozen=True):
    """Asks an actor that ends others first to do so, and then to call `ctx.stop(reason)`."""

    reason: ExitReason
    deadline: float | None = None


class ChildStarted(Message, frozen=True):
    """To the parent: this incarnation's `__init__` and `on_start` are done."""

    cell: Cell
    incarnation: int


class ChildAnswered(Message, frozen=True):
    """To the parent, if it has a handler for this: a restarted incarnation handled its first message `at`.

    `asked_at` is when the turn began in which it did: later than its start if nobody had wanted anything.
    """

    cell: Cell
    incarnation: int
    asked_at: float
    at: float


class ChildExited(Message, frozen=True):
    """To the parent: this incarnation is over. Exactly one for each incarnation that was begun.

    `envelope` is the message that was being handled, None outside a handler. `started` is False
    when `__init__` or `on_start` did not finish. `fate` is what becomes of the message.
    """

    cell: Cell
    incarnation: int
    reason: ExitReason
    envelope: Envelope | None
    uptime_seconds: float
    started: bool
    fate: MessageFate = MessageFate.DROPPED

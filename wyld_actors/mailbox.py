"""What waits for an actor: envelopes, and the rule for a full mailbox.

The queue itself lives in the cell. User mail is bounded; the control lane (stop, exits of
children, timers of the runtime) is not, and is read first, so that no flood delays a stop.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from wyld_actors.future import Future

__all__ = ["Envelope", "Mailbox", "Overflow"]

# Messages. Evennia and OTP have no bound; Nakama keeps 64 for a session. A thousand one-line
# messages are about 100 KiB, and more than any actor of ours holds in normal play.
DEFAULT_LIMIT = 1000


class Overflow(enum.Enum):
    """What happens to user mail that meets a full mailbox. Each of them is counted."""

    DEAD_LETTER = "dead_letter"
    """The new message goes to the dead letters."""
    DROP_OLDEST = "drop_oldest"
    """The oldest waiting message goes to the dead letters."""
    COALESCE = "coalesce"
    """A waiting message with the same key is replaced, at its place; else as dead_letter."""
    BLOCK = "block"
    """The sender waits, when it is a plain greenlet such as a socket reader: that is the
    back-pressure to TCP. Actors never wait to tell: from them, as dead_letter."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Bounds of a mailbox. `key` is for COALESCE: messages with key None are never merged."""

    limit: int = DEFAULT_LIMIT
    overflow: Overflow = Overflow.DEAD_LETTER
    key: Callable[[Any], Hashable | None] | None = None

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"a mailbox holds at least 1 message, not {self.limit}")
        if (self.overflow is Overflow.COALESCE) != (self.key is not None):
            raise ValueError("COALESCE and key= belong together: give both or neither")

    @property
    def blocks(self) -> bool:
        """Whether plain greenlets wait for room."""
        return self.overflow is Overflow.BLOCK


class Envelope(msgspec.Struct, eq=False):
    """One message on its way: who waits for the answer, until when, and what caused it.

    Pykka's tests and proxies know `message` and `reply_to`. `deadline` and `enqueued_at` are in
    seconds of the system's clock; `trace` is handed on to whatever the handler tells.
    """

    # A msgspec.Struct because it is made twice as fast as a class with slots, once for each message.

    message: Any
    reply_to: Future[Any] | None = None
    deadline: float | None = None
    trace: object | None = None
    # Below 0 it was never in user mail: it came by the control lane.
    enqueued_at: float = -1.0

"""The two lanes of a cell's mailbox: how mail gets in, waits, and is given up.

The control lane (stops, ends of children, timers of the runtime) is read first and has no bound, so
no flood delays a stop. User mail is bounded; what happens to a message that meets a full mailbox is
the policy in `Mailbox`. An empty lane owns no queue: queues are lent by the dispatcher.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gevent.event import Event

from wyld_actors.dispatcher import SPARE_QUEUES, Worker
from wyld_actors.errors import ActorDeadError
from wyld_actors.mailbox import Envelope, Mailbox, Overflow
from wyld_actors.states import LIVE, CellState

if TYPE_CHECKING:
    from wyld_actors.ref import Ref
    from wyld_actors.system import ActorSystem

__all__ = ["PostBox", "Step"]

Step = Callable[[Worker], object]


class PostBox(ABC):
    """Base of `Cell`: everything about mail, nothing about life cycles."""

    __slots__ = (
        "_control",
        "_keys",
        "_queue",
        "_room",
        "actor_ref",
        "dropped",
        "high_water",
        "mailbox",
        "scheduled",
        "state",
        "system",
    )

    actor_ref: Ref

    def __init__(self, system: ActorSystem, mailbox: Mailbox) -> None:
        self.system = system
        self.mailbox = mailbox
        self.state = CellState.NEW
        self.scheduled = False
        self.high_water = 0
        self.dropped = 0
        self._queue: deque[Envelope] | None = None
        self._control: deque[Envelope | Step] | None = None
        self._keys: dict[Any, Envelope] | None = None
        self._room: Event | None = None

    @property
    @abstractmethod
    def path(self) -> str:
        """Whose mailbox this is."""

    @abstractmethod
    def run(self, worker: Worker, batch: int) -> bool:
        """Handle up to `batch` messages. Returns whether more are waiting."""

    @property
    def depth(self) -> int:
        """User messages waiting."""
        return len(self._queue) if self._queue else 0

    @property
    def oldest_seconds(self) -> float:
        """How long the first waiting user message has been waiting."""
        return self.system.now() - self._queue[0].enqueued_at if self._queue else 0.0

    @property
    def is_alive(self) -> bool:
        """Whether mail will be handled some day."""
        return self.state is not CellState.DISCARDED

    def waiting(self) -> list[Envelope]:
        """The waiting user mail, oldest first, for those who look at it."""
        return list(self._queue) if self._queue else []

    # In ---------------------------------------------------------------------------------------------

    def post(self, envelope: Envelope) -> None:
        """Put user mail into the mailbox, or deal with it by the overflow policy. Never blocks."""
        system = self.system
        if self.state is CellState.DISCARDED:
            system.undeliverable(self, envelope, "the actor is gone")
            return
        envelope.enqueued_at = system.now()
        queue = self._queue
        if queue is None:
            queue = self._queue = self._borrow()
        mailbox = self.mailbox
        if mailbox.key is not None and self._merge(mailbox.key(envelope.message), envelope):
            return
        depth = len(queue) + 1
        if depth > self.high_water:
            if depth > mailbox.limit:
                if not self._make_room(queue, envelope):
                    return
            else:
                self.high_water = depth
        queue.append(envelope)
        if not self.scheduled and self.state in LIVE:
            self.scheduled = True
            system.dispatcher.schedule(self)

    def post_from_outside(self, envelope: Envelope) -> None:
        """As `post`, from a plain greenlet: waits for room when the policy is BLOCK.

        Raises ActorDeadError when the actor is gone, also if it goes while the sender waits.
        """
        if self.mailbox.overflow is Overflow.BLOCK:
            while self.depth >= self.mailbox.limit and self.is_alive:
                if self._room is None:
                    self._room = Event()
                self._room.wait()
        if not self.is_alive:
            raise ActorDeadError(f"{self.actor_ref} not found")
        self.post(envelope)

    def post_control(self, message: Any) -> None:
        """Put a message of the runtime into the lane that is read first and never full."""
        self.post_step(Envelope(message))

    def post_step(self, step: Envelope | Step) -> None:
        """Put an envelope, or something to do in the actor's own turn, into the control lane."""
        if self.state is CellState.DISCARDED:
            return
        if self._control is None:
            self._control = self._borrow()
        self._control.append(step)
        if not self.scheduled and self.state in LIVE:
            self.scheduled = True
            self.system.dispatcher.schedule(self)

    def _make_room(self, queue: deque[Envelope], envelope: Envelope) -> bool:
        """The mailbox is full: whether `envelope` may come in all the same."""
        self.dropped += 1
        if self.mailbox.overflow is Overflow.DROP_OLDEST:
            self.system.undeliverable(self, queue.popleft(), "its mailbox was full")
            return True
        if self.mailbox.key is not None:
            self._forget_key(envelope)
        self.system.undeliverable(self, envelope, "its mailbox is full")
        return False

    def _merge(self, key: Any, envelope: Envelope) -> bool:
        """COALESCE: let a waiting message with the same key carry the new content."""
        if key is None or envelope.reply_to is not None:
            return False
        if self._keys is None:
            self._keys = {}
        waiting = self._keys.get(key)
        if waiting is not None:
            waiting.message = envelope.message
            self.dropped += 1
            return True
        self._keys[key] = envelope
        return False

    def _forget_key(self, envelope: Envelope) -> None:
        """This envelope does not wait any more: nothing may be merged into it."""
        if self._keys and self.mailbox.key is not None:
            key = self.mailbox.key(envelope.message)
            if self._keys.get(key) is envelope:
                del self._keys[key]

    # Out --------------------------------------------------------------------------------------------

    def _rest(self) -> bool:
        """The turn is over. Whether more is waiting; if not, the cell leaves the run queue."""
        if self._room is not None and self.depth <= self.mailbox.limit // 2:
            self._wake_senders()
        if self._control:
            if self.state in LIVE:
                return True
        elif self._control is not None:
            self._give_back(self._control)
            self._control = None
        if self._queue:
            if self.state is CellState.RUNNING:
                return True
        elif self._queue is not None:
            self._give_back(self._queue)
            self._queue = None
        self.scheduled = False
        return False

    def _borrow(self) -> deque[Any]:
        spare = self.system.dispatcher.spare_queues
        return spare.pop() if spare else deque()

    def _give_back(self, queue: deque[Any]) -> None:
        spare = self.system.dispatcher.spare_queues
        if len(spare) < SPARE_QUEUES:
            spare.append(queue)

    def _give_up_mail(self, why: str) -> None:
        """Account for every waiting user message, and wake those who wait to send."""
        queue, self._queue = self._queue, None
        self._keys = None
        for envelope in queue or ():
            self.system.undeliverable(self, envelope, why)
        self._wake_senders()

    def _give_up_control(self) -> None:
        control, self._control = self._control, None
        for step in control or ():
            if isinstance(step, Envelope) and step.reply_to is not None:
                self.system.undeliverable(self, step, "the actor has ended")

    def _wake_senders(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            room.set()

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
from greenlet import getcurrent

from wyld_actors.errors import ActorDeadError, AskTimeout, Unavailable
from wyld_actors.mailbox import Envelope, Mailbox, Overflow
from wyld_actors.pykka_names import ActorStop
from wyld_actors.seam import key_of
from wyld_actors.states import LIVE, CellState
from wyld_actors.worker import Worker

if TYPE_CHECKING:
    from wyld_actors.ref import Ref
    from wyld_actors.system import ActorSystem

__all__ = ["PostBox", "Step"]

Step = Callable[[Worker], object]

# Empty queues kept for the next message: enough for a burst (a queue is 0.7 KiB).
SPARE_QUEUES = 1024

QUARANTINE = "the actor is in quarantine"
STOPPED = "the actor is stopped"

# A name of the module is found faster than a member of an enum, and this one is looked at for each message.
RUNNING = CellState.RUNNING


class PostBox(ABC):
    """Base of a cell: everything about mail, nothing about life cycles."""

    __slots__ = (
        "_control",
        "_keys",
        "_queue",
        "_room",
        "actor_ref",
        "closed",
        "dropped",
        "high_water",
        "is_open",
        "is_suspended",
        "mailbox",
        "refuses_mail",
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
        # No mail is accepted any more, for good.
        self.closed = False
        # None is accepted now: it is closed, stopped or quarantined.
        self.refuses_mail = False
        # Mail from outside may be posted without a further look: nothing to wait for, nobody is gone.
        self.is_open = False
        # User mail waits until an operator lets it go on.
        self.is_suspended = False
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

    @property
    @abstractmethod
    def is_alive(self) -> bool:
        """Whether mail will be handled some day."""

    @abstractmethod
    def take_turn(self, worker: Worker, batch: int) -> None:
        """Handle up to `batch` messages. Called by the dispatcher, once for each time of being scheduled."""

    @property
    def depth(self) -> int:
        """User messages waiting."""
        return len(self._queue) if self._queue else 0

    @property
    def oldest_seconds(self) -> float:
        """How long the first waiting user message has been waiting."""
        return self.system.now() - self._queue[0].enqueued_at if self._queue else 0.0

    def waiting(self) -> list[Envelope]:
        """The waiting user mail, oldest first, for those who look at it."""
        return list(self._queue) if self._queue else []

    # In ---------------------------------------------------------------------------------------------

    def post(self, envelope: Envelope) -> None:
        """Put user mail into the mailbox, or deal with it by the overflow policy. Never blocks."""
        if self.refuses_mail:
            self._refuse(envelope)
            return
        envelope.enqueued_at = self.system.now()
        queue = self._queue
        if queue is None:
            queue = self._queue = self._borrow()
        mailbox = self.mailbox
        if mailbox.key is not None and self._merge(key_of(mailbox.key, envelope.message), envelope):
            return
        depth = len(queue) + 1
        if depth > self.high_water:
            if depth > mailbox.limit:
                if not self._make_room(queue, envelope):
                    return
                if self._queue is not queue:
                    # A listener for the dead letter ended this actor, or did more.
                    self.post(envelope)
                    return
            else:
                self.high_water = depth
        queue.append(envelope)
        # While it starts or stops it is in the hands of a worker or on its way to one.
        if not self.scheduled and self.state is RUNNING:
            self.scheduled = True
            self.system.dispatcher.schedule(self)

    def post_from_outside(self, envelope: Envelope) -> None:
        """As `post`, from a plain greenlet: waits for room when the policy is BLOCK.

        Raises ActorDeadError when the actor is gone, also if it goes while the sender waits, and AskTimeout
        when the deadline of the envelope passes first. The hub and workers cannot wait: they just `post`.
        """
        if self.mailbox.blocks and self._can_wait(envelope):
            while self.is_alive and self.depth >= self.mailbox.limit:
                self._wait_for_room(envelope.deadline)
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

    def post_step_first(self, step: Step) -> None:
        """As `post_step`, before everything that waits there."""
        self.post_step(step)
        if self._control is not None:
            self._control.rotate(1)

    def _can_wait(self, envelope: Envelope) -> bool:
        current = getcurrent()
        if isinstance(current, Worker) or current is self.system.dispatcher.hub:
            return False
        return not isinstance(envelope.message, ActorStop)

    def _wait_for_room(self, deadline: float | None) -> None:
        if self._room is None:
            self._room = Event()
        if deadline is None:
            self._room.wait()
            return
        left = deadline - self.system.now()
        if left <= 0:
            raise AskTimeout(self.path, None)
        # All who wait wake and look again; only this one finds that its time is over.
        alarm = self.system.clock.call_later(left, self._wake_senders)
        try:
            self._room.wait()
        finally:
            alarm.cancel()

    def _make_room(self, queue: deque[Envelope], envelope: Envelope) -> bool:
        """The mailbox is full: whether `envelope` may come in all the same."""
        if isinstance(envelope.message, ActorStop):
            return True
        self.dropped += 1
        if self.mailbox.overflow is Overflow.DROP_OLDEST and not isinstance(queue[0].message, ActorStop):
            self.system.undeliverable(self, queue.popleft(), "its mailbox was full")
            return True
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
            waiting.trace = envelope.trace
            self.dropped += 1
            return True
        self._keys[key] = envelope
        return False

    def _forget_key(self, envelope: Envelope) -> None:
        """This envelope does not wait any more: nothing may be merged into it."""
        if self._keys and self.mailbox.key is not None:
            key = key_of(self.mailbox.key, envelope.message)
            if self._keys.get(key) is envelope:
                del self._keys[key]

    def _refuse(self, envelope: Envelope) -> None:
        if self.closed:
            self.system.undeliverable(self, envelope, "the actor is gone")
        else:
            why = QUARANTINE if self.state is CellState.QUARANTINED else STOPPED
            self.system.undeliverable(self, envelope, why, Unavailable(self.path, why))

    def quarantine(self) -> None:
        """A supervisor has given it up for a while; its next start opens it again."""
        self.state = CellState.QUARANTINED
        self.refuse_mail()

    def refuse_mail(self) -> None:
        """Nobody comes for the mail before a next start, which is not planned: who waits is told so."""
        self.refuses_mail = True
        queue, self._queue = self._queue, None
        self._keys = None
        for envelope in queue or ():
            self._refuse(envelope)
        self._wake_senders()

    def put_back(self, envelope: Envelope) -> None:
        """Let `envelope` be the next that is handled, whatever the limit says."""
        if self._queue is None:
            self._queue = self._borrow()
        self._queue.appendleft(envelope)

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
            if self.state is RUNNING and not self.is_suspended:
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

    def purge_mail(self, why: str) -> None:
        """Give up the waiting user mail: asks fail, everything else becomes dead letters."""
        self._give_up_mail(why)

    def _give_up_control(self) -> None:
        self._control = None

    def _wake_senders(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            room.set()

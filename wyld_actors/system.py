"""An actor system: a tree of cells, a dispatcher, a clock, a registry. No globals: two systems in
one process do not know each other.
"""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gevent

from wyld_actors.cell import Cell
from wyld_actors.clock import Clock, ManualClock, RealClock
from wyld_actors.dispatcher import TIME_SLICE_SECONDS, Dispatcher
from wyld_actors.errors import ActorDeadError, NoSuchLetter, Refused, SystemStopped
from wyld_actors.mailbox import Envelope, Mailbox
from wyld_actors.messages import ChildExited
from wyld_actors.postbox import PostBox
from wyld_actors.pykka_names import ActorStop
from wyld_actors.ref import Ref
from wyld_actors.registry import Registry
from wyld_actors.seam import announce
from wyld_actors.slowness import SlowHandlers, StuckReport
from wyld_actors.states import LIVE
from wyld_actors.timings import ClassTimings

if TYPE_CHECKING:
    from wyld_actors.actor import Actor

__all__ = ["ActorSystem", "DeadLetter"]

logger = logging.getLogger(__name__)

# Dead letters kept for an operator to look at; older ones remain in the count.
DEAD_LETTERS_KEPT = 256

# Rounds without anything to do after which `settle` believes that nothing more will come: an answer
# reaches a blocked handler through two callbacks of the hub.
QUIET_ROUNDS = 3

# A listener for dead letters may cause another one. So deep they are still announced; a listener that
# tells the dead would go on for ever.
ANNOUNCED_DEPTH = 4

DEFAULT_MAILBOX = Mailbox()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody handled, and why. They are numbered from 1 on.

    `is_parked`: its handler crashed, so those who listen to crashes have heard of it already. `actor` is the
    class of who was to handle it.
    """

    path: str
    message: Any
    why: str
    at: float
    trace: object | None
    number: int = 0
    is_parked: bool = False
    actor: str = ""


class ActorSystem:
    """Everything that a set of actors shares."""

    def __init__(
        self, name: str = "system", clock: Clock | None = None, *, uses_pykka_registry: bool = False
    ) -> None:
        self.name = name
        self.clock: Clock = clock if clock is not None else RealClock()
        self.now: Callable[[], float] = self.clock.now
        self.dispatcher = Dispatcher()
        self.registry = Registry()
        self.roots: dict[str, Cell] = {}
        self.cell_count = 0
        """How many actors have a place in the tree, whatever their state."""
        self.dead_letters: deque[DeadLetter] = deque(maxlen=DEAD_LETTERS_KEPT)
        self.dead_letter_count = 0
        self.on_crash: list[Callable[[ChildExited], None]] = []
        self.on_dead_letter: list[Callable[[DeadLetter], None]] = []
        self.on_stuck: list[Callable[[StuckReport], None]] = []
        self.slow_handlers = SlowHandlers()
        # Cells of persistent classes whose state a handler has replaced; whoever saves them takes them out.
        self.changed: set[Cell] = set()
        # Cells of persistent classes that are not up, or are suspended. One that is gone for good stays here
        # as well, until whoever saves it takes it out.
        self.unready: dict[Cell, None] = {}
        # For operators: times in handlers, and messages handled by actors that are gone.
        self.timings: defaultdict[type[Actor], ClassTimings] = defaultdict(ClassTimings)
        self.handled_by_gone: defaultdict[type[Actor], int] = defaultdict(int)
        self.uses_pykka_registry = uses_pykka_registry
        self.is_stopped = False
        self._announcing = 0
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        return f"<ActorSystem {self.name}>"

    # Making and finding actors -------------------------------------------------------------------

    def create_cell(
        self,
        actor_class: type[Actor],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        name: str | None = None,
        parent: Cell | None = None,
        mailbox: Mailbox = DEFAULT_MAILBOX,
        keep_mailbox: bool = True,
        message_retries: int = 0,
        is_supervised: bool = True,
        start_timeout_seconds: float | None = None,
    ) -> Cell:
        """Make the place for an actor; `start` of the cell runs it.

        The keyword argument `state` is the record it begins with, and not given to `__init__`. A
        supervised cell reports to `parent` and stays after its incarnation ended; another one is
        discarded then. A message that crashes it is tried `message_retries` times again. Raises
        NameTaken, ActorDeadError when `parent` is gone, SystemStopped.
        """
        if self.is_stopped:
            raise SystemStopped(self.name, name or actor_class.__name__)
        if parent is not None and parent.closed:
            raise ActorDeadError(f"{parent.path} is gone: nothing can be made below it")
        if name is not None and "/" in name:
            raise ValueError(f"{name!r} cannot be a name: paths are made of names with / between them")
        kwargs = dict(kwargs or {})
        state = kwargs.pop("state", None)
        return Cell(
            self,
            actor_class,
            args,
            kwargs,
            name=name or f"{actor_class.__name__.lower()}-{next(self._numbers)}",
            parent=parent,
            mailbox=mailbox,
            keep_mailbox=keep_mailbox,
            message_retries=message_retries,
            is_supervised=is_supervised and parent is not None,
            start_timeout_seconds=start_timeout_seconds,
            state=state,
        )

    def spawn(
        self,
        actor_class: type[Actor],
        *args: Any,
        name: str | None = None,
        mailbox: Mailbox = DEFAULT_MAILBOX,
        **kwargs: Any,
    ) -> Ref:
        """Start an actor at the top of the tree that nobody restarts; arguments as in `create_cell`."""
        cell = self.create_cell(actor_class, args, kwargs, name=name, mailbox=mailbox, is_supervised=False)
        cell.start()
        return cell.actor_ref

    def find(self, path: str) -> Ref | None:
        """The actor at `path`, None when there is none."""
        table: dict[str, Cell] | None = self.roots
        cell: Cell | None = None
        for part in path.strip("/").split("/"):
            cell = table.get(part) if table else None
            if cell is None:
                return None
            table = cell.children
        return cell.actor_ref if cell is not None else None

    def cells(self) -> Iterator[Cell]:
        """Every cell, parents before their children."""
        waiting = deque(self.roots.values())
        while waiting:
            cell = waiting.popleft()
            yield cell
            if cell.children:
                waiting.extend(cell.children.values())

    # Running ---------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let the actors work until no message waits for a turn. For tests and orderly ends.

        Handlers that wait for something else than an answer stay where they are.
        """
        quiet = 0
        turns = self.dispatcher.turns
        while quiet < QUIET_ROUNDS:
            gevent.sleep(0)
            if self.dispatcher.is_idle and turns == self.dispatcher.turns:
                quiet += 1
            else:
                quiet = 0
                turns = self.dispatcher.turns

    def advance(self, seconds: float) -> None:
        """Move a ManualClock on, timer by timer, and let the actors work after each."""
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("only a system with a ManualClock can be advanced")
        self.settle()
        end = clock.now() + seconds
        while (due := clock.next_due()) is not None and due <= end:
            clock.advance_to(due)
            self.settle()
        clock.advance_to(end)
        self.settle()

    def stop(self) -> None:
        """Kill what is left and let go of everything; an ordered end is a supervisor's work.

        No actor can be made any more. One whose handler takes no notice of its kill stays until it does.
        """
        self.is_stopped = True
        for cell in list(self.roots.values()):
            cell.is_supervised = False
            if cell.state in LIVE:
                cell.kill()
            else:
                cell.discard()
        self.settle()
        self.dispatcher.close()

    def call_slow_from(self, seconds: float) -> None:
        """A handler that has the thread for this long without a pause is told in the log; 0: none is."""
        limit = seconds or float("inf")
        self.slow_handlers.limit_seconds = limit
        self.dispatcher.slow_overrun = limit - TIME_SLICE_SECONDS

    # What happened ------------------------------------------------------------------------------------

    def undeliverable(
        self, cell: PostBox, envelope: Envelope, why: str, error: Exception | None = None
    ) -> None:
        """Account for a message that will not be handled: its asker is told, else a dead letter.

        Nothing is lost with a message that is moot without its receiver. `error` is for the asker, by default
        an ActorDeadError.
        """
        if envelope.reply_to is not None:
            if isinstance(envelope.message, ActorStop):
                envelope.reply_to.answer(None)
            else:
                text = f"{cell.actor_ref} stopped before handling the message: {why}"
                envelope.reply_to.fail(error or ActorDeadError(text))
        elif not getattr(envelope.message, "is_moot_without_receiver", False):
            self._to_dead_letters(cell, envelope, why, is_parked=False)

    def park(self, cell: PostBox, envelope: Envelope, why: str) -> None:
        """Put a message that crashed its receiver again into the dead letters; its asker was told."""
        self._to_dead_letters(cell, envelope, why, is_parked=True)

    def send_again(self, number: int) -> Ref:
        """Take a dead letter out and send it once more to whoever has its path now.

        Its trace is `letter-<number>`: what caused it first is long over. Raises NoSuchLetter, ActorDeadError
        when nobody has the path, Refused for a message whose failure was made good already.
        """
        letter = next((letter for letter in self.dead_letters if letter.number == number), None)
        if letter is None:
            raise NoSuchLetter(number)
        if not getattr(letter.message, "can_be_sent_again", True):
            raise Refused(f"{type(letter.message).__name__} was made good for when it failed")
        ref = self.find(letter.path)
        if ref is None:
            raise ActorDeadError(f"nobody is at {letter.path}")
        self.dead_letters.remove(letter)
        ref.cell.post(Envelope(letter.message, trace=f"letter-{number}"))
        return ref

    def _to_dead_letters(self, cell: PostBox, envelope: Envelope, why: str, *, is_parked: bool) -> None:
        self.dead_letter_count += 1
        letter = DeadLetter(
            cell.path,
            envelope.message,
            why,
            self.now(),
            envelope.trace,
            self.dead_letter_count,
            is_parked,
            cell.actor_ref.actor_class.__name__,
        )
        self.dead_letters.append(letter)
        if self.on_dead_letter and self._announcing < ANNOUNCED_DEPTH:
            self._announcing += 1
            try:
                announce(self.on_dead_letter, letter)
            finally:
                self._announcing -= 1

    def incarnation_ended(self, exited: ChildExited) -> None:
        """Tell those who want to know of crashes. Called by cells."""
        if self.on_crash and not exited.reason.is_clean:
            announce(self.on_crash, exited)

    def was_stuck(self, report: StuckReport) -> None:
        """Tell those who want to know of handlers that do not give the thread back. Called by a watchdog."""
        announce(self.on_stuck, report)

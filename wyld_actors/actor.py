"""The actor: what an author subclasses, and how its handlers are found.

`@on(Type)` names the handler for a message type; the table is built when the class is made, and a
subclass inherits it and may override the methods. `@every(seconds=...)` names a method that runs
periodically. Pykka's own face (`on_receive`, proxies, `start`, `stop`) works as well.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import pykka
from pykka import ActorRegistry

from wyld_actors.context import Context
from wyld_actors.errors import ActorError
from wyld_actors.future import Future
from wyld_actors.messages import Message, Record
from wyld_actors.pykka_names import ActorStop
from wyld_actors.reasons import ExitKind, ExitReason, text_of
from wyld_actors.ref import Inbox, Ref, StopFlag
from wyld_actors.seam import run_hook
from wyld_actors.system import ActorSystem
from wyld_actors.worker import current_handler

if TYPE_CHECKING:
    from wyld_actors.cell import Cell

__all__ = ["Actor", "HandlerConflict", "every", "on"]

logger = logging.getLogger("pykka")

Method = TypeVar("Method", bound=Callable[..., Any])
Handler = Callable[[Any, Any, Any], Any]

_HANDLED = "_wyld_handled_types"
_PERIOD = "_wyld_period_seconds"


def on(*message_types: type) -> Callable[[Method], Method]:
    """Let the decorated method `(self, ctx, message)` handle messages of these exact types.

    Its return value is the answer to an ask.
    """
    if not message_types or not all(isinstance(kind, type) for kind in message_types):
        raise TypeError("@on takes the message types that the method handles: @on(Arrived)")

    def mark(method: Method) -> Method:
        setattr(method, _HANDLED, message_types)
        return method

    return mark


def every(*, seconds: float) -> Callable[[Method], Method]:
    """Let the decorated method `(self, ctx)` run every `seconds` while the actor is up."""
    if seconds <= 0:
        raise ValueError(f"@every needs a period longer than 0 seconds, not {seconds}")

    def mark(method: Method) -> Method:
        setattr(method, _PERIOD, seconds)
        return method

    return mark


class Tick(Message, frozen=True):
    """Tells an actor that the time of one of its `@every` methods has come."""

    method: str


class HandlerConflict(ActorError, TypeError):
    """Two methods of one class claim the same message type."""

    def __init__(self, class_name: str, message_type: type, first: str, second: str) -> None:
        super().__init__(class_name, message_type, first, second)
        self.class_name = class_name
        self.message_type = message_type
        self.methods = (first, second)

    def __str__(self) -> str:
        first, second = self.methods
        return (
            f"{self.class_name}: both {first} and {second} handle {self.message_type.__name__}; "
            "merge them, or take @on from one"
        )


class Actor(pykka.Actor):
    """Base of every actor.

    With a `State` (a Record whose fields have defaults, or given as `state=` when spawned) the actor has
    `self.state` before `__init__` runs. A handler replaces it; when a handler raises, the next
    incarnation starts from the record as it was before that handler.
    """

    State: ClassVar[type[Record] | None] = None
    context_class: ClassVar[type[Context]] = Context

    crash_on_ask: ClassVar[bool] = True
    """Whether an undeclared error in an ask ends the incarnation. False is Pykka's rule: the asker gets the
    error and the actor lives on."""
    contain_base_exceptions: ClassVar[bool] = True
    """Whether a BaseException ends this actor only. False is Pykka's rule: it stops all."""

    may_be_interrupted: ClassVar[bool] = True
    """Whether a watchdog may raise ActorStuck in a handler that has had the thread for too long. An
    exception at any place is harmless where all that lasts is a frozen record; False for who keeps more than
    that."""

    is_persistent: ClassVar[bool] = False
    """Whether a replaced state is noted in `ActorSystem.changed`, to be saved."""

    handlers: ClassVar[dict[type, Handler]] = {}
    periodic: ClassVar[tuple[tuple[str, float], ...]] = ()

    state: Any
    ctx: Any
    _cell: Cell

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.handlers = _handler_table(cls)
        cls.periodic = _periods(cls)

    @classmethod
    def bind(cls, cell: Cell) -> Self:
        """Make the object for a new incarnation; its `__init__` is yet to run."""
        instance = cell.instance = cls.__new__(cls)
        instance._cell = cell
        instance.ctx = cls.context_class(cell)
        if cell.good_state is None and cls.State is not None:
            cell.good_state = cls.State()
        instance.state = cell.good_state
        return instance

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        # Pykka's __init__ makes an inbox, an event and a URN for each object: here they are views
        # of the cell, which makes an idle actor small. An object made by hand gets a dead one.
        # Not looked for in `__dict__`: an object that was asked for it has one of its own from then on.
        if not hasattr(self, "_cell"):
            self._cell = _pykka_system().create_cell(type(self), name=uuid.uuid4().urn)
            self._cell.discard()

    def __str__(self) -> str:
        return f"{type(self).__name__} ({self.actor_urn})"

    def start_ticking(self) -> None:
        """Arm the timers of `@every`; called when the incarnation is up."""
        for name, seconds in self.periodic:
            self.ctx.every(seconds, Tick(name))

    # Pykka's face ----------------------------------------------------------------------------------

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> Ref:
        """Start an unsupervised actor as Pykka does: `__init__` runs in the caller.

        It is in Pykka's process-wide registry, and so in one process-wide system. Everything of ours is
        started by `ActorSystem.spawn` or a supervisor instead.
        """
        cell = _pykka_system().create_cell(cls, args, kwargs, name=uuid.uuid4().urn, is_supervised=False)
        instance = cls.bind(cell)
        try:
            instance.__init__(*args, **kwargs)  # type: ignore[misc]
        except BaseException:
            cell.discard()
            raise
        ActorRegistry.register(cell.actor_ref)
        logger.debug(f"Starting {instance}")
        cell.adopt(instance)
        return cell.actor_ref

    @property
    def actor_ref(self) -> Any:
        return self._cell.actor_ref

    @property
    def actor_urn(self) -> Any:  # type: ignore[override]
        return self.actor_ref.actor_urn

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]
        return Inbox(self._cell)

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        return StopFlag(self._cell)

    @staticmethod
    def _create_actor_inbox() -> Any:
        raise NotImplementedError("the mailbox of an actor belongs to its cell")

    @staticmethod
    def _create_future() -> Future[Any]:
        return Future()

    def _start_actor_loop(self) -> None:
        raise NotImplementedError("the dispatcher runs the actor")

    def stop(self) -> None:
        """End this actor after the mail that waits already (Pykka's rule)."""
        self.actor_ref.tell(ActorStop())

    def leave_registry(self) -> None:
        """The orderly end begins; what Pykka does before `on_stop`."""
        if self._cell.system.uses_pykka_registry:
            ActorRegistry.unregister(self.actor_ref)
            logger.debug(f"Stopped {text_of(self)}")

    def failed(self, reason: ExitReason, error: BaseException) -> None:
        """Code of the author raised and the incarnation is over: `on_failure` may clean up.

        A supervisor logs the crash of its child; of an unsupervised actor it is logged here.
        """
        if not self._cell.is_supervised:
            self._log_failure(error)
        worker = current_handler()
        if reason.kind is ExitKind.CRASH and worker is not None:
            hook = functools.partial(self.on_failure, type(error), error, error.__traceback__)
            hook_error = run_hook(self._cell, worker, hook)
            if hook_error is not None:
                self._log_failure(hook_error)

    def _log_failure(self, error: BaseException) -> None:
        exc_info = (type(error), error, error.__traceback__)
        logger.error(f"Unhandled exception in {text_of(self)}:", exc_info=exc_info)
        if self._cell.system.uses_pykka_registry:
            ActorRegistry.unregister(self.actor_ref)

    def answer_like_pykka(self, reply_to: Future[Any], error: Exception) -> None:
        """With `crash_on_ask = False`: the asker gets the error, the actor lives on."""
        exc_info = (type(error), error, error.__traceback__)
        logger.info(f"Exception returned from {text_of(self)} to caller:", exc_info=exc_info)
        reply_to.fail(error, error.__traceback__)

    def run_tick(self, ctx: Context, tick: Tick) -> None:
        """Handler of Tick."""
        getattr(self, tick.method)(ctx)


@functools.cache
def _pykka_system() -> ActorSystem:
    # Pykka's registry is one for the process, and so is this; nothing of ours uses it.
    return ActorSystem("pykka", uses_pykka_registry=True)


def _periods(cls: type) -> tuple[tuple[str, float], ...]:
    """The `@every` methods; a subclass may override the method without repeating the decorator."""
    found: dict[str, float] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if hasattr(value, _PERIOD):
                found[name] = getattr(value, _PERIOD)
    return tuple(found.items())


def _handler_table(cls: type) -> dict[type, Handler]:
    owners: dict[type, str] = {}
    for base in reversed(cls.__mro__):
        own: dict[type, str] = {}
        for name, value in vars(base).items():
            for kind in getattr(value, _HANDLED, ()):
                if kind in own:
                    raise HandlerConflict(cls.__name__, kind, own[kind], name)
                own[kind] = name
        owners.update(own)
    table: dict[type, Handler] = {kind: getattr(cls, name) for kind, name in owners.items()}
    table[Tick] = Actor.run_tick
    return table

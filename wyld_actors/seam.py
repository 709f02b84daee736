"""The seam between the runtime and the code of authors: the one place that catches everything.

A handler is atomic. What it tells, schedules and replies is held in the worker's outbox; when it returns
all of that leaves and its new state is kept, when it raises none of it ever happened. A `Refused` goes
to the asker and the actor lives on; any other exception, a BaseException such as gevent.Timeout
included, ends the incarnation, and the asker gets it as well. A handler that was killed has raised, whatever
it made of that.

Listeners, keys and other small callables of authors are called here too: what they raise is logged and
hurts nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from gevent import GreenletExit
from greenlet import getcurrent
from pykka import ActorRegistry

from wyld_actors.errors import ActorDeadError, ActorKilled, Refused
from wyld_actors.poison import MessageFate
from wyld_actors.pykka_names import ActorStop
from wyld_actors.reasons import ExitKind, ExitReason, crash, forget_frames
from wyld_actors.worker import Worker

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.mailbox import Envelope
    from wyld_actors.turns import TurnTaker

__all__ = ["announce", "handle", "key_of", "run_hook", "take_turn"]

logger = logging.getLogger(__name__)
pykka_logger = logging.getLogger("pykka")


def handle(cell: TurnTaker, worker: Worker, envelope: Envelope) -> None:
    """One message: all of what its handler does, or nothing."""
    message = envelope.message
    instance = cell.instance
    assert instance is not None
    worker.envelope = envelope
    worker.trace = envelope.trace
    try:
        handler = instance.handlers.get(message.__class__)
        if handler is not None:
            result = handler(instance, instance.ctx, message)
        elif isinstance(message, ActorStop):
            cell.asked_to_stop_like_pykka(worker, envelope)
            return
        else:
            result = instance._handle_receive(message)
        if cell.kill_reason is not None:
            raise ActorKilled(cell.path)
    except Refused as refusal:
        _refused(cell, instance, worker, envelope, refusal)
    except BaseException as error:
        _raised(cell, instance, worker, envelope, error)
    else:
        cell.handled += 1
        if instance.state is not cell.good_state:
            cell.keep_state(instance.state)
        if worker.outbox or worker.undo:
            worker.commit()
        if envelope.reply_to is not None and not worker.reply_deferred:
            envelope.reply_to.answer(result)
    worker.envelope = None
    worker.reply_deferred = False


def _refused(cell: TurnTaker, instance: Actor, worker: Worker, envelope: Envelope, refusal: Refused) -> None:
    if cell.kill_reason is not None:
        _raised(cell, instance, worker, envelope, refusal)
        return
    worker.abort()
    instance.state = cell.good_state
    # A "no" is an answer: it was handled.
    cell.handled += 1
    if envelope.reply_to is not None:
        envelope.reply_to.fail(refusal.with_traceback(None))
    else:
        logger.debug("%s refused %r: %s", cell.path, envelope.message, refusal)


def _raised(
    cell: TurnTaker, instance: Actor, worker: Worker, envelope: Envelope, error: BaseException
) -> None:
    worker.abort()
    reply_to = envelope.reply_to
    if cell.kill_reason is not None and cell.kill_reason.kind is ExitKind.STUCK:
        _was_stuck(cell, cell.kill_reason, envelope, error)
    elif cell.kill_reason is not None:
        cell.end(cell.kill_reason, envelope)
    elif not instance.contain_base_exceptions and not isinstance(error, Exception):
        pykka_logger.debug(f"{error!r} in {instance}. Stopping all actors.")
        if reply_to is not None:
            reply_to.fail(error)
        cell.finish_now(worker, crash(ExitKind.CRASH, error))
        ActorRegistry.stop_all()
    elif reply_to is not None and not instance.crash_on_ask and isinstance(error, Exception):
        instance.state = cell.good_state
        instance.answer_like_pykka(reply_to, error)
    else:
        kind = ExitKind.KILLED if isinstance(error, GreenletExit) else ExitKind.CRASH
        fate = cell.judge(envelope)
        if reply_to is not None and fate is not MessageFate.RETRIED:
            reply_to.fail(error)
        cell.end(crash(kind, error), envelope, error)


def _was_stuck(cell: TurnTaker, reason: ExitReason, envelope: Envelope, error: BaseException) -> None:
    """It was interrupted, and what it raises by now, if anything, is a consequence."""
    fate = cell.judge(envelope)
    if envelope.reply_to is not None and fate is not MessageFate.RETRIED:
        # Not the error itself: in the asker's handler it would look like the asker's own.
        envelope.reply_to.fail(ActorDeadError(f"{cell.actor_ref} was stuck: {reason.error}"))
    if reason.error is not None:
        forget_frames(reason.error)
    cell.end(reason, envelope, error)


def run_hook(cell: TurnTaker, worker: Worker, hook: Callable[[], object]) -> BaseException | None:
    """Run `__init__`, `on_start`, `on_stop` or `on_failure`, atomically as well. Returns what it raised."""
    try:
        hook()
        if cell.kill_reason is not None:
            raise ActorKilled(cell.path)
    except BaseException as error:
        worker.abort()
        return error
    worker.commit()
    return None


def take_turn(cell: TurnTaker, worker: Worker, batch: int) -> bool:
    """Run a cell; whether more waits. An error of the runtime itself ends this one actor only."""
    try:
        return cell.run(worker, batch)
    except BaseException as error:
        logger.critical("the runtime failed in %s, which is ended", cell.path, exc_info=True)
        broken = error
    try:
        cell.break_off(worker, broken)
    except BaseException:
        logger.critical("%s could not be ended", cell.path, exc_info=True)
    return cell.leave(worker)


def announce(listeners: Iterable[Callable[..., object]], *news: object) -> None:
    """Call each listener. What one of them tells is no part of a handler that may be running here."""
    worker = getcurrent()
    cell = None
    if isinstance(worker, Worker):
        cell, worker.cell = worker.cell, None
    try:
        for listener in tuple(listeners):
            try:
                listener(*news)
            except BaseException:
                logger.exception("the listener %r failed", listener)
    finally:
        if isinstance(worker, Worker):
            worker.cell = cell


def key_of(key: Callable[[Any], Hashable | None], message: Any) -> Hashable | None:
    """The key under which a message is merged, None when none can be made."""
    try:
        found = key(message)
        hash(found)
    except Exception:
        logger.exception("no key for %s", type(message).__name__)
        return None
    return found

"""The seam between the runtime and the code of authors: the one place that catches everything.

A handler is atomic. What it tells, schedules and replies is held in the worker's outbox; when it returns
all of that leaves and its new state is kept, when it raises none of it ever happened. A `Refused` goes
to the asker and the actor lives on; any other exception, a BaseException such as gevent.Timeout
included, ends the incarnation, and the asker gets it as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from gevent import GreenletExit
from pykka import ActorRegistry

from wyld_actors.errors import ActorKilled, AskTimeout, Refused
from wyld_actors.pykka_names import ActorStop
from wyld_actors.reasons import ExitKind, crash

if TYPE_CHECKING:
    from wyld_actors.actor import Actor
    from wyld_actors.cell import Cell
    from wyld_actors.dispatcher import Worker
    from wyld_actors.mailbox import Envelope

__all__ = ["handle", "run_hook"]

logger = logging.getLogger(__name__)
pykka_logger = logging.getLogger("pykka")


def handle(cell: Cell, worker: Worker, envelope: Envelope) -> None:
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
        if envelope.reply_to is not None and not worker.reply_deferred and not envelope.reply_to.is_done:
            envelope.reply_to.set(result)
    worker.envelope = None
    worker.reply_deferred = False


def expire(cell: Cell, envelope: Envelope) -> None:
    """The time of a request is over before its turn has come: it is not handled any more."""
    if envelope.reply_to is not None:
        envelope.reply_to.fail(AskTimeout(cell.path, None))


def run_hook(worker: Worker, hook: Callable[[], object]) -> BaseException | None:
    """Run `__init__`, `on_start` or `on_stop`, atomically as well; what it raised, if it did."""
    try:
        hook()
    except BaseException as error:
        worker.abort()
        return error
    worker.commit()
    return None


def _refused(cell: Cell, instance: Actor, worker: Worker, envelope: Envelope, refusal: Refused) -> None:
    worker.abort()
    instance.state = cell.good_state
    if envelope.reply_to is not None:
        envelope.reply_to.fail(refusal.with_traceback(None))
    else:
        logger.debug("%s refused %r: %s", cell.path, envelope.message, refusal)


def _raised(cell: Cell, instance: Actor, worker: Worker, envelope: Envelope, error: BaseException) -> None:
    worker.abort()
    if cell.kill_reason is not None:
        cell.end(cell.kill_reason, envelope)
    elif not instance.contain_base_exceptions and not isinstance(error, Exception):
        pykka_logger.debug(f"{error!r} in {instance}. Stopping all actors.")
        cell.finish_now(worker, crash(ExitKind.CRASH, error))
        ActorRegistry.stop_all()
    elif envelope.reply_to is not None and not instance.crash_on_ask and isinstance(error, Exception):
        instance.answer_like_pykka(envelope.reply_to, error)
    else:
        if envelope.reply_to is not None:
            envelope.reply_to.fail(error)
        kind = ExitKind.KILLED if isinstance(error, GreenletExit) else ExitKind.CRASH
        cell.end(crash(kind, error), envelope, error)

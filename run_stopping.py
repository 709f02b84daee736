"""How a server is asked to stop, and who has how much of the time that a stop may take. Part of the roof."""

import signal
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import gevent
from gevent.event import Event

from actors.running_half import RunningHalf
from supervisors.process_group import IMPATIENT_SECONDS

# Of the time a stop may take, what is kept for PostgreSQL, which is stopped last: its own last checkpoint.
POSTGRES_SHARE = 0.25


def on_signals(*actions: Callable[[], Any]) -> None:
    """Do these, each in a greenlet of its own, at every signal that asks for an end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for action in actions:
            gevent.signal_handler(number, action)


def stop_on_signals(half: RunningHalf, stopping: Event, limit_seconds: float) -> None:
    """Stop it at a signal, also at one that came before; a second one hurries the stop.

    Done before the launcher's patience is: it kills what is not.
    """
    seconds = (share * (1 - POSTGRES_SHARE) for share in chain([limit_seconds], repeat(IMPATIENT_SECONDS)))
    on_signals(lambda: half.stop(next(seconds)))
    if stopping.is_set():
        half.stop(next(seconds))

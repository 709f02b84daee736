"""Dead letters in the restart log: a sample of each kind, and how many more there were.

A message that nobody handled is counted and kept by the actor system; here it becomes a record that says to
whom it was sent, why it was not handled, and under which number an operator can send it again. Its kind is
class, message type and reason, so the flood on one full mailbox is a few records and a count.
"""

from __future__ import annotations

from collections.abc import Callable

from supervisors.recording import writable
from supervisors.records import PARKED, UNDELIVERABLE, LogEvent, RestartRecord
from supervisors.services import Services
from wyld_actors import ActorSystem, DeadLetter


def record_letters(system: ActorSystem, services: Services) -> Callable[[], None]:
    """Write a record of each dead letter from now on.

    Returns what ends that, to be called when everything is told to stop: who has ended in order misses mail
    of those who end after it, and nobody needs to read that. Ending it again is harmless.
    """

    def write(letter: DeadLetter) -> None:
        services.log.write(record_of_letter(letter, services.wall_clock()))

    def end() -> None:
        if write in system.on_dead_letter:
            system.on_dead_letter.remove(write)

    system.on_dead_letter.append(write)
    return end


def record_of_letter(letter: DeadLetter, time: float) -> RestartRecord:
    """The record of one dead letter."""
    return RestartRecord(
        event=LogEvent.DEAD_LETTER,
        supervisor=letter.path.rpartition("/")[0],
        path=letter.path,
        actor=letter.actor,
        time=time,
        reason_class=PARKED if letter.is_parked else UNDELIVERABLE,
        exc_msg=writable(letter.why),
        message_type=type(letter.message).__name__,
        message_id=str(letter.number),
        trace_id=None if letter.trace is None else str(letter.trace),
    )

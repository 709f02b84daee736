"""What belongs together in the restart log: crashes of one bug, and the restarts and answers after each.

A cause is named by eight digits made of class, error, line of code and message type, so it is the same in
both processes and after a restart of everything. Its stack is given out once, and again after an hour, as
the file that holds the first may be gone by then. Restarts and answers have no error of their own: they get
the cause of the end before them, and so do siblings that were restarted because of it.

Pure, and bounded: whoever was not heard of for the longest time is forgotten.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from supervisors.records import LogEvent, RestartRecord

# Bugs that are remembered. There are as many causes as faulty lines of code, not as crashes.
CAUSES_REMEMBERED: Final = 1000
# Actors that are down, or were not asked for anything yet. Each is some 200 bytes.
PATHS_REMEMBERED: Final = 20_000
# Seconds after which a stack is written again.
STACK_SECONDS: Final = 3600.0

_ENDS: Final = frozenset(
    {LogEvent.CHILD_TERMINATED, LogEvent.START_ERROR, LogEvent.QUARANTINED, LogEvent.STUCK}
)


@dataclass(slots=True)
class _Cause:
    occurrences: int = 0
    stack_at: float | None = None


class Causes:
    """Knows which record belongs to which cause."""

    def __init__(self, *, causes: int = CAUSES_REMEMBERED, paths: int = PATHS_REMEMBERED) -> None:
        self._causes_limit = causes
        self._paths_limit = paths
        self._causes: OrderedDict[str, _Cause] = OrderedDict()
        self._by_path: OrderedDict[str, str] = OrderedDict()

    def complete(self, record: RestartRecord, now: float) -> RestartRecord:
        """The record with its cause, how often that has happened, and its stack if it is news."""
        if record.event in (LogEvent.RESTARTED, LogEvent.ANSWERED):
            return self._follow_up(record)
        name = _name(record)
        cause = self._causes.setdefault(name, _Cause())
        self._causes.move_to_end(name)
        _forget(self._causes, self._causes_limit)
        cause.occurrences += 1
        stack = record.stack
        if stack is not None and cause.stack_at is not None and now - cause.stack_at < STACK_SECONDS:
            stack = None
        elif stack is not None:
            cause.stack_at = now
        if record.event in _ENDS:
            self._remember(name, record)
        return record.replace(cause=name, occurrences=cause.occurrences, stack=stack)

    def _follow_up(self, record: RestartRecord) -> RestartRecord:
        cause = self._by_path.get(record.path)
        if cause is None:
            return record.replace(cause=_name(record))
        if record.event is LogEvent.ANSWERED:
            del self._by_path[record.path]
        return record.replace(cause=cause)

    def _remember(self, name: str, record: RestartRecord) -> None:
        for path in (record.path, *(f"{record.supervisor}/{id}" for id in record.group)):
            self._by_path[path] = name
            self._by_path.move_to_end(path)
        _forget(self._by_path, self._paths_limit)


def _name(record: RestartRecord) -> str:
    return hashlib.blake2s("\n".join(record.story).encode(), digest_size=4).hexdigest()


def _forget(known: OrderedDict[str, _Cause] | OrderedDict[str, str], limit: int) -> None:
    while len(known) > limit:
        known.popitem(last=False)

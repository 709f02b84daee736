"""A limit on repetition: the first records of a kind are written at once, then they are counted.

Each fingerprint has a bucket of `AT_ONCE` records that fills again by one in `REFILL_SECONDS`. What meets an
empty bucket is counted, and the count is told with the next record that is written, or in a summary: the
last record that was counted, with how many it stands for. Summaries of a storm come after 10 s, then
after 20 s, and so on up to five minutes. So a storm of a thousand crashes of one cause is a handful of
records, another cause in the middle of it is seen at once, and nothing is ever only dropped.

Always written: what ends something for good, and a record with a stack, which is one that nobody has seen.

Pure: it is told the time, and asked for what is due. Bounded: the kind that was not heard of for the longest
time is forgotten, after its count was told.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from supervisors.records import RestartRecord

# Records of a kind that are written one by one: enough to see a pattern in times and paths.
AT_ONCE: Final = 5
# Slower than the probes of a child in quarantine, which come every minute for as long as it is broken.
REFILL_SECONDS: Final = 300.0
# Until a count is told, at first and at most.
SUMMARY_SECONDS: Final = 10.0
SUMMARY_SECONDS_AT_MOST: Final = 300.0
KINDS_REMEMBERED: Final = 1000
OTHERS_NAMED: Final = 5


@dataclass(slots=True)
class _Kind:
    bucket: float
    filled_at: float
    summary_seconds: float = SUMMARY_SECONDS
    due_at: float = 0.0
    counted: int = 0
    last: RestartRecord | None = None
    last_at: float = 0.0
    # In the order in which they came; a set would have none.
    others: dict[str, None] = field(default_factory=dict)


class Repeats:
    """Decides what is written and what is counted."""

    def __init__(self, *, kinds: int = KINDS_REMEMBERED) -> None:
        self._limit = kinds
        self._kinds: OrderedDict[tuple[str, ...], _Kind] = OrderedDict()
        self._pending: set[tuple[str, ...]] = set()

    @property
    def is_pending(self) -> bool:
        """Whether something was counted and not told."""
        return bool(self._pending)

    def take(self, record: RestartRecord, now: float) -> list[RestartRecord]:
        """What is to be written for this record, in order."""
        key = record.fingerprint
        kind = self._kinds.get(key)
        forgotten = []
        if kind is None:
            forgotten = self._make_room(now)
            kind = self._kinds[key] = _Kind(AT_ONCE, now)
        self._kinds.move_to_end(key)
        _fill(kind, now)
        if kind.bucket >= 1 or record.is_final or record.stack is not None:
            kind.bucket = max(kind.bucket - 1, 0.0)
            return [*forgotten, self._with_count(key, kind, record)]
        self._count(key, kind, record, now)
        return forgotten

    def due(self, now: float) -> list[RestartRecord]:
        """The summaries whose time has come."""
        keys = [key for key in self._kinds if key in self._pending and self._kinds[key].due_at <= now]
        found = [self._summary(key, now) for key in keys]
        for key in keys:
            kind = self._kinds[key]
            kind.summary_seconds = min(2 * kind.summary_seconds, SUMMARY_SECONDS_AT_MOST)
        return found

    def flush(self, now: float) -> list[RestartRecord]:
        """The summaries of everything, due or not."""
        return [self._summary(key, now) for key in list(self._kinds) if key in self._pending]

    def _make_room(self, now: float) -> list[RestartRecord]:
        told = []
        while len(self._kinds) >= self._limit:
            oldest = next(iter(self._kinds))
            if oldest in self._pending:
                told.append(self._summary(oldest, now))
            del self._kinds[oldest]
        return told

    def _count(self, key: tuple[str, ...], kind: _Kind, record: RestartRecord, now: float) -> None:
        if not kind.counted:
            kind.due_at = now + kind.summary_seconds
            self._pending.add(key)
        kind.counted += 1
        kind.last, kind.last_at = record, now
        if len(kind.others) < OTHERS_NAMED:
            kind.others[record.path] = None

    def _summary(self, key: tuple[str, ...], now: float) -> RestartRecord:
        kind = self._kinds[key]
        last = kind.last
        assert last is not None, "something was counted"
        # Told now, so it is news now: who follows the log by time would miss what is dated back.
        summary = last.replace(time=last.time + (now - kind.last_at))
        kind.counted -= 1
        return self._with_count(key, kind, summary)

    def _with_count(self, key: tuple[str, ...], kind: _Kind, record: RestartRecord) -> RestartRecord:
        """The record, standing for those that were counted as well."""
        if not kind.counted and not kind.others:
            return record
        others = tuple(path for path in kind.others if path != record.path)
        told = record.replace(repeated=kind.counted, others=others)
        kind.counted, kind.last = 0, None
        kind.others.clear()
        self._pending.discard(key)
        return told


def _fill(kind: _Kind, now: float) -> None:
    kind.bucket = min(AT_ONCE, kind.bucket + (now - kind.filled_at) / REFILL_SECONDS)
    kind.filled_at = now
    if kind.bucket >= AT_ONCE:
        kind.summary_seconds = SUMMARY_SECONDS

"""Restarts as operators ask for them: how often lately, since when, where, and from now on.

`RestartHistory` listens to the restart log for as long as the process lives. It counts by class and reason
for the metrics, by path for the last hour, and hands records on to those who follow. The records of
earlier lives of the process are in the log's file, which is read from its end.
"""

import logging
import math
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
from gevent.queue import Full, Queue

from supervisors import LogEvent, RestartLog, RestartRecord
from wyld_actors.slices import in_slices

logger = logging.getLogger(__name__)

Fields = dict[str, Any]

# Of the file, what may be read for one question: some 2,000 crashes with their stacks.
TAIL_BYTES: Final = 4 * 1024 * 1024
# Restarts that are remembered for the counts of the last hour.
REMEMBERED: Final = 10_000
# Records that can be told to who asks for what is new.
KEPT_RECORDS: Final = 1_000
# Records that wait for a follower who does not read; past it they are counted instead.
FOLLOWER_RECORDS: Final = 1_000
MINUTES: Final = (1, 5, 60)
UNKNOWN = "unknown"

# What a supervisor had to decide on. One that gives up has decided before.
_ENDS: Final = frozenset(
    {LogEvent.CHILD_TERMINATED, LogEvent.START_ERROR, LogEvent.QUARANTINED, LogEvent.GAVE_UP}
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def since_when(text: str, now: float) -> float:
    """The wall clock time meant by "15m", "2h", "1d" ago, or by seconds since 1970. Raises ValueError.

    Between 1970 and now: no database knows every number.
    """
    if found := _DURATION.fullmatch(text.strip()):
        moment = now - float(found[1]) * _UNITS[found[2]]
    else:
        try:
            moment = float(text)
        except ValueError:
            moment = math.nan
    if math.isnan(moment):
        raise ValueError(f"{text[:20]!r} is no time: expected 30s, 15m, 2h, 1d or seconds since 1970")
    return min(max(moment, 0.0), now)


def is_below(path: str, above: str) -> bool:
    """Whether `path` is `above` or somewhere below it; everything is below ""."""
    above = above.rstrip("/")
    return path == above or path.startswith(above + "/")


def chosen(records: Sequence[Fields], *, since: float, path: str, limit: int) -> list[Fields]:
    """The last `limit` of those that fit, oldest first."""
    fitting = (
        record for record in reversed(records) if record.get("time", 0.0) >= since and concerns(record, path)
    )
    return list(islice(fitting, limit))[::-1]


def concerns(record: Fields, path: str) -> bool:
    """Whether the record is about an actor at or below `path`, also as one of those that are only counted."""
    return any(is_below(str(one), path) for one in (record.get("path", ""), *record.get("others", ())))


def read_tail(path: Path, limit_bytes: int = TAIL_BYTES) -> list[Fields]:
    """The records at the end of the file and of the one before it, oldest first. Of no file none.

    A file that cannot be read is said in the log and gives none either: what is in the database can be.
    """
    found: list[Fields] = []
    for file in (path.with_name(path.name + ".1"), path):
        try:
            with file.open("rb") as stream:
                size = stream.seek(0, 2)
                stream.seek(max(0, size - limit_bytes))
                lines = stream.read(limit_bytes).splitlines()
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("the restart log cannot be read: %s", error)
            continue
        found += _records(lines[1:] if size > limit_bytes else lines)
    return found


def _records(lines: Sequence[bytes]) -> Iterator[Fields]:
    for line in lines:
        try:
            record = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue  # a line that was being written when the machine went down
        if isinstance(record, dict):
            yield record


class RestartHistory:
    """What is remembered of the restarts of this process."""

    def __init__(self, log: RestartLog) -> None:
        self.log = log
        self.by_class: Counter[tuple[str, str]] = Counter()
        self.decisions: Counter[str] = Counter()
        self._restarts: deque[tuple[float, str]] = deque(maxlen=REMEMBERED)
        self._followers: set[Follower] = set()
        self._latest: deque[RestartRecord] = deque(maxlen=KEPT_RECORDS)
        self.count = 0
        """Records told so far: the number of the last one."""
        log.add_listener(self._count)
        log.add_sink(self._tell)

    def _count(self, record: RestartRecord) -> None:
        self.decisions[record.event.value] += 1
        if record.event in _ENDS:
            self.by_class[record.actor or UNKNOWN, record.reason_class or UNKNOWN] += 1
        elif record.event is LogEvent.RESTARTED:
            self._restarts.append((record.time, record.path))

    def _tell(self, record: RestartRecord) -> None:
        self.count += 1
        self._latest.append(record)
        for follower in self._followers:
            follower.put(record)

    def recent(self, now: float) -> dict[str, tuple[int, ...]]:
        """How often each path was restarted in the last 1, 5 and 60 minutes, of those that were."""
        counts: dict[str, list[int]] = {}
        for time, path in in_slices(tuple(self._restarts)):
            age = (now - time) / 60
            for index, minutes in enumerate(MINUTES):
                if age <= minutes:
                    counts.setdefault(path, [0] * len(MINUTES))[index] += 1
        return {path: tuple(count) for path, count in counts.items()}

    def after(self, number: int) -> list[RestartRecord]:
        """The records since that number, oldest first, as far as they are kept."""
        new = min(max(self.count - number, 0), len(self._latest))
        return list(islice(self._latest, len(self._latest) - new, None))

    def follow(self, backlog: int) -> "Follower":
        """Everything from now on, after the last `backlog` records. To be closed."""
        follower = Follower(self.log.recent(backlog), self._followers.discard)
        self._followers.add(follower)
        return follower

    @property
    def followers(self) -> int:
        """How many follow now."""
        return len(self._followers)

    def close(self) -> None:
        """Let the followers go."""
        for follower in tuple(self._followers):
            follower.close()


class Follower:
    """One who reads along. `missed` counts what came too fast."""

    def __init__(self, backlog: Sequence[RestartRecord], leave: Callable[["Follower"], object]) -> None:
        self.missed = 0
        self._is_closed = False
        self._queue: Queue[RestartRecord | None] = Queue(FOLLOWER_RECORDS)
        self._leave = leave
        for record in backlog:
            self.put(record)

    def put(self, record: RestartRecord | None) -> None:
        try:
            self._queue.put_nowait(record)
        except Full:
            self.missed += 1

    def next(self, timeout_seconds: float) -> RestartRecord | None:
        """The next record, None when it is closed. Raises gevent.queue.Empty after the time."""
        if self._is_closed and self._queue.empty():
            return None
        return self._queue.get(timeout=timeout_seconds)

    def close(self) -> None:
        """No more records."""
        self._leave(self)
        self._is_closed = True
        self.put(None)

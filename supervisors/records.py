"""One record for each decision of a supervisor: what operators read.

The fields are those of OTP's supervisor reports (child_terminated, start_error, shutdown_error) with what an
operator asks next: which message, how long it had been up, how often lately, what was decided, who
else was restarted with it. A record is a frozen value; writing it down is `restart_log`'s part.

An end and what was decided about it are one record. Its event is `child_terminated` or `start_error` as long
as the child comes back (`decision` says at once or after which delay) or is not meant to, `quarantined` and
`gave_up` when it does not. A supervisor that gives up adds a `gave_up` about itself: two things end.

Levels: a crash is an error, and so is whatever ends a supervisor or leaves something behind. What was
decided and worked is information. After `CRITICAL_AFTER` failures in a row the same crash is critical,
so that a loop stands out from a glitch (Pekko's criticalLogLevelAfter).
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wyld_actors import Record

CRITICAL_AFTER: Final = 5


class LogEvent(enum.Enum):
    """What happened."""

    CHILD_TERMINATED = "child_terminated"
    START_ERROR = "start_error"
    RESTARTED = "restarted"
    IGNORED = "ignored"
    """Its own start said that it is not wanted; `exc_msg` says why."""
    ANSWERED = "answered"
    """It has handled its first message since; `down_ms` is how long nobody got an answer."""
    GAVE_UP = "gave_up"
    """A child is not started again, or a supervisor ends as it cannot keep its children up."""
    ESCALATED = "escalated"
    """The root has ended and so does the process."""
    SHUTDOWN_ERROR = "shutdown_error"
    LEAKED = "leaked"
    QUARANTINED = "quarantined"
    """A child rests and is tried again now and then."""
    STUCK = "stuck"
    DEAD_LETTER = "dead_letter"
    """Nobody handled a message. `exc_msg` says why, `message_id` is its number among the dead letters."""


class Decision(enum.Enum):
    """What the supervisor made of it."""

    RESTART_NOW = "restart_now"
    RESTART_LATER = "restart_in_ms"
    LEAVE = "leave"
    """Not restarted, as its restart type says."""
    STOP = "stop"
    """Not restarted any more: its budget is used up, or its start failed for good."""
    QUARANTINE = "quarantine"
    ESCALATE = "escalate"
    ABANDON = "abandon"
    """It does not die: its address is given up and it is left behind."""
    NONE = "none"


_LEVELS: Final = {
    LogEvent.CHILD_TERMINATED: logging.ERROR,
    LogEvent.START_ERROR: logging.ERROR,
    LogEvent.RESTARTED: logging.INFO,
    LogEvent.IGNORED: logging.INFO,
    LogEvent.ANSWERED: logging.INFO,
    LogEvent.GAVE_UP: logging.ERROR,
    LogEvent.ESCALATED: logging.CRITICAL,
    LogEvent.SHUTDOWN_ERROR: logging.ERROR,
    LogEvent.LEAKED: logging.CRITICAL,
    LogEvent.QUARANTINED: logging.ERROR,
    LogEvent.STUCK: logging.ERROR,
    LogEvent.DEAD_LETTER: logging.WARNING,
}


# What `reason_class` says of a dead letter.
PARKED: Final = "parked"
UNDELIVERABLE: Final = "undeliverable"

_FINAL: Final = frozenset({LogEvent.GAVE_UP, LogEvent.ESCALATED, LogEvent.LEAKED})


# A msgspec.Struct, as one is made for each crash and each dead letter of a flood, and mostly only counted: it
# is made and copied ten times as fast as a dataclass.
class RestartRecord(Record, frozen=True, kw_only=True):
    """One decision, or one fact about it. Times are seconds of the wall clock (`time`) or durations.

    `path` is the child's address, `actor` its class, `supervisor` who decided. `reason_class` is the kind of
    end (normal, shutdown, killed, crash, stuck, start_failed, start_timeout). `group` are the ids of the
    siblings that are started again with the child. `down_ms` says, in a restarted record, how long nobody
    was there, and in an answered record, how long nobody answered. `message_fate` is what became of the
    message that was being handled (dropped, retried, parked), `trace_id` what had caused it, `affected` who
    noticed.

    The log itself adds `id`, `cause` and `occurrences` (see `causes`), `repeated` and `others` (see
    `repeats`), and takes a `stack` out that it has written already.
    """

    event: LogEvent
    supervisor: str
    path: str
    id: str = ""
    time: float = 0.0
    actor: str | None = None
    incarnation: int = 0
    uptime_s: float | None = None
    down_ms: float | None = None
    reason_class: str | None = None
    exc_type: str | None = None
    exc_msg: str | None = None
    stack: str | None = None
    message_type: str | None = None
    message_id: str | None = None
    message_fate: str | None = None
    mailbox_depth: int = 0
    oldest_ms: float = 0.0
    restarts_in_window: int = 0
    intensity: str | None = None
    consecutive: int = 0
    decision: Decision = Decision.NONE
    delay_ms: float | None = None
    group: tuple[str, ...] = ()
    restart_type: str | None = None
    strategy: str | None = None
    trace_id: str | None = None
    affected: Mapping[str, object] = msgspec.field(default_factory=dict)
    cause: str = ""
    """The same in all records of one story: a bug, the restarts after it, the answers after those."""
    occurrences: int = 0
    """How often this has happened, of this cause and as far as the log remembers."""
    repeated: int = 0
    """Equal records that were counted instead of written since the last one."""
    others: tuple[str, ...] = ()
    """Some of the other actors to whom what was only counted happened."""

    @property
    def level(self) -> int:
        """The level of `logging` at which operators should see it."""
        level = _LEVELS[self.event]
        if level == logging.ERROR and self.consecutive >= CRITICAL_AFTER:
            return logging.CRITICAL
        return level

    @property
    def is_final(self) -> bool:
        """Whether something has ended for good: such a record is always written."""
        return self.event in _FINAL or self.decision is Decision.ESCALATE

    @property
    def story(self) -> tuple[str, ...]:
        """What went wrong and where, whoever it happened to."""
        return (
            self.actor or self.path,
            self.reason_class or "",
            self.exc_type or "",
            _place(self.stack),
            self.message_type or "",
            # Why a message was not delivered is one of a few texts; why it was parked is its crash's.
            (self.exc_msg or "")
            if self.event is LogEvent.DEAD_LETTER and self.reason_class != PARKED
            else "",
        )

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """What makes two records tell the same: used to count instead of repeat."""
        # A quarantine is the end of one child for the time being, and its failed probes are the same again.
        who = self.path if self.event is LogEvent.QUARANTINED else ""
        return (self.event.value, self.decision.value, self.cause or "\n".join(self.story), who)

    def as_fields(self) -> dict[str, Any]:
        """Plain values for JSON, without the fields that say nothing."""
        fields = {
            name: value
            for name, value in msgspec.structs.asdict(self).items()
            if value not in (None, (), "", {})
        }
        fields["event"] = self.event.value
        fields["decision"] = self.decision.value
        fields["level"] = logging.getLevelName(self.level).lower()
        return fields

    def __str__(self) -> str:
        parts = [self.event.value, self.path]
        if self.reason_class is not None:
            error = [text for text in (self.exc_type, self.exc_msg) if text]
            parts.append(f"({' '.join([self.reason_class, ': '.join(error)]).rstrip()})")
        if self.message_type is not None:
            parts.append(f"while handling {self.message_type}")
        if self.decision is Decision.RESTART_LATER and self.delay_ms is not None:
            parts.append(f"-> restart in {self.delay_ms:.0f} ms")
        elif self.decision is not Decision.NONE:
            parts.append(f"-> {self.decision.value}")
        if self.group:
            parts.append(f"with {', '.join(self.group)}")
        if self.trace_id is not None:
            parts.append(f"caused by {self.trace_id}")
        if self.repeated:
            parts.append(f"({self.repeated} more like it)")
        return " ".join(parts)


def _place(stack: str | None) -> str:
    """The line of code at the bottom of a traceback, which may be long."""
    if not stack:
        return ""
    start = stack.rfind('\n  File "')
    return "" if start < 0 else stack[start + 1 :].partition("\n")[0].strip()

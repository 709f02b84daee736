"""From what happened and what the runtime knows of it to a record for operators.

What comes from an author's error is bounded, and every file and database can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping

from supervisors.actions import Note
from supervisors.records import Decision, LogEvent, RestartRecord
from wyld_actors import Cell, ChildExited, Envelope, ExitReason, StuckReport
from wyld_actors.reasons import text_of

# Characters of a traceback, of which the end says most: some 60 frames. Two functions that call each other
# until the stack is full would be 100,000.
STACK_LIMIT = 8000


def record_of(
    note: Note,
    *,
    supervisor: str,
    path: str,
    cell: Cell | None,
    time: float,
    strategy: str,
    intensity: str,
    affected: Mapping[str, object],
) -> RestartRecord:
    """Complete `note`. `cell` is the child's, None when it is gone or the note is about the supervisor."""
    reason = note.reason
    error = reason.error if reason is not None else None
    exited = note.cause if isinstance(note.cause, ChildExited) else None
    envelope = None if exited is None else exited.envelope
    return RestartRecord(
        event=note.event,
        supervisor=supervisor,
        path=path,
        actor=None if cell is None else cell.actor_class.__name__,
        time=time,
        incarnation=note.incarnation,
        uptime_s=note.uptime_seconds,
        down_ms=None if note.down_seconds is None else note.down_seconds * 1000,
        reason_class=None if reason is None else reason.kind.value,
        exc_type=None if error is None else type(error).__name__,
        exc_msg=exit_text(reason),
        stack=stack_of(reason),
        message_type=None if envelope is None else type(envelope.message).__name__,
        message_id=_message_id(envelope),
        message_fate=None if exited is None or envelope is None else exited.fate.value,
        affected=affected,
        mailbox_depth=0 if cell is None else cell.depth,
        oldest_ms=0.0 if cell is None else cell.oldest_seconds * 1000,
        restarts_in_window=note.restarts_in_window,
        intensity=intensity,
        consecutive=note.consecutive,
        decision=note.decision,
        delay_ms=None if note.delay_seconds is None else note.delay_seconds * 1000,
        group=note.group,
        restart_type=note.restart_type,
        strategy=strategy,
        trace_id=None if envelope is None or envelope.trace is None else str(envelope.trace),
    )


def record_of_last_end(root: Cell, reason: ExitReason, *, time: float) -> RestartRecord:
    """The root of a tree has ended, and with it the process."""
    return RestartRecord(
        event=LogEvent.ESCALATED,
        supervisor=root.path,
        path=root.path,
        actor=root.actor_class.__name__,
        time=time,
        incarnation=root.incarnation,
        reason_class=reason.kind.value,
        exc_type=None if reason.error is None else type(reason.error).__name__,
        exc_msg=exit_text(reason),
        stack=stack_of(reason),
        decision=Decision.ESCALATE,
    )


def record_of_stuck(report: StuckReport, cell: Cell, *, time: float) -> RestartRecord:
    """A handler of `cell` did not give the thread back. What is made of that is another record."""
    caught = " and caught what interrupted it" if report.catches else ""
    return RestartRecord(
        event=LogEvent.STUCK,
        supervisor="" if cell.parent is None else cell.parent.path,
        path=cell.path,
        actor=cell.actor_class.__name__,
        time=time,
        incarnation=report.incarnation or 0,
        exc_msg=f"kept everybody waiting for {report.seconds:.2f} s{caught}",
        stack=limited(report.stack),
        message_type=report.message_type,
        mailbox_depth=cell.depth,
    )


def exit_text(reason: ExitReason | None) -> str | None:
    """What the error says, or the detail of an end without one."""
    if reason is None:
        return None
    return writable(reason.detail if reason.error is None else text_of(reason.error))


def stack_of(reason: ExitReason | None) -> str | None:
    """The traceback of a crash."""
    return None if reason is None else limited(reason.traceback)


def limited(stack: str | None) -> str | None:
    """A stack, cut in its middle when it is long."""
    if not stack:
        return None
    if len(stack) > STACK_LIMIT:
        stack = f"{stack[: STACK_LIMIT // 4]}\n  ...\n{stack[-STACK_LIMIT * 3 // 4 :]}"
    return writable(stack)


def writable(text: str) -> str:
    """Without what no file of UTF-8 and no database can hold: halves of surrogate pairs, and NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _message_id(envelope: Envelope | None) -> str | None:
    """Messages that can be told apart have an `id` field of their own."""
    found = getattr(envelope.message, "id", None) if envelope is not None else None
    return None if found is None else writable(text_of(found))

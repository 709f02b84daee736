"""Checks: is this part well, and if not, what is to be done? Pure functions over what was found.

A check that is `failing` among those of `/readyz` makes the process unready; `doctor` shows all of them. The
thresholds are those at which a player begins to notice.
"""

import enum
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from actors.admin.archive import ArchiveStatus
from actors.admin.restarts import Fields


class Health(enum.Enum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


class Check(msgspec.Struct, frozen=True):
    """One answer: what was found, and what to do about it."""

    name: str
    health: Health
    finding: str
    advice: str = ""

    @property
    def is_failing(self) -> bool:
        return self.health is Health.FAILING


# A player feels a tenth of a second; a whole one looks like an outage.
LAG_WARNING_SECONDS: Final = 0.1
LAG_FAILING_SECONDS: Final = 1.0
# Of a mailbox.
FULL_WARNING: Final = 0.5
FULL_FAILING: Final = 0.9
WAIT_WARNING_SECONDS: Final = 1.0
WAIT_FAILING_SECONDS: Final = 10.0
DISK_WARNING_BYTES: Final = 2 << 30
DISK_FAILING_BYTES: Final = 200 << 20
CLOCK_WARNING_SECONDS: Final = 2.0
RESTARTS_WARNING: Final = 20
CHECKPOINT_INTERVALS: Final = 10
CHECKPOINT_FAILING_SECONDS: Final = 30.0
# Before the machine was made: the clock has never been set.
EARLIEST_TIME: Final = 1_735_689_600.0  # 2025-01-01


def ok(name: str, finding: str) -> Check:
    return Check(name, Health.OK, finding)


def loop_check(lag_seconds: float) -> Check:
    """`lag_seconds` is the longest time of late that a timer came late."""
    finding = f"an actor waits {lag_seconds * 1000:.0f} ms at most for its turn"
    advice = "something computes without a pause: `top --by time` shows who"
    if lag_seconds >= LAG_FAILING_SECONDS:
        return Check("loop", Health.FAILING, finding, advice)
    if lag_seconds >= LAG_WARNING_SECONDS:
        return Check("loop", Health.WARNING, finding, advice)
    return ok("loop", finding)


def tree_check(parts: Mapping[str, str]) -> Check:
    """The states of those just below the roots, by path: all of them have to be up."""
    down = [path for path, state in parts.items() if state not in {"running", "starting"}]
    if not parts:
        return Check("tree", Health.FAILING, "no supervisor is up", "the process ends or is about to start")
    if down:
        named = ", ".join(f"{path} is {parts[path]}" for path in down)
        return Check("tree", Health.FAILING, named, f"`actor {down[0]}` says why; `restarts` says since when")
    return ok("tree", f"all {len(parts)} parts are up")


def mailbox_check(fullest: Sequence[tuple[str, int, int, float]]) -> Check:
    """Of the deepest mailboxes: path, depth, limit, and how long the oldest message waits."""
    worst = Health.OK
    named = []
    for path, depth, limit, oldest in fullest:
        if depth >= limit * FULL_FAILING or oldest >= WAIT_FAILING_SECONDS:
            health = Health.FAILING
        elif depth >= limit * FULL_WARNING or oldest >= WAIT_WARNING_SECONDS:
            health = Health.WARNING
        else:
            continue
        worst = Health.FAILING if Health.FAILING in (worst, health) else health
        named.append(f"{path}: {depth} of {limit}, the oldest waits {oldest:.1f} s")
    if worst is Health.OK:
        return ok("mailboxes", "none is half full, nothing waits for long")
    advice = "`actor PATH` shows what it works on; `restart` it if it hangs, `resume` it if it is suspended"
    return Check("mailboxes", worst, "; ".join(named), advice)


def disk_check(free_bytes: int) -> Check:
    finding = f"{free_bytes / (1 << 30):.1f} GiB free in the data directory"
    advice = "make room, or move data_dir; without space PostgreSQL stops and no checkpoint is written"
    if free_bytes < DISK_FAILING_BYTES:
        return Check("disk", Health.FAILING, finding, advice)
    if free_bytes < DISK_WARNING_BYTES:
        return Check("disk", Health.WARNING, finding, advice)
    return ok("disk", finding)


def clock_check(wall_seconds: float, drift_seconds: float) -> Check:
    """`drift_seconds` is how far wall clock and steady clock went apart since the start."""
    if wall_seconds < EARLIEST_TIME:
        return Check(
            "clock",
            Health.FAILING,
            "the clock is not set",
            "start a time service (chrony, systemd-timesyncd)",
        )
    if abs(drift_seconds) >= CLOCK_WARNING_SECONDS:
        finding = f"the clock was set by {drift_seconds:+.1f} s since the start"
        return Check("clock", Health.WARNING, finding, "times in the logs jump there; check the time service")
    return ok("clock", "steady since the start")


def restart_check(recent: Mapping[str, Sequence[int]]) -> Check:
    """Restarts in the last 1, 5 and 60 minutes by path."""
    hour = sum(counts[-1] for counts in recent.values())
    if hour < RESTARTS_WARNING:
        return ok("restarts", f"{hour} in the last hour")
    path, counts = max(recent.items(), key=lambda entry: entry[1][-1])
    finding = f"{hour} in the last hour, {counts[-1]} of them of {path}"
    return Check("restarts", Health.WARNING, finding, f"`restarts --path {path}` shows the cause")


def process_check(ends: Sequence[Fields], now: float) -> Check:
    """`ends` are the launcher's records of this process ending unasked in the last hour, oldest first."""
    if not ends:
        return ok("process", "it has not ended by itself in the last hour")
    last = ends[-1]
    number = sum(1 + int(end.get("repeated", 0)) for end in ends)
    minutes = (now - float(last["time"])) / 60
    finding = f"it has ended by itself, {number} in the last hour; {minutes:.0f} min ago: {last['exc_msg']}"
    advice = (
        f"`restarts --path {last['path']}` shows all; SIGKILL that nobody sent is for want of memory: `dmesg`"
    )
    return Check("process", Health.WARNING, finding, advice)


def archive_check(status: ArchiveStatus) -> Check:
    """Whether the restart log reaches the database."""
    if status.problem:
        finding = f"{status.waiting} restart records wait for the database: {status.problem}"
        return Check("records", Health.WARNING, finding, "see to the database; the file has them meanwhile")
    if status.dropped:
        finding = f"{status.dropped} restart records are not in the database"
        return Check("records", Health.WARNING, finding, "the file in the log directory has them")
    return ok("records", f"{status.written} restart records are in the database since the start")


def letters_check(count: int) -> Check:
    """Dead letters since the start."""
    if not count:
        return ok("letters", "every message was handled")
    advice = "`letters` shows them, `letters send NUMBER` delivers one again"
    return Check("letters", Health.WARNING, f"{count} dead letters since the start", advice)


def key_files_check(modes: Mapping[Path, int]) -> Check:
    """The key files and their modes."""
    open_files = [path for path, mode in modes.items() if stat.S_IMODE(mode) & 0o077]
    if open_files:
        named = ", ".join(f"{path} ({stat.S_IMODE(modes[path]):04o})" for path in open_files)
        advice = "others may have read it: delete it and start the server again to get a new one"
        return Check("keys", Health.FAILING, f"others may read {named}", advice)
    return ok("keys", f"{len(modes)} key files are for their owner only")


def store_check(connected: int, workers: int, problem: str) -> Check:
    """The store as it sees itself."""
    finding = f"{connected} of {workers} connections" + (f": {problem}" if problem else "")
    advice = "play goes on, checkpoints and logins wait; look at PostgreSQL and at database.dsn"
    if not connected:
        return Check("store", Health.FAILING, finding, advice)
    if connected < workers or problem:
        return Check("store", Health.WARNING, finding, advice)
    return ok("store", finding)


def checkpoint_check(age_seconds: float, interval_seconds: float, problem: str) -> Check:
    """`age_seconds` since the last one was written, or found unnecessary."""
    finding = f"the last one is {age_seconds:.1f} s old" + (f": {problem}" if problem else "")
    advice = "a crash of the machine would cost that much play; look at `store` and at the world's log"
    if age_seconds >= max(CHECKPOINT_FAILING_SECONDS, CHECKPOINT_INTERVALS * interval_seconds):
        return Check("checkpoint", Health.FAILING, finding, advice)
    if problem:
        return Check("checkpoint", Health.WARNING, finding, advice)
    return ok("checkpoint", finding)


def silent(name: str, why: str) -> Check:
    """Who was to be asked does not answer."""
    return Check(name, Health.FAILING, why, "`tree` shows its state, `restarts` what happened to it")

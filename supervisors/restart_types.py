"""Whether a child that ended by itself is restarted, and what stays of it.

OTP supervisor, restart types. `killed` counts as abnormal, as everything but a normal end and an
ordered shutdown does.

    ============  ==================  ====================  ===================
    restart type  clean end           abnormal end          specification after
    ============  ==================  ====================  ===================
    permanent     restarted, logged   restarted, logged     kept
    transient     not restarted       restarted, logged     kept
    temporary     not restarted       not restarted,logged  removed
    ============  ==================  ====================  ===================
"""

from __future__ import annotations

from supervisors.specs import Restart
from wyld_actors import ExitKind, ExitReason


def is_restarted(restart: Restart, reason: ExitReason) -> bool:
    """Whether a child of this type comes back after `reason`."""
    if restart is Restart.PERMANENT:
        return True
    return restart is Restart.TRANSIENT and not reason.is_clean


def is_logged(restart: Restart, reason: ExitReason) -> bool:
    """Whether its end is worth a record: not when it ended just as it was meant to."""
    return restart is Restart.PERMANENT or not reason.is_clean


def is_expected_stop(restart: Restart, reason: ExitReason, *, was_killed_by_spec: bool) -> bool:
    """Whether `reason` is a good answer to being told to stop. OTP logs the others as shutdown_error.

    A child that had to be killed after its limit is among the others.
    """
    if was_killed_by_spec:
        return reason.kind is ExitKind.KILLED
    if reason.kind is ExitKind.NORMAL:
        return restart is not Restart.PERMANENT
    return reason.kind in {ExitKind.SHUTDOWN, ExitKind.IGNORED}

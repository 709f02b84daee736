"""Is a connection alive? The rule as a function of three times, and nothing else.

One sweep asks for all connections of a listener, so that no connection owns a timer. RFC 6455 5.5.2: a ping
may serve as "a keepalive or as a means to verify that the remote endpoint is still responsive".
"""

from enum import Enum, auto

__all__ = ["Verdict", "judge", "sweep_seconds"]

# Pings and time-outs come at most this much late: a tenth of the shortest interval.
_SWEEPS_IN_AN_INTERVAL = 10


class Verdict(Enum):
    FINE = auto()
    PING_DUE = auto()
    GONE = auto()


def judge(
    now: float,
    *,
    heard_at: float,
    pinged_at: float,
    ping_interval_seconds: float,
    client_timeout_seconds: float,
) -> Verdict:
    """All times in seconds of one monotonic clock. `heard_at` counts every byte, pongs included."""
    if now - heard_at >= client_timeout_seconds:
        return Verdict.GONE
    if now - pinged_at >= ping_interval_seconds:
        return Verdict.PING_DUE
    return Verdict.FINE


def sweep_seconds(
    ping_interval_seconds: float, client_timeout_seconds: float, close_timeout_seconds: float
) -> float:
    """How often to sweep."""
    return min(ping_interval_seconds, client_timeout_seconds, close_timeout_seconds) / _SWEEPS_IN_AN_INTERVAL

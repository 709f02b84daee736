"""The two numbered streams of a session, both sides of each. Pure: no clock, no socket, no actor."""

from transports.link.streams.commands import (
    DEFAULT_LIMITS,
    Arrival,
    CommandInbox,
    CommandLimits,
    CommandStream,
    Refusal,
)
from transports.link.streams.lines import ClientLines
from transports.link.streams.outputs import (
    TAIL_LIMIT,
    Entry,
    OutputInbox,
    OutputTail,
    TailRecord,
    arrivals,
    multicast,
)
from transports.link.streams.replays import Replays

__all__ = [
    "DEFAULT_LIMITS",
    "TAIL_LIMIT",
    "Arrival",
    "ClientLines",
    "CommandInbox",
    "CommandLimits",
    "CommandStream",
    "Entry",
    "OutputInbox",
    "OutputTail",
    "Refusal",
    "Replays",
    "TailRecord",
    "arrivals",
    "multicast",
]

"""What the keeper of a world is told, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from actors.checkpoint.pauses import Pauses
from actors.checkpoint.writer import Moment
from transports.link.protocol import EntityId
from wyld_actors import Message, Record, Ref

__all__ = ["GetKeeperStatus", "KeeperOptions", "KeeperStatus", "Recall", "SaveNow"]


@dataclass(frozen=True, slots=True)
class KeeperOptions:
    """`interval_seconds` is how much play a lost machine costs at most."""

    interval_seconds: float = 1.0
    # How long a checkpoint waits for the world to come to rest before it is cut where it stands. All that
    # players do is done by then; more would be felt.
    quiet_seconds: float = 0.05


class Recall(Message, frozen=True):
    """Answer: the state of an entity that is not written yet, None if there is none."""

    entity: EntityId


class SaveNow(Message, frozen=True):
    """Answer, when all that is done by now is saved: None. Raises StoreUnavailable if it cannot be."""


class GetKeeperStatus(Message, frozen=True):
    """Answer: KeeperStatus."""


class KeeperStatus(Record, frozen=True):
    """The checkpoints as an operator sees them, since the keeper started.

    `pause` is how long the gateways were held, `collect` how long everything stood still in that time. `cuts`
    counts the checkpoints for which the world did not come to rest. `problem` is why the last one is not
    written, "" if it is.
    """

    interval_seconds: float
    age_seconds: float
    written: int
    failed: int
    cuts: int
    last_pause_seconds: float
    longest_pause_seconds: float
    last_collect_seconds: float
    longest_collect_seconds: float
    entities_waiting: int
    positions_waiting: int
    problem: str
    pauses: Pauses = Pauses()


class TakeCheckpoint(Message, frozen=True):
    """To oneself: it is time."""


class TakeSoon(Message, frozen=True):
    """To oneself: it is time for those who could not wait for the interval."""


class Overdue(Message, frozen=True):
    """To oneself: has this attempt found the world at rest?"""

    attempt: int


class Collected(Message, frozen=True):
    """To oneself: this is to be written."""

    attempt: int
    moment: Moment


class WriterGone(Message, frozen=True):
    """To oneself: has this writer ended without a word?"""

    ref: Ref
    reason: str

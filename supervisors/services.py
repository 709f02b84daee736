"""What the supervisors of a tree work with: the restart log, chance, the time of day, who is affected."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from supervisors.restart_log import RestartLog
from wyld_actors import Cell


@dataclass(frozen=True, slots=True)
class Services:
    """What every supervisor of a tree shares; the root hands it down."""

    log: RestartLog = field(default_factory=RestartLog)
    source: random.Random = field(default_factory=random.Random)
    wall_clock: Callable[[], float] = time.time
    affected: Callable[[Cell], Mapping[str, object]] | None = None
    """Who notices that this actor has ended, for the record: `{"players": 3, "room": "inn"}`.

    Called in the turn of a supervisor: must be quick and not wait; what it raises is logged."""

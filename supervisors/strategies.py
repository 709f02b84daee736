"""From one child that is to be restarted to what happens to whom: the three strategies of OTP.

A `Plan` is data: first everything in `stops` is stopped, one after the other in reverse start
order, then everything in `starts` is started, one after the other in start order. The failed child
itself is never in `stops` (it is down already), a temporary sibling is stopped and never started.
Whether the failed child is to be restarted at all is `restart_types`' to say; if it is not,
there is no plan and its siblings do not notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from supervisors.specs import Restart, Strategy


@dataclass(frozen=True, slots=True)
class Sibling:
    """What a strategy has to know of a child. A sequence of them is in start order."""

    id: str
    restart: Restart
    is_live: bool
    stays_down: bool = False
    """Stopped by hand, and the supervisor does not revive such children."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Ids to stop, in the order of stopping, and ids to start, in the order of starting."""

    stops: tuple[str, ...]
    starts: tuple[str, ...]


def plan(strategy: Strategy, children: Sequence[Sibling], failed: str) -> Plan:
    """What to do about `failed`, one of `children`."""
    affected = _affected(strategy, children, failed)
    return Plan(
        stops=tuple(child.id for child in reversed(affected) if child.is_live and child.id != failed),
        starts=tuple(child.id for child in affected if child.id == failed or _comes_back(child)),
    )


def _affected(strategy: Strategy, children: Sequence[Sibling], failed: str) -> Sequence[Sibling]:
    position = next(index for index, child in enumerate(children) if child.id == failed)
    if strategy is Strategy.ONE_FOR_ONE:
        return children[position : position + 1]
    return children if strategy is Strategy.ONE_FOR_ALL else children[position:]


def _comes_back(child: Sibling) -> bool:
    return child.restart is not Restart.TEMPORARY and not child.stays_down

"""The static supervisor: a list of children, started in order, restarted by a strategy.

Usually declared by `supervisors.supervisor(...)` in a tree and started by its parent or by
`run_tree`. The rules are in `engine`, what is done about them in `performing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from supervisors.acting import SupervisorActor
from supervisors.engine import Engine
from supervisors.services import Services
from supervisors.specs import ChildSpec, SupervisorFlags


class Supervisor(SupervisorActor):
    """Raises InvalidSpec, when it starts, if flags and children do not fit."""

    def __init__(
        self,
        flags: SupervisorFlags,
        children: Sequence[ChildSpec],
        *,
        services: Services | None = None,
        on_up: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(services, on_up)
        self.engine = Engine(flags, children, source=self.services.source)

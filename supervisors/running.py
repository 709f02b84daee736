"""The top of a tree, as the process sees it: it comes up, it ends, it can be told to end.

Above the root supervisor there is only the process. Its end, whatever the way (ordered shutdown, giving
up, a crash or kill of the root itself), is one exit reason in `Tree.ended`, and an unclean one is
the last record of the restart log; what ends the process with which code is the roof's decision.
"""

from __future__ import annotations

from collections.abc import Mapping

from gevent.event import AsyncResult

from supervisors.acting import SupervisorActor
from supervisors.errors import InvalidSpec
from supervisors.performing import SUPERVISOR_MAILBOX
from supervisors.recording import record_of_last_end, record_of_stuck
from supervisors.records import LogEvent, RestartRecord
from supervisors.services import Services
from supervisors.specs import ChildSpec
from wyld_actors import SHUTDOWN, ActorSystem, Cell, Exited, ExitReason, Ref, StuckReport

_FORCED = frozenset({LogEvent.SHUTDOWN_ERROR, LogEvent.LEAKED})


class Tree:
    """A running tree of supervisors.

    `started` becomes True when the whole tree is up, False if it ended before. `ended` becomes the exit
    reason. Both can be waited for with a timeout: `tree.started.get(timeout=30)`. `forced` are the paths of
    those who have not stopped as they were told to, since the tree was: killed, crashed, or left behind.
    """

    def __init__(self, system: ActorSystem, spec: ChildSpec, services: Services) -> None:
        self._services = services
        self.forced: list[str] = []
        self._is_stopping = False
        self._leave_log = services.log.add_listener(self._note_forced)
        self.started: AsyncResult[bool] = AsyncResult()
        self.ended: AsyncResult[ExitReason] = AsyncResult()
        self._cell: Cell = system.create_cell(
            spec.actor,
            spec.args,
            {**spec.kwargs, "services": services, "on_up": self._came_up},
            name=spec.id,
            mailbox=spec.mailbox or SUPERVISOR_MAILBOX,
            is_supervised=False,
        )
        self._cell.add_watcher(self)
        system.on_stuck.append(self._note_stuck)
        self._cell.start()

    def __repr__(self) -> str:
        return f"<Tree {self._cell.path} {self._cell.state.value}>"

    @property
    def ref(self) -> Ref:
        """The root supervisor, for calls such as WhichChildren."""
        return self._cell.ref

    def shutdown(self, deadline_seconds: float | None = None, reason: ExitReason = SHUTDOWN) -> None:
        """Begin to end the tree in order, all of it within `deadline_seconds`. Wait for `ended`.

        Again with less time: it hurries. Does nothing when it has ended.
        """
        self._is_stopping = True
        deadline = None if deadline_seconds is None else self._cell.system.now() + deadline_seconds
        self._cell.stop(reason, deadline)

    def affected(self) -> Mapping[str, object]:
        """Who would notice its end now. Only reads, so that any thread may ask."""
        affected = self._services.affected
        return {} if affected is None else affected(self._cell)

    def wait(self) -> ExitReason:
        """Return when the tree has ended, in whatever way."""
        reason = self.ended.get()
        assert reason is not None, "it was waited for without a time limit"
        return reason

    def deliver(self, exited: Exited) -> None:
        """Called once by the runtime, when the root is gone."""
        if not exited.reason.is_clean:
            record = record_of_last_end(self._cell, exited.reason, time=self._services.wall_clock())
            self._services.log.write(record)
        self._services.log.flush()
        self._leave_log()
        if not self.started.ready():
            self.started.set(False)
        self._cell.system.on_stuck.remove(self._note_stuck)
        self.ended.set(exited.reason)

    def _note_forced(self, record: RestartRecord) -> None:
        if self._is_stopping and record.event in _FORCED and record.path not in self.forced:
            self.forced.append(record.path)

    def _note_stuck(self, report: StuckReport) -> None:
        cell = report.cell
        if cell is None or not cell.path.startswith(f"{self._cell.path}/"):
            return
        self._services.log.write(record_of_stuck(report, cell, time=self._services.wall_clock()))

    def _came_up(self) -> None:
        if not self.started.ready():
            self.started.set(True)


def run_tree(system: ActorSystem, spec: ChildSpec, *, services: Services | None = None) -> Tree:
    """Start the supervisor that `spec` declares at the top of `system`; its path is /<id>.

    Returns at once, see `Tree.started`. Raises InvalidSpec when it is not a supervisor, NameTaken when the
    path is in use.
    """
    if not issubclass(spec.actor, SupervisorActor):
        mend = "Put the worker under a supervisor(...)."
        raise InvalidSpec(f"tree {spec.id!r}", "actor", "a supervisor", spec.actor, mend)
    return Tree(system, spec, services or Services())

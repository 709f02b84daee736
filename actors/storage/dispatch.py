"""Which request runs next on which worker: the store's queue, without an actor.

Worker 0 is the writer: it takes requests of the lane WRITES only, and nobody else does, so those run one
after the other in the order they came. The other workers take the rest, oldest first; logins and chores
together may hold all of them but one. A pool of one worker does everything.

Invariants: at most `queue_limit` requests wait in each lane; a worker has at most one; a request is
given to one worker once, and then either finished or reported lost when that worker starts anew.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import Any

from actors.storage.errors import StoreBusy
from actors.storage.requests import Lane, LaneStatus, StoreRequest

__all__ = ["Dispatch", "Job", "Plan"]

WRITER = 0
# They may take long, or can wait.
_PATIENT = (Lane.LOGINS, Lane.CHORES)


@dataclasses.dataclass(slots=True)
class Job:
    """A request with whom to answer. Times are of the actor system's clock."""

    number: int
    request: StoreRequest
    reply: Any
    queued_at: float
    started_at: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now: give jobs to workers, and refuse those that waited too long."""

    assigned: list[tuple[int, Job]]
    expired: list[Job]


@dataclasses.dataclass(slots=True)
class _LaneState:
    waiting: deque[Job] = dataclasses.field(default_factory=deque)
    running: int = 0
    high_water: int = 0
    finished: int = 0
    refused: int = 0
    waited_seconds: float = 0.0
    longest_wait_seconds: float = 0.0
    worked_seconds: float = 0.0


class Dispatch:
    """The queue of a store with `pool_size` workers, numbered from 0."""

    def __init__(self, pool_size: int, queue_limit: int, queue_timeout_seconds: float) -> None:
        self._queue_limit = queue_limit
        self._queue_timeout_seconds = queue_timeout_seconds
        self._has_writer = pool_size > 1
        others = pool_size - 1 if self._has_writer else 1
        self._patient_limit = max(1, others - 1)
        self._lanes = {lane: _LaneState() for lane in Lane}
        self._idle: set[int] = set()
        self._running: dict[int, Job] = {}

    def submit(self, job: Job) -> None:
        """Take a request in. Raises StoreBusy."""
        lane = self._lanes[job.request.lane]
        if len(lane.waiting) >= self._queue_limit:
            lane.refused += 1
            raise StoreBusy(job.request.lane.value, self._queue_limit)
        lane.waiting.append(job)
        lane.high_water = max(lane.high_water, len(lane.waiting))

    def worker_ready(self, worker: int) -> Job | None:
        """A worker begins, or begins anew: what it had before and has lost."""
        lost = self.fail(worker, self._running[worker].started_at) if worker in self._running else None
        self._idle.add(worker)
        return lost

    def worker_gone(self, worker: int) -> Job | None:
        """A worker is gone for good: what it had."""
        lost = self.worker_ready(worker)
        self._idle.discard(worker)
        return lost

    def is_running(self, worker: int, number: int) -> bool:
        """Whether this worker was given this job and nothing was heard of it yet."""
        job = self._running.get(worker)
        return job is not None and job.number == number

    def finish(self, worker: int, now: float) -> Job:
        """The worker is done with its job and free again; the job."""
        job = self.fail(worker, now)
        self._idle.add(worker)
        return job

    def fail(self, worker: int, now: float) -> Job:
        """The worker has crashed over its job and is free when it begins anew; the job."""
        job = self._running.pop(worker)
        lane = self._lanes[job.request.lane]
        lane.running -= 1
        lane.finished += 1
        lane.worked_seconds += now - job.started_at
        return job

    def assign(self, now: float) -> Plan:
        """Everything that can begin now."""
        plan = Plan([], self._expire(now))
        for worker in sorted(self._idle):
            job = self._next_for(worker)
            if job is not None:
                self._begin(worker, job, now)
                plan.assigned.append((worker, job))
        return plan

    def status(self) -> dict[str, LaneStatus]:
        """The counters of each lane."""
        return {lane.value: _status(state) for lane, state in self._lanes.items()}

    def drain(self) -> list[Job]:
        """Everything that was taken in and not finished, out of the queue."""
        jobs = list(self._running.values())
        for lane in self._lanes.values():
            jobs.extend(lane.waiting)
            lane.waiting.clear()
        self._running.clear()
        return jobs

    def _expire(self, now: float) -> list[Job]:
        expired = []
        for lane in self._lanes.values():
            while lane.waiting and now - lane.waiting[0].queued_at > self._queue_timeout_seconds:
                expired.append(lane.waiting.popleft())
                lane.refused += 1
        return expired

    def _next_for(self, worker: int) -> Job | None:
        queues = [self._lanes[lane].waiting for lane in self._lanes_of(worker)]
        waiting = [queue for queue in queues if queue]
        if not waiting:
            return None
        return min(waiting, key=lambda queue: queue[0].number).popleft()

    def _lanes_of(self, worker: int) -> list[Lane]:
        if self._has_writer and worker == WRITER:
            return [Lane.WRITES]
        lanes = [Lane.QUERIES] if self._has_writer else [Lane.QUERIES, Lane.WRITES]
        if sum(self._lanes[lane].running for lane in _PATIENT) < self._patient_limit:
            lanes.extend(_PATIENT)
        return lanes

    def _begin(self, worker: int, job: Job, now: float) -> None:
        self._idle.remove(worker)
        self._running[worker] = job
        job.started_at = now
        lane = self._lanes[job.request.lane]
        lane.running += 1
        waited = now - job.queued_at
        lane.waited_seconds += waited
        lane.longest_wait_seconds = max(lane.longest_wait_seconds, waited)


def _status(lane: _LaneState) -> LaneStatus:
    return LaneStatus(
        waiting=len(lane.waiting),
        running=lane.running,
        high_water=lane.high_water,
        finished=lane.finished,
        refused=lane.refused,
        waited_seconds=lane.waited_seconds,
        longest_wait_seconds=lane.longest_wait_seconds,
        worked_seconds=lane.worked_seconds,
    )

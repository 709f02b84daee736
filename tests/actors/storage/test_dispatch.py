"""Every request is given to one worker, in its order, or refused; no worker has two."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.storage.dispatch import WRITER, Dispatch, Job
from actors.storage.errors import StoreBusy
from actors.storage.requests import (
    Authenticate,
    Lane,
    ListCharacters,
    LoadEntities,
    NextEpoch,
    SaveCheckpoint,
    StoreRequest,
    TrimRestarts,
)

LOGIN = Authenticate("ann", "secret")
QUERY = NextEpoch("world")
WRITE = SaveCheckpoint()
CHORE = TrimRestarts("world:main")


def ready(pool_size: int, *, queue_limit: int = 10) -> Dispatch:
    """A dispatch whose workers are all there."""
    dispatch = Dispatch(pool_size, queue_limit, queue_timeout_seconds=5.0)
    for worker in range(pool_size):
        dispatch.worker_ready(worker)
    return dispatch


def submit(dispatch: Dispatch, *wanted: StoreRequest, at: float = 0.0) -> list[Job]:
    jobs = [Job(number, request, None, at) for number, request in enumerate(wanted)]
    for job in jobs:
        dispatch.submit(job)
    return jobs


def test_the_writer_writes_and_nobody_else_does() -> None:
    dispatch = ready(3)
    first, _, query = submit(dispatch, WRITE, WRITE, QUERY)

    assert dispatch.assign(0.0).assigned == [(WRITER, first), (1, query)]


def test_writes_keep_their_order() -> None:
    dispatch = ready(2)
    jobs = submit(dispatch, *[WRITE] * 5)
    done = []

    while plan := dispatch.assign(0.0).assigned:
        done += [dispatch.finish(worker, 0.0) for worker, _ in plan]

    assert done == jobs


def test_logins_leave_one_worker_to_the_others() -> None:
    dispatch = ready(4)
    first, second, _, query = submit(dispatch, LOGIN, LOGIN, LOGIN, QUERY)

    assert dispatch.assign(0.0).assigned == [(1, first), (2, second), (3, query)]


def test_chores_and_logins_together_leave_one_worker_to_the_others() -> None:
    dispatch = ready(3)
    chore, _, _, query = submit(dispatch, CHORE, CHORE, LOGIN, QUERY)

    assert dispatch.assign(0.0).assigned == [(1, chore), (2, query)]


def test_a_pool_of_one_does_everything_oldest_first() -> None:
    dispatch = ready(1)
    jobs = submit(dispatch, WRITE, LOGIN, QUERY)
    done = []

    while plan := dispatch.assign(0.0).assigned:
        done += [dispatch.finish(worker, 0.0) for worker, _ in plan]

    assert done == jobs


def test_a_full_lane_refuses_and_the_others_do_not() -> None:
    dispatch = ready(0, queue_limit=2)
    submit(dispatch, QUERY, QUERY, WRITE)

    with pytest.raises(StoreBusy, match="queries"):
        submit(dispatch, QUERY)

    assert dispatch.status()["queries"].refused == 1
    assert dispatch.status()["writes"].waiting == 1


def test_what_waited_too_long_is_not_begun() -> None:
    dispatch = ready(2)
    old = submit(dispatch, QUERY, at=0.0)
    new = submit(dispatch, ListCharacters(1), at=3.0)

    plan = dispatch.assign(6.0)

    assert plan.expired == old
    assert plan.assigned == [(1, new[0])]


def test_a_worker_that_begins_anew_has_lost_its_job() -> None:
    dispatch = ready(2)
    [job] = submit(dispatch, QUERY)
    dispatch.assign(0.0)

    assert dispatch.worker_ready(1) == job
    assert dispatch.worker_ready(1) is None


def test_a_worker_that_has_crashed_gets_nothing_before_it_begins_anew() -> None:
    dispatch = ready(2)
    ill, next_one = submit(dispatch, QUERY, QUERY)
    dispatch.assign(0.0)

    assert dispatch.fail(1, 0.5) == ill
    assert dispatch.assign(0.5).assigned == []
    assert dispatch.worker_ready(1) is None
    assert dispatch.assign(1.0).assigned == [(1, next_one)]


def test_a_worker_that_is_gone_gets_nothing() -> None:
    dispatch = ready(2)
    dispatch.worker_gone(1)
    submit(dispatch, QUERY)

    assert dispatch.assign(0.0).assigned == []


def test_waiting_and_work_are_counted() -> None:
    dispatch = ready(2)
    submit(dispatch, QUERY, QUERY, at=1.0)
    dispatch.assign(2.0)
    dispatch.finish(1, 2.5)
    dispatch.assign(4.0)

    status = dispatch.status()["queries"]

    assert (status.high_water, status.finished, status.running) == (2, 1, 1)
    assert (status.waited_seconds, status.longest_wait_seconds, status.worked_seconds) == (4.0, 3.0, 0.5)


class AnyOrder(RuleBasedStateMachine):
    """Requests, ends and crashes in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.dispatch = ready(3, queue_limit=5)
        self.numbers = itertools.count()
        self.now = 0.0
        self.open: dict[int, Job] = {}
        self.running: dict[int, Job] = {}
        self.crashed: set[int] = set()
        self.last_written = -1

    @rule(request=st.sampled_from([LOGIN, QUERY, WRITE, CHORE, LoadEntities()]), later=st.floats(0, 2))
    def submit(self, request: StoreRequest, later: float) -> None:
        self.now += later
        job = Job(next(self.numbers), request, None, self.now)
        try:
            self.dispatch.submit(job)
        except StoreBusy:
            return
        self.open[job.number] = job
        self.assign()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.running)))
        assert self.dispatch.finish(worker, self.now) is self.running.pop(worker)
        self.assign()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.running)))
        assert self.dispatch.fail(worker, self.now) is self.running.pop(worker)
        self.crashed.add(worker)
        self.assign()

    @rule(worker=st.integers(0, 2))
    def begin_anew(self, worker: int) -> None:
        assert self.dispatch.worker_ready(worker) is self.running.pop(worker, None)
        self.crashed.discard(worker)
        self.assign()

    def assign(self) -> None:
        plan = self.dispatch.assign(self.now)
        for job in plan.expired:
            del self.open[job.number]
        for worker, job in plan.assigned:
            assert worker not in self.running
            assert worker not in self.crashed
            assert self.open.pop(job.number) is job
            assert (worker == WRITER) == (job.request.lane is Lane.WRITES)
            if worker == WRITER:
                assert job.number > self.last_written
                self.last_written = job.number
            self.running[worker] = job

    @invariant()
    def what_is_counted_is_there(self) -> None:
        status = self.dispatch.status()
        assert sum(lane.waiting for lane in status.values()) == len(self.open)
        assert sum(lane.running for lane in status.values()) == len(self.running)
        assert all(lane.waiting <= 5 for lane in status.values())


AnyOrder.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase
